"""Photos, fake models and a folder of weights for the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels

PHOTO = images.png(images.gradient())


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder with two photos, a text file and a folder named like a photo."""
    folder = tmp_path / "album"
    (folder / "inner.png").mkdir(parents=True)
    for name in ("b.PNG", "a.jpeg"):
        (folder / name).write_bytes(PHOTO)
    (folder / "notes.txt").write_text("not a photo")
    return folder


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    path = tmp_path / "portrait.jpg"
    path.write_bytes(samples.small_face())
    return path


@pytest.fixture
def fake_models(monkeypatch: pytest.MonkeyPatch) -> FakeModels:
    """Models that take no time to load."""
    fakes = FakeModels()
    monkeypatch.setattr("app.work.loaded_models.load", lambda *_: fakes())
    return fakes


@pytest.fixture
def weights_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of weights, not there yet; downloads use no proxy."""
    folder = tmp_path / "weights"
    monkeypatch.setenv("LIKENESS_WEIGHTS_DIR", str(folder))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return folder
