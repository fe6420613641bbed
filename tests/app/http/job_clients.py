"""Servers that keep jobs, and what their clients do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import Likeness, eventually, serving

JOBS, BATCHES = "/api/v1/jobs", "/api/v1/batches"
FINAL = ("succeeded", "failed", "cancelled")


@contextmanager
def keeping(folder: Path, models: Any = None, **settings: Any) -> Iterator[Likeness]:
    """A server whose jobs lie in a folder."""
    with serving(models or FakeModels(), data_dir=folder, **settings) as server:
        yield server


def submit(
    server: Likeness, file: bytes | None = None, *, name: str = "photo.jpg", headers: Any = None, **fields: object
) -> Any:
    """Send a photo to `POST /jobs`; the response."""
    photo = samples.small_face() if file is None else file
    data = {field: str(value).lower() if isinstance(value, bool) else str(value) for field, value in fields.items()}
    return server.client.post(JOBS, files={"file": (name, photo)}, data=data, headers=headers)


def done(server: Likeness, file: bytes | None = None, *, headers: Any = None, **fields: Any) -> dict[str, Any]:
    """A job that was submitted and is over."""
    response = submit(server, file, headers=headers, **fields)
    assert response.status_code == 202, response.text
    return over(server, response.json()["links"]["self"], headers)


def over(server: Likeness, path: str, headers: Any = None) -> dict[str, Any]:
    """The job at this path, once it is over."""
    return reached(server, path, FINAL, headers)


def reached(server: Likeness, path: str, states: tuple[str, ...], headers: Any = None) -> dict[str, Any]:
    """The job at this path, once it is in one of these states."""
    seen: dict[str, Any] = {}

    def is_there() -> bool:
        nonlocal seen
        response = server.client.get(path, headers=headers)
        assert response.status_code == 200, response.text
        seen = response.json()
        return seen["state"] in states

    eventually(is_there)
    return seen


def objects_at_rest(server: Likeness, folder: Path) -> list[str]:
    """As `objects_in`, once no job of an earlier test waits or is at work, which would add some."""

    def is_at_rest() -> bool:
        unfinished = [
            server.client.get(JOBS, params={"state": state}).json()["jobs"] for state in ("queued", "running")
        ]
        return not any(unfinished)

    eventually(is_at_rest)
    return objects_in(folder)


def objects_in(folder: Path) -> list[str]:
    """The names of all stored objects. The service may remove folders meanwhile: `os.walk` passes over these."""
    root = folder / "objects"
    return sorted(os.path.relpath(Path(place) / name, root) for place, _, names in os.walk(root) for name in names)
