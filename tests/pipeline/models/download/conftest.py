"""A server to download from, a folder to download into, and no proxy between them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.models.download.downloads import PROXIES
from tests.pipeline.models.file_server import FileServer, file_server


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[FileServer]:
    before = set(threading.enumerate())
    with file_server() as files:
        yield files
    assert set(threading.enumerate()) <= before


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "weights"  # made by `pull`
