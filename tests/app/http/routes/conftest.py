"""What servers that keep jobs are made with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.fakes import FakeModels


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def models() -> FakeModels:
    return FakeModels()
