"""The official models with random weights, so that the benchmark needs no download.

The time that a network takes does not depend on its weights.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.registry import REGISTRY
from tests.official import write_official

_TABLE = "registry.json"

PUBLISHED_FILES = ("detection_Resnet50_Final.pth", "parsing_parsenet.pth")
PUBLISHED_FOLDER = "gfpgan/weights"  # facexlib looks for them here, relative to the working directory


def write(folder: Path) -> None:
    """Write the weights, 1.1 GB, where Likeness and the published tools find them, and the table for `registry`."""
    rows = {model.name: {"bytes": model.bytes, "sha256": model.sha256} for model in write_official(folder)}
    (folder / _TABLE).write_text(json.dumps(rows))
    (folder / PUBLISHED_FOLDER).mkdir(parents=True)
    for name in PUBLISHED_FILES:
        (folder / PUBLISHED_FOLDER / name).symlink_to(folder.resolve() / name)


def registry(folder: Path) -> tuple[ModelFile, ...]:
    """The registry, with the sizes and hashes of the files that `write` has written."""
    rows = json.loads((folder / _TABLE).read_text())
    return tuple(replace(model, **rows[model.name]) for model in REGISTRY)
