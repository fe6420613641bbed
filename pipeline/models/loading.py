"""From a selection of model files to models that run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.models.compact import CompactFaceRestorer, CompactUpscaler
from pipeline.models.haar import HaarDetector
from pipeline.models.registry import Adapter, ModelFile, Role
from pipeline.models.runtime import Runtime
from pipeline.models.weights import Selection, read_state_dict
from pipeline.types import Models


def _haar(model: ModelFile, runtime: Runtime, weights_dir: Path) -> HaarDetector:
    return HaarDetector()


def _compact_face(model: ModelFile, runtime: Runtime, weights_dir: Path) -> CompactFaceRestorer:
    return CompactFaceRestorer(model.name, read_state_dict(model, weights_dir), runtime)


def _compact_upscaler(model: ModelFile, runtime: Runtime, weights_dir: Path) -> CompactUpscaler:
    return CompactUpscaler(model.name, read_state_dict(model, weights_dir), runtime)


_ADAPTERS: dict[Adapter, Callable[[ModelFile, Runtime, Path], Any]] = {
    "haar": _haar,
    "compact-face": _compact_face,
    "compact-upscaler": _compact_upscaler,
}


def load(selection: Selection, runtime: Runtime, weights_dir: Path) -> Models:
    """Every chosen model, read, checked and ready on the runtime. Raises `ModelUnavailable`."""
    made: dict[Role, list[Any]] = {
        role: [_ADAPTERS[model.adapter](model, runtime, weights_dir) for model in models]
        for role, models in selection.items()
    }

    def only(role: Role) -> Any:
        return made[role][0] if made[role] else None

    return Models(
        detector=only("detector"),
        restorer=only("restorer"),
        upscalers={upscaler.scale: upscaler for upscaler in made["upscaler"]},
        parser=only("parser"),
        recogniser=only("recogniser"),
        perceptual=only("perceptual"),
    )
