"""What the server says about a photo: restored, or only looked at. Names and meanings are the API's."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .files import whole_file


@dataclass(frozen=True)
class Face:
    """A face that was found and what was done with it. Box (x0, y0, x1, y1) and landmarks in pixels of the photo.

    `identity_similarity` compares before and after, a cosine in [-1, 1] on the recogniser's scale; None for a face
    that is as it was. `blur` is in pixels of the photo.
    """

    box: tuple[float, ...]
    landmarks: tuple[tuple[float, ...], ...]
    landmarks_estimated: bool
    score: float
    blur: float | None
    identity_similarity: float | None
    strength: float
    action: str
    reason: str | None

    @property
    def is_restored(self) -> bool:
        """Whether the picture shows it restored, be it with a lowered strength."""
        return self.action in ("restored", "softened")


@dataclass(frozen=True)
class Metrics:
    """How the result compares with `reference`: `input` (how much was changed) or `upload` (a ground truth)."""

    psnr: float | None
    ssim: float | None
    lpips: float | None
    identity_similarity: float | None
    reference: str


@dataclass(frozen=True)
class Notice:
    """Something to know that is no failure."""

    code: str
    message: str


@dataclass(frozen=True)
class Report:
    """All there is to say about a restored photo but its pixels. `metrics` is None if they were not asked for."""

    media_type: str
    width: int
    height: int
    metrics: Metrics | None
    faces: tuple[Face, ...]
    processing_time_ms: int
    timings_ms: dict[str, float]
    models: dict[str, str]
    warnings: tuple[Notice, ...]


@dataclass(frozen=True)
class Restored:
    """A picture, as the bytes of its file, and the report about it."""

    picture: bytes
    report: Report

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture; the file gets its name only when it is whole. Raises `OSError`."""
        target = Path(path)
        with whole_file(target) as file:
            file.write(self.picture)
        return target


@dataclass(frozen=True)
class Estimate:
    """What the work would take: seconds of work, without waiting, by stage too; bytes of memory."""

    seconds: float
    stages_s: dict[str, float]
    memory_bytes: int


@dataclass(frozen=True)
class Preview:
    """The photo itself, upright, as the bytes of a file. Boxes of faces are in pixels of the photo, not of this."""

    image: bytes
    media_type: str
    width: int
    height: int
    photo_width: int
    photo_height: int


@dataclass(frozen=True)
class Look:
    """A dry run: what would be done and what it would take. The faces are those of the real answer.

    `preview` is None unless `preview=True` was given.
    """

    width: int
    height: int
    media_type: str
    faces: tuple[Face, ...]
    models: dict[str, str]
    estimate: Estimate
    warnings: tuple[Notice, ...]
    preview: Preview | None
