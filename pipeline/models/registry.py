"""Every model Likeness knows, as one literal table. Adding a model is one row here and one adapter.

Files, hashes and licences of official models are listed with their sources in the README.
"""

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
        file="compact-face.safetensors",
        url=None,
        bytes=715104,
        sha256="30060df20b72e80d234e11f597b010d257c4c0530f0efe1bb859ce2fc24c8922",
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
        bytes=683928,
        sha256="6821d9f1e57b88f66de9a91884508e91bacd568da3c5710acf4032ea0e8aa6c1",
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
        bytes=715104,
        sha256="8ea966459d907bc8495c8f05ebc23dfa06e4d0a137898735e1bb8dee85af2ff4",
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
