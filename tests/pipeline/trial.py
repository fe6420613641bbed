"""Decodes every file of the corpus in a process of its own, and tells what each of them came to and what it cost.

`python -m tests.pipeline.trial` prints one line of JSON for each file. Between files the memory that others left is
given back, so that what one takes is seen. Each file is decoded twice, behind two different bright pictures of the
same kind: pixels that are not its own would differ.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path

import numpy as np

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.errors import InputError
from pipeline.models.runtime.allocator import return_freed_memory
from tests import images
from tests.corpus import corpus
from tests.hostile.seeds import PICTURE

MAX_PIXELS = 25_000_000  # the service's limit
_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def outcome(data: bytes) -> str:
    """The name of the error, or a sum of the photo."""
    try:
        photo = decode(inspect(data, max_pixels=MAX_PIXELS))
    except InputError as error:
        return type(error).__name__
    except Exception as error:
        return f"not foreseen: {error!r}"
    total = hashlib.sha256(photo.image)  # without a copy, which would count as memory that the photo took
    if photo.alpha is not None:
        total.update(photo.alpha)
    return f"{photo.width} x {photo.height} {total.hexdigest()}"


def resident(what: str) -> int:
    """Bytes of memory, VmRSS (now) or VmHWM (the most since it was last reset)."""
    return int(_STATUS.read_text().split(f"{what}:")[1].split()[0]) * 1024


def main() -> int:
    bright = []
    for color in ((255, 0, 255), (0, 255, 0)):
        picture = np.broadcast_to(np.array(color, np.uint8), PICTURE.shape)
        bright.append([images.jpeg(picture), images.jpeg(picture, progressive=True), images.png(picture)])
        bright[-1] += [images.webp(picture), images.webp(picture, lossless=False)]
    for name, data in corpus():
        outcomes = []
        for others in bright:
            for other in others:
                decode(inspect(other, max_pixels=MAX_PIXELS))
            if not outcomes:
                return_freed_memory()
                _CLEAR.write_text("5")  # the peak starts again from what is held now
                before, start = resident("VmRSS"), time.process_time()
            outcomes.append(outcome(data))
            if len(outcomes) == 1:
                seconds, grown = time.process_time() - start, resident("VmHWM") - before
        line = {"name": name, "outcomes": outcomes, "cpu_s": round(seconds, 4), "grown_bytes": grown}
        sys.stdout.write(json.dumps(line) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
