"""Is the estimate of a photo's memory high enough? `python -m bench.footprint [--official]`.

Processes photos of several sizes and formats, one after the other, and compares the growth of resident memory at each
peak with the estimate of `app.work.memory.photo_bytes`. Exit status 1 if a photo took more. `--official` uses the
official models with random weights and the embedded detector, because a detector with random weights finds faces
everywhere.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import PIL.Image
import skimage.data

from app.http.document import json_document
from app.options import OutputOptions
from app.settings import Settings
from app.work.loaded_models import LoadedModels
from app.work.memory import finishing_pixel, photo_bytes, resident_bytes
from app.work.order import Order
from app.work.photo import working_bytes
from app.work.service import Service
from bench import weights
from bench.likeness import Loaded
from bench.peak import PeakMemory
from pipeline.models.catalogue.selection import Selection, choose
from pipeline.models.loading import load
from pipeline.models.roles import Models
from pipeline.options import Background, EnhanceOptions
from pipeline.steps.upscaling import output_size
from tests.containers import avif, heic
from tests.images import saved

PNG = OutputOptions()
# Width, height, format, upscale factor, the option `background`, and how the result is written.
Case: TypeAlias = tuple[int, int, str, float, Background, OutputOptions]
EMBEDDED_CASES: tuple[Case, ...] = (
    (512, 512, "JPEG", 2, "upscale", PNG),
    (1000, 1000, "JPEG", 4, "upscale", PNG),
    (1000, 1000, "JPEG", 4.1, "upscale", PNG),  # two passes, the first of which is nearly as large as the result
    (500, 500, "JPEG", 8, "upscale", PNG),
    (2000, 2000, "JPEG", 2, "upscale", PNG),
    (4000, 3000, "JPEG", 0.25, "resample", PNG),
    (4000, 3000, "JPEG", 1, "resample", PNG),
    (4000, 3000, "JPEG", 2, "resample", PNG),
    (3500, 3500, "JPEG", 2.8, "resample", PNG),
    (4000, 3000, "JPEG", 1, "resample", OutputOptions(bit_depth="16")),
    (4000, 3000, "JPEG", 1, "resample", OutputOptions(output_format="tiff", bit_depth="16")),
    (4000, 3000, "JPEG", 1, "resample", OutputOptions(output_format="webp", lossless=True)),
    (4000, 3000, "JPEG", 1, "resample", OutputOptions(output_format="avif", quality=100)),
    (5000, 5000, "TIFF", 0.25, "resample", PNG),
    (5000, 5000, "HEIC", 0.25, "resample", PNG),
    (5000, 5000, "AVIF", 0.25, "resample", PNG),
    (5000, 5000, "TIFF", 1, "resample", PNG),
)
OFFICIAL_CASES: tuple[Case, ...] = (
    (512, 512, "JPEG", 2, "resample", PNG),
    (512, 512, "JPEG", 2, "upscale", PNG),
    (512, 512, "JPEG", 4, "upscale", PNG),
    (4000, 3000, "JPEG", 2, "resample", PNG),
)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print a line for each photo. Returns the exit status: 1 if one took more than the estimate."""
    parser = argparse.ArgumentParser(prog="python -m bench.footprint", description="Estimated and measured memory.")
    parser.add_argument("--official", action="store_true", help="the official models, with random weights")
    official = parser.parse_args(arguments).official
    with ExitStack() as stack:
        service = _service(official, stack)
        fits = True
        for width, height, name, factor, background, output in OFFICIAL_CASES if official else EMBEDDED_CASES:
            options = EnhanceOptions(upscale_factor=factor, background=background, require_face=False)
            order = Order("enhance", portrait(width, height, name), None, options, output)
            taken = asyncio.run(_taken(service, order))
            working = working_bytes(order, service.loaded_models.models)
            output_width, output_height = output_size(width, height, options)
            output_format = "png" if output.output_format == "same" else output.output_format
            finishing = finishing_pixel(output_format, output)
            expected = photo_bytes(width * height, output_width * output_height, working, finishing) / 1e6
            fits &= taken <= expected
            written = f"{output_format} of {output.bit_depth} bits"
            size = f"{name} of {width} × {height}, × {factor:g} ({background}), {written}"
            print(f"{size:<61} expected {expected:5.0f} MB, taken {taken:5.0f} MB", flush=True)
    return 0 if fits else 1


def portrait(width: int, height: int, name: str = "JPEG") -> bytes:
    """A file with a face, and with grain like a camera's photo, in the format of this name."""
    face = PIL.Image.fromarray(skimage.data.astronaut()).resize((width, height), PIL.Image.Resampling.BICUBIC)
    grain = np.random.default_rng(0).normal(0, 4, (height, width, 1)).astype(np.float32)
    pixels = np.clip(np.asarray(face) + grain, 0, 255).astype(np.uint8)
    file: bytes
    if name == "HEIC":
        file = heic(pixels, quality=50, chroma=420, enc_params={"preset": "ultrafast"})
    elif name == "AVIF":
        file = avif(pixels, quality=60, subsampling="4:2:0", speed=10)
    else:
        file = saved(pixels, name, quality=80, **({"compression": "jpeg"} if name == "TIFF" else {}))
    return file


def _service(official: bool, stack: ExitStack) -> Service:
    """A service with these models."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    settings = Settings.model_validate({"models": "embedded", "weights_dir": folder, "deadline_s": 86_400})
    selection: Selection | None = None
    if official:
        weights.write(folder)
        settings = settings.model_copy(update={"models": "official"})
        selection = choose(settings.model_preferences, weights.registry(folder))
    loaded_models = LoadedModels(settings, selection)
    stack.callback(loaded_models.close)
    models: Models = loaded_models.load()
    if official:
        small = load(choose(Settings(models="embedded").model_preferences), loaded_models.runtime, folder)
        models = replace(models, detector=small.detector)
    return Service(settings, Loaded(models, loaded_models.threads, loaded_models.runtime))  # type: ignore[arg-type]


async def _taken(service: Service, order: Order) -> float:
    """The growth of resident memory at the peak of one photo, in MB."""
    peak = PeakMemory()
    peak.reset()
    before = resident_bytes() / 1e6
    with service.arriving("bench") as arrival:
        await service.process(order, arrival, service.new_run(), json_document)
    return (peak.read()["run_mb"] or 0.0) - before


if __name__ == "__main__":
    sys.exit(main())
