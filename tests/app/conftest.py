"""Default settings and logging for every test, and a running server."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest

from tests.app.fakes import FakeModels
from tests.app.server import Likeness, serving


@pytest.fixture(scope="session", autouse=True)
def _default_settings() -> Iterator[None]:
    """Remove the shell's settings, so that the tests start from the defaults."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("LIKENESS_")]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Undo after each test what `serve` changes in the logging of its process."""
    loggers = [logging.getLogger(name) for name in (None, "likeness", "uvicorn")]
    handlers, levels = loggers[0].handlers[:], [logger.level for logger in loggers]
    yield
    loggers[0].handlers = [handler for handler in loggers[0].handlers if handler in handlers]
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture(scope="session")
def likeness(_default_settings: None) -> Iterator[Likeness]:
    """A server with embedded models and default settings."""
    with serving() as server:
        yield server


@pytest.fixture
def fakes() -> FakeModels:
    return FakeModels()
