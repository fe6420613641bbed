"""A model as known before it is loaded: its role, its file and its licence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.models.roles import Role

Origin: TypeAlias = Literal["embedded", "official", "own"]
CommercialUse: TypeAlias = Literal["yes", "no", "unclear"]


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip in which a model's file is published: the file's name in it (`member`), the zip's bytes and SHA-256."""

    member: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One row of the registry: a model, its file and its licence.

    What is not known, or does not apply, is None: `url` for a model that ships in this repository; `bytes` and `scale`
    for a user's own model; `scale`, output over input side, for all but upscalers; `threshold` for all but recognisers
    (the cosine similarity under which one takes two faces for two people).

    `adapter` is a key of `pipeline.models.loading.ADAPTERS`. `bytes` and `sha256` are those of `file`. With an
    `archive`, `url` is that of a zip. `denoise_with` names the row whose weights are mixed in for less denoising.
    """

    name: str
    role: Role
    origin: Origin
    adapter: str
    file: str
    url: str | None
    bytes: int | None
    sha256: str
    licence: str
    commercial_use: CommercialUse
    scale: int | None = None
    archive: Archive | None = None
    denoise_with: str | None = None
    threshold: float | None = None
