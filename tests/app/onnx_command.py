"""`python -m tests.app.onnx_command ARGUMENTS…`: `python -m app` with a recogniser in an ONNX file of random weights.

The file lies in the weights folder under its official name; its row gets the size and hash that the file has.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from functools import partial

from app.__main__ import main
from app.settings import Settings
from app.work import selection
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.selection import choose

NAME = "arcface-w600k-mbf"
FILE = next(model.file for model in REGISTRY if model.name == NAME)

if __name__ == "__main__":
    data = (Settings().weights_dir / FILE).read_bytes()
    row = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    rows = tuple(replace(model, **row) if model.name == NAME else model for model in REGISTRY)
    selection.choose = partial(choose, registry=rows)
    sys.exit(main())
