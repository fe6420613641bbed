from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.models.catalogue import weights
from tests.pipeline.models.table import FOURFOLD, SIMPLE, SMALL, TWICE


@pytest.fixture
def embedded_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Embedded files of the small table, instead of those that ship."""
    folder = tmp_path / "embedded"
    folder.mkdir()
    for model in (SMALL, SIMPLE, TWICE, FOURFOLD):
        (folder / model.file).write_bytes(b"content")
    monkeypatch.setattr(weights, "EMBEDDED_DIR", folder)
    return folder


@pytest.fixture
def weights_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    return folder
