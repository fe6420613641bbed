"""Sums of numpy do not depend on how many threads BLAS has: pods with one limit run on nodes of any size."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUMS = {
    "mean colour": "mean_color(noise((512, 512, 3)))",
    "rows, by a whole number": "RowAverage((1000, 1280), (1000, 640)).add(noise((1280, 1000, 3)))",
    "rows, by a fraction": "RowAverage((1000, 1280), (900, 1001)).add(noise((1280, 1000, 3)))",
}
PROGRAM = """
import hashlib
import numpy as np
from pipeline.face_region import mean_color
from pipeline.tiling import RowAverage

def noise(shape):
    return np.random.default_rng(1).random(shape, dtype=np.float32)

print(hashlib.sha256(np.ascontiguousarray({value})).hexdigest())
"""


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="there is one core, so that nothing has more than one thread")
@pytest.mark.parametrize("value", SUMS.values(), ids=SUMS)
def test_sums_do_not_depend_on_the_number_of_threads(value: str) -> None:
    command = [sys.executable, "-c", PROGRAM.replace("{value}", value)]
    made = {
        subprocess.run(
            command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": count}, capture_output=True, text=True, check=True
        ).stdout
        for count in ("1", "2")
    }
    assert len(made) == 1
