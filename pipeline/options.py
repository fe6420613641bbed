"""The options of the pipeline for one photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

FaceChoice: TypeAlias = Literal["all", "largest", "center"]
ColorCorrection: TypeAlias = Literal["none", "auto"]
Background: TypeAlias = Literal["upscale", "resample"]
IdentityPolicy: TypeAlias = Literal["warn", "protect"]
OutputFormat: TypeAlias = Literal["png", "jpeg", "webp"]


@dataclass(frozen=True, slots=True)
class EnhanceOptions:
    """What the user asks for. The defaults are those of the HTTP interface; strengths are in [0, 1]."""

    upscale_factor: float = 2.0
    strength: float = 1.0
    faces: FaceChoice = "all"
    require_face: bool = True
    color_correction: ColorCorrection = "none"
    background: Background = "upscale"
    identity_policy: IdentityPolicy = "warn"
    identity_threshold: float | None = None  # cosine in [-1, 1]; None: the recogniser's own
    restorer: str | None = None  # name of an offered model; None: the default
    upscaler: str | None = None
    denoise_strength: float = 1.0
    face_overrides: tuple[tuple[int, float], ...] = ()  # (face index, strength); overrides `strength` and `faces`
