"""Every model Likeness knows, as one literal table. Adding a model is one row here and one adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["detector", "restorer", "upscaler", "parser", "recogniser", "perceptual"]
Origin: TypeAlias = Literal["embedded", "official"]
CommercialUse: TypeAlias = Literal["yes", "no", "unclear"]
Adapter: TypeAlias = Literal["haar", "compact-face", "compact-upscaler"]

ROLES: tuple[Role, ...] = ("detector", "restorer", "upscaler", "parser", "recogniser", "perceptual")

# Without these there is no service; the other roles may stay empty, and the response then says so.
REQUIRED_ROLES: tuple[Role, ...] = ("detector", "restorer", "upscaler")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One row: a model, the file that holds it, and what one may do with it.

    `file` is None for a model that comes with a library (OpenCV's cascades); `url` is None for one that ships
    in this repository. `bytes` and `sha256` are the file's. `scale` is output over input size of an upscaler.
    """

    name: str
    role: Role
    origin: Origin
    adapter: Adapter
    file: str | None
    url: str | None
    bytes: int
    sha256: str
    licence: str
    commercial_use: CommercialUse
    scale: int = 1


REGISTRY: tuple[ModelFile, ...] = (
    ModelFile(
        name="haar-frontal",
        role="detector",
        origin="embedded",
        adapter="haar",
        file=None,
        url=None,
        bytes=0,
        sha256="",
        licence="Intel (BSD-3-Clause)",
        commercial_use="yes",
    ),
    ModelFile(
        name="compact-face",
        role="restorer",
        origin="embedded",
        adapter="compact-face",
        file="compact-x4.safetensors",
        url=None,
        bytes=806520,
        sha256="b2b4b9f6e4ae9563bbd32f2f9f9246dd4986885fb502c237391c8a814935b5e8",
        licence="BSD-3-Clause",
        commercial_use="yes",
    ),
    ModelFile(
        name="compact-x2",
        role="upscaler",
        origin="embedded",
        adapter="compact-upscaler",
        file="compact-x2.safetensors",
        url=None,
        bytes=764976,
        sha256="ec415b3b2e6df477c650c78f4c8ec96cd220aa9848f857195d46243fbf4df538",
        licence="BSD-3-Clause",
        commercial_use="yes",
        scale=2,
    ),
    ModelFile(
        name="compact-x4",
        role="upscaler",
        origin="embedded",
        adapter="compact-upscaler",
        file="compact-x4.safetensors",
        url=None,
        bytes=806520,
        sha256="b2b4b9f6e4ae9563bbd32f2f9f9246dd4986885fb502c237391c8a814935b5e8",
        licence="BSD-3-Clause",
        commercial_use="yes",
        scale=4,
    ),
    ModelFile(
        name="realesr-general-x4v3",
        role="upscaler",
        origin="official",
        adapter="compact-upscaler",
        file="realesr-general-x4v3.pth",
        url="https://github.com/xinntao/Real-ESRGAN/releases/download/v0.2.5.0/realesr-general-x4v3.pth",
        bytes=4885111,
        sha256="8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292",
        licence="BSD-3-Clause",
        commercial_use="yes",
        scale=4,
    ),
)
