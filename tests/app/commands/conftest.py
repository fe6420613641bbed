"""Photos, fake models and a folder of weights for the commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import images
from tests.app import samples
from tests.app.commands.sent import folder_of
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import keeping
from tests.app.server import Likeness

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


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def models() -> FakeModels:
    return FakeModels()


@pytest.fixture(scope="module")
def keeper(data: Path, models: FakeModels) -> Iterator[Likeness]:
    """A service that keeps jobs."""
    with keeping(data, models) as likeness:
        yield likeness


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of ten photos, of which one is bad, and a text file."""
    return folder_of(tmp_path / "photos", 10, bad=4)
