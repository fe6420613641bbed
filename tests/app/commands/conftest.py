"""A folder of photos."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import images

PHOTO = images.png(images.gradient())


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder with two photos, and other things."""
    folder = tmp_path / "album"
    (folder / "inner.png").mkdir(parents=True)
    for name in ("b.PNG", "a.jpeg"):
        (folder / name).write_bytes(PHOTO)
    (folder / "notes.txt").write_text("not a photo")
    return folder
