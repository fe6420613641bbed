"""The roles of models: a table of them, a protocol for each, and the models of a process by role.

A new role is a name in `Role`, a row in `ROLES`, a protocol and a field of `Models`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from pipeline.types import Crop, Face, FloatArray, Image

Role: TypeAlias = Literal["detector", "restorer", "upscaler", "parser", "recogniser", "perceptual"]


@dataclass(frozen=True, slots=True)
class RoleInfo:
    """What holds for a role, whichever model has it.

    `required`: the service does not start without a model for it. `requestable`: several models may be loaded, and a
    request may name one. `without`: what happens while it has no model, as the end of a sentence.
    """

    required: bool = False
    requestable: bool = False
    without: str = ""


ROLES: Mapping[Role, RoleInfo] = {
    "detector": RoleInfo(required=True),
    "restorer": RoleInfo(required=True, requestable=True),
    "upscaler": RoleInfo(required=True, requestable=True),
    "parser": RoleInfo(without="an elliptic mask will do"),
    "recogniser": RoleInfo(without="identity is not measured"),
    "perceptual": RoleInfo(without="LPIPS is not measured"),
}


class Named(Protocol):
    """What all models have."""

    name: str


class Detector(Protocol):
    """Finds faces. `max_side`: the photo is shrunk to this long side (pixels) before `detect`."""

    name: str
    max_side: int

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        """Faces of an image of any size, best first, in that image's pixels; `check` between looks of several sizes."""
        ...


class Restorer(Protocol):
    """Restores aligned faces. A face whose native size exceeds `max_native_size` px is left alone.

    `working_bytes` is the host memory, beyond the weights, that it takes at its peak.
    """

    name: str
    max_native_size: float
    working_bytes: int

    @property
    def batch_size(self) -> int:
        """How many crops fit into memory now, at once; at least 1. Ask again for each photo."""
        ...

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        """At most `batch_size` crops in, as many images (512, 512, 3) out."""
        ...


class Upscaler(Protocol):
    """Enlarges by a whole number. `tile`: side, in input pixels, of the largest tile that it is given; `overlap`:
    input pixels that neighbouring tiles share; `working_bytes`: the host memory, beyond the weights, that it takes at
    its peak.
    """

    name: str
    working_bytes: int
    scale: int
    tile: int
    overlap: int

    @property
    def batch_size(self) -> int:
        """How many tiles of (`tile`, `tile`) px fit into memory now, at once; at least 1. Ask again for each photo."""
        ...

    def upscale(self, tiles: Sequence[Image]) -> list[Image]:
        """At most `batch_size` tiles of one shape (h, w, 3) in, as many (h·scale, w·scale, 3) in [0, 1] out."""
        ...


@runtime_checkable
class AdjustableUpscaler(Upscaler, Protocol):
    """An upscaler that can leave more of the photo's noise and grain, if `adjustable`: what it takes is installed."""

    adjustable: bool

    def denoising(self, strength: float) -> Upscaler:
        """The upscaler that denoises by `strength` in [0, 1]; itself if it is not adjustable."""
        ...


class Parser(Protocol):
    """Says which pixels of a restored crop are face."""

    name: str

    @property
    def batch_size(self) -> int:
        """How many crops fit into memory now, at once; at least 1. Ask again for each photo."""
        ...

    def parse(self, crops: Sequence[Image]) -> list[FloatArray]:
        """At most `batch_size` crops (512, 512, 3) in, as many soft masks (512, 512) in [0, 1] out."""
        ...


class Recogniser(Protocol):
    """Turns faces into identity vectors. `threshold`: the cosine in [-1, 1] of two of them under which it takes the
    faces for two people, unless another is asked for.
    """

    name: str
    threshold: float

    def embed(self, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
        """N images with their landmarks (5, 2) in, L2-normalised embeddings (N, D) out."""
        ...


class Perceptual(Protocol):
    """Measures how different two pictures look. `smallest_side`: pixels that both sides must have."""

    name: str
    smallest_side: int

    def distance(self, first: Image, second: Image, check: Callable[[], None]) -> float:
        """Two images of one shape (H, W, 3) in, their perceptual distance (0 for equal) out; `check` between tiles."""
        ...


@dataclass(frozen=True, slots=True)
class Models:
    """The models in use, loaded once. `upscalers` by scale; a role that is None has no model installed.

    `offered_restorers` and `offered_upscalers` are those that a request may ask for, by name.
    """

    detector: Detector
    restorer: Restorer
    upscalers: Mapping[int, Upscaler]
    parser: Parser | None = None
    recogniser: Recogniser | None = None
    perceptual: Perceptual | None = None
    offered_restorers: Mapping[str, Restorer] = field(default_factory=dict)
    offered_upscalers: Mapping[str, Upscaler] = field(default_factory=dict)

    def chosen(self, restorer: str | None, upscaler: str | None) -> Models:
        """These models with another restorer or upscaler; None keeps the default. `KeyError` for one not offered."""
        changed = self
        if restorer is not None:
            changed = replace(changed, restorer=self.offered_restorers[restorer])
        if upscaler is not None:
            named = self.offered_upscalers[upscaler]
            changed = replace(changed, upscalers={named.scale: named})
        return changed

    def names(self) -> dict[str, str]:
        """Role → name of each default model, upscalers as `upscaler_x<scale>`."""
        single: dict[str, Named | None] = {role: getattr(self, role) for role in ROLES if role != "upscaler"}
        named = {role: model.name for role, model in single.items() if model is not None}
        return named | {f"upscaler_x{scale}": model.name for scale, model in sorted(self.upscalers.items())}
