"""The roles of models: a table of them, a protocol for each, and the models of a process by role.

A new role is a name in `Role`, a row in `ROLES`, a protocol and a field of `Models`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from pipeline.types import Crop, Face, FloatArray, Image

Role: TypeAlias = Literal["detector", "restorer", "upscaler", "parser", "recogniser", "perceptual"]
Work: TypeAlias = Literal["faces", "background", "metrics"]


@dataclass(frozen=True, slots=True)
class RoleInfo:
    """What is true of a role, whichever model fills it.

    `work`: what its models are needed for. `required`: the service does not start without a model for it.
    `requestable`: several models may be loaded, and a request may name one. `without`: what happens while it has no
    model, as the end of a sentence.
    """

    work: Work
    required: bool = False
    requestable: bool = False
    without: str = ""


ROLES: Mapping[Role, RoleInfo] = {
    "detector": RoleInfo("faces", required=True),
    "restorer": RoleInfo("faces", required=True, requestable=True),
    "upscaler": RoleInfo("background", required=True, requestable=True),
    "parser": RoleInfo("faces", without="an elliptic mask will do"),
    "recogniser": RoleInfo("faces", without="identity is not measured"),
    "perceptual": RoleInfo("metrics", without="LPIPS is not measured"),
}


class Model(Protocol):
    """What all models have. `working_bytes`: their peak host memory in addition to the weights."""

    name: str
    working_bytes: int


class Detector(Model, Protocol):
    """Finds faces. Photos are shrunk to a long side of `max_side` pixels before `detect`."""

    max_side: int

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        """Faces of `image` (H, W, 3), RGB in [0, 1], best first, in its pixels. Calls `check`, which may raise."""
        ...


class Restorer(Model, Protocol):
    """Restores aligned faces. A face with more detail than fits into `max_native_size` px is not restored."""

    max_native_size: float

    @property
    def batch_size(self) -> int:
        """How many crops fit into memory at once; at least 1. It changes with free memory: ask for each photo."""
        ...

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        """At most `batch_size` crops → as many images (512, 512, 3), RGB in [0, 1]. Raises `DeviceOutOfMemory`."""
        ...


class Upscaler(Model, Protocol):
    """Enlarges by a whole number, `scale`.

    `tile`: largest side of a tile, and `overlap` of neighbouring tiles, both in input pixels.
    """

    scale: int
    tile: int
    overlap: int

    @property
    def batch_size(self) -> int:
        """How many tiles of (`tile`, `tile`) px fit into memory at once; at least 1. Ask again for each photo."""
        ...

    def upscale(self, tiles: Sequence[Image]) -> list[Image]:
        """At most `batch_size` tiles (h, w, 3) of one shape, RGB in [0, 1] → (h·scale, w·scale, 3).

        Raises `DeviceOutOfMemory`.
        """
        ...


@runtime_checkable
class AdjustableUpscaler(Upscaler, Protocol):
    """An upscaler that can denoise less, if `adjustable`: the weights that this takes are installed."""

    adjustable: bool

    def denoising(self, strength: float) -> Upscaler:
        """The upscaler that denoises by `strength` in [0, 1]; itself if it is not adjustable."""
        ...


class Parser(Model, Protocol):
    """Classifies the pixels of a restored crop: face or not."""

    @property
    def batch_size(self) -> int:
        """How many crops fit into memory at once; at least 1. It changes with free memory: ask for each photo."""
        ...

    def parse(self, crops: Sequence[Image]) -> list[FloatArray]:
        """At most `batch_size` crops (512, 512, 3), RGB in [0, 1] → as many masks (512, 512) in [0, 1].

        Raises `StageFailed` and `DeviceOutOfMemory`.
        """
        ...


class Recogniser(Model, Protocol):
    """Computes identity embeddings of faces.

    `threshold`: the cosine similarity in [-1, 1] under which two faces count as two people, unless a request gives
    another.
    """

    threshold: float

    def embed(self, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
        """N images (H, W, 3) with landmarks (5, 2) in their pixels → L2-normalised embeddings (N, D).

        Raises `StageFailed` and `DeviceOutOfMemory`.
        """
        ...


class Perceptual(Model, Protocol):
    """Measures how different two pictures look. Both sides must have at least `smallest_side` pixels."""

    smallest_side: int

    def distance(self, first: Image, second: Image, check: Callable[[], None]) -> float:
        """The perceptual distance of two images of one shape (H, W, 3), RGB in [0, 1]; 0 for equal ones.

        Calls `check`, which may raise, before each tile. Raises `StageFailed` and `DeviceOutOfMemory`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a process, loaded once. `upscalers` are by scale; None is a role without a model.

    `offered_restorers` and `offered_upscalers` are those that a request may name, by name.
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

    def preferring(self, names: Sequence[str]) -> Models:
        """These models, but the first of `names` that is offered is default: a restorer, an upscaler of each scale."""
        restorers = [self.offered_restorers[name] for name in names if name in self.offered_restorers]
        upscalers = [self.offered_upscalers[name] for name in names if name in self.offered_upscalers]
        first_of_scale = {upscaler.scale: upscaler for upscaler in reversed(upscalers)}
        return replace(
            self,
            restorer=restorers[0] if restorers else self.restorer,
            upscalers={**self.upscalers, **first_of_scale},
        )

    def working_on(self, works: Collection[Work]) -> Iterator[Model]:
        """The default models that are needed for this work."""
        for role, info in ROLES.items():
            if info.work in works:
                yield from self._of(role)

    def names(self) -> dict[str, str]:
        """Role → name of each default model, upscalers as `upscaler_x<scale>`."""
        named = {role: model.name for role in ROLES if role != "upscaler" for model in self._of(role)}
        return named | {f"upscaler_x{scale}": model.name for scale, model in sorted(self.upscalers.items())}

    def _of(self, role: Role) -> list[Model]:
        if role == "upscaler":
            return list(self.upscalers.values())
        model: Model | None = getattr(self, role)
        return [] if model is None else [model]
