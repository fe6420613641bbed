"""A service that keeps jobs, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from client.likeness_client import Client
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import keeping
from tests.app.server import Likeness


@pytest.fixture(scope="module")
def models() -> FakeModels:
    return FakeModels()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, models: FakeModels) -> Iterator[Likeness]:
    with keeping(tmp_path_factory.mktemp("data"), models) as likeness:
        yield likeness


@pytest.fixture(scope="module")
def url(server: Likeness) -> str:
    return f"http://127.0.0.1:{server.port}"


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url) as opened:
        yield opened


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "größe.jpg"
    path.write_bytes(samples.small_face())
    return path


@pytest.fixture
def held(models: FakeModels) -> Iterator[FakeModels]:
    models.detector.gate.clear()
    yield models
    models.detector.gate.set()
