"""The fields of a request, typed. What each means is in docs/api.md of Likeness; `config` says what a server allows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from .steps import Photo

Kind = Literal["enhance", "upscale"]


class _Picture(TypedDict, total=False):
    """What applies to every photo."""

    upscale_factor: float
    width: int
    height: int
    long_side: int
    color_correction: Literal["none", "auto"]
    background: Literal["upscale", "resample"]
    upscaler: str
    self_ensemble: bool
    denoise_strength: float
    quality: int
    lossless: bool
    chroma_subsampling: Literal["auto", "4:4:4", "4:2:0"]
    progressive: bool
    bit_depth: Literal["8", "16"]
    output_format: Literal["png", "jpeg", "webp", "avif", "tiff", "same"]
    color_profile: Literal["srgb", "keep"]
    metadata: Literal["none", "keep"]
    keep_location: bool
    preset: Literal["fast", "balanced", "best", "old_photo", "sharper", "larger"]
    metrics: bool


class _Faces(TypedDict, total=False):
    """What applies where faces are restored."""

    strength: float
    faces: Literal["all", "largest", "center"]
    face_overrides: Mapping[int, float]
    face_boxes: Sequence[Sequence[float]]
    require_face: bool
    restorer: str
    color_lock: bool
    identity_policy: Literal["warn", "protect"]
    identity_threshold: float


class UpscaleFields(_Picture, total=False):
    """The fields of `upscale`. `url`: where the photo is, instead of a file; `reference`: a ground truth."""

    url: str
    reference: Photo


class EnhanceFields(UpscaleFields, _Faces, total=False):
    """The fields of `enhance`."""


class LookFields(EnhanceFields, total=False):
    """The fields of `look`; `kind="upscale"`: those of faces are not allowed then.

    `preview`: also a small JPEG of the photo, for where its format cannot be shown.
    """

    kind: Kind
    preview: bool


class JobFields(EnhanceFields, total=False):
    """The fields of `submit`; `kind="upscale"`: those of faces are not allowed then."""

    kind: Kind
    webhook_url: str


class BatchFields(_Picture, _Faces, total=False):
    """The fields of a batch, which all its photos share."""

    kind: Kind
    webhook_url: str


def form_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fields as the text of a form. A field that is None is left out."""
    return {name: _text(value) for name, value in fields.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return json.dumps(value)
    return str(value)
