"""What is known of a model before it is loaded: its role, its file, and what its licence allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["detector", "restorer", "upscaler", "parser", "recogniser", "perceptual"]
Origin: TypeAlias = Literal["embedded", "official", "own"]
CommercialUse: TypeAlias = Literal["yes", "no", "unclear"]
Adapter: TypeAlias = Literal[
    "mtcnn",
    "retinaface",
    "scrfd",
    "compact-face",
    "gfpgan",
    "compact-upscaler",
    "spandrel-upscaler",
    "parsenet",
    "dlib-resnet",
    "arcface",
    "lpips",
]

ROLES: tuple[Role, ...] = ("detector", "restorer", "upscaler", "parser", "recogniser", "perceptual")

# Without these there is no service; the other roles may stay empty, and the response then says so.
REQUIRED_ROLES: tuple[Role, ...] = ("detector", "restorer", "upscaler")


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip in which a model's file is published: its own size and hash, and the file's name inside."""

    member: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One row: a model, the file that holds it, and what one may do with it.

    `url` is None for a model that ships in this repository, and names a zip where there is an `archive`. `bytes`
    (0: not known) and `sha256` are the file's. `scale` is output over input size of an upscaler (0: not known).
    `denoise_with` names the row whose weights are mixed in for less denoising. A recogniser has a `threshold`, the
    similarity under which it takes two faces for two people; other roles have None.
    """

    name: str
    role: Role
    origin: Origin
    adapter: Adapter
    file: str
    url: str | None
    bytes: int
    sha256: str
    licence: str
    commercial_use: CommercialUse
    scale: int = 1
    archive: Archive | None = None
    denoise_with: str | None = None
    threshold: float | None = None
