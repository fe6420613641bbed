"""A small table of models whose files hold seven bytes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.models.catalogue.model_file import ModelFile


def row(name: str, role: Any, origin: Any, data: bytes = b"content", **changes: Any) -> ModelFile:
    """A row whose file is `data`."""
    model = ModelFile(
        name=name,
        role=role,
        origin=origin,
        adapter="compact-upscaler",
        file=f"{name}.safetensors",
        url=f"https://example.org/{name}.safetensors" if origin == "official" else None,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        licence="MIT",
        commercial_use="yes",
    )
    return replace(model, **changes)


SMALL = row("small", "restorer", "embedded")
BIG = row("big", "restorer", "official")
BIGGER = row("bigger", "restorer", "official")
SIMPLE = row("simple", "detector", "embedded")
SHARP = row("sharp", "detector", "official")
TWICE = row("twice", "upscaler", "embedded", scale=2)
FOURFOLD = row("fourfold", "upscaler", "embedded", scale=4)
FINE = row("fine", "upscaler", "official", scale=4)
FACES = row("faces", "recogniser", "official", commercial_use="no")
TABLE = (SMALL, BIG, BIGGER, SIMPLE, SHARP, TWICE, FOURFOLD, FINE, FACES)


def put(folder: Path, *models: ModelFile, data: bytes = b"content") -> None:
    for model in models:
        (folder / model.file).write_bytes(data)
