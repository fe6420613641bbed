"""Loads the selected models: reads each file and gives it to the adapter that its row names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.selection import Selection
from pipeline.models.catalogue.weights import read_bytes, read_state_dict
from pipeline.models.detectors.mtcnn import MtcnnDetector
from pipeline.models.detectors.retinaface import RetinaFaceDetector
from pipeline.models.detectors.scrfd import ScrfdDetector
from pipeline.models.parsers.parsenet import FaceParser
from pipeline.models.perceptual.lpips import PerceptualDistance
from pipeline.models.recognisers.arcface import FaceRecogniser
from pipeline.models.recognisers.dlib_resnet import DlibRecogniser
from pipeline.models.restorers.compact_face import CompactFaceRestorer
from pipeline.models.restorers.gfpgan import GfpganRestorer
from pipeline.models.restorers.portrait_face import PortraitFaceRestorer
from pipeline.models.roles import ROLES, Models, Role
from pipeline.models.runtime.allocator import return_freed_memory
from pipeline.models.runtime.runtime import Runtime
from pipeline.models.runtime.spandrel_network import describe_network
from pipeline.models.upscalers.compact import CompactUpscaler
from pipeline.models.upscalers.spandrel import SpandrelUpscaler


@dataclass(frozen=True, slots=True)
class _Loading:
    """What the functions in `ADAPTERS` load from."""

    selection: Selection
    runtime: Runtime
    weights_dir: Path

    def tensors(self, model: ModelFile) -> dict[str, Any]:
        return read_state_dict(model, self.weights_dir)

    def content(self, model: ModelFile) -> bytes:
        return read_bytes(model, self.weights_dir)


AdapterFactory: TypeAlias = Callable[[ModelFile, _Loading], Any]


def _from_tensors(adapter: Callable[[str, dict[str, Any], Runtime], Any]) -> AdapterFactory:
    return lambda model, loading: adapter(model.name, loading.tensors(model), loading.runtime)


def _from_onnx(adapter: Callable[[str, bytes, Runtime], Any]) -> AdapterFactory:
    return lambda model, loading: adapter(model.name, loading.content(model), loading.runtime)


def _dlib_resnet(model: ModelFile, loading: _Loading) -> DlibRecogniser:
    return DlibRecogniser(model.name, loading.tensors(model), loading.runtime, _threshold(model))


def _arcface(model: ModelFile, loading: _Loading) -> FaceRecogniser:
    return FaceRecogniser(model.name, loading.content(model), loading.runtime, _threshold(model))


def _threshold(recogniser: ModelFile) -> float:
    """The threshold of a recogniser's row. Raises `ModelUnavailable` for a row without one."""
    if recogniser.threshold is None:
        raise ModelUnavailable(f"{recogniser.name}: its row in the registry has no threshold.", stage="models")
    return recogniser.threshold


def _compact_upscaler(model: ModelFile, loading: _Loading) -> CompactUpscaler:
    other = loading.selection.denoise_with.get(model.name)
    less_denoising = None if other is None else loading.tensors(other)
    return CompactUpscaler(model.name, loading.tensors(model), loading.runtime, less_denoising)


def _spandrel_upscaler(model: ModelFile, loading: _Loading) -> CompactUpscaler | SpandrelUpscaler:
    state_dict = loading.tensors(model)
    # A registered model's row names the adapter that fits. The architecture of a user's own model is known only after
    # spandrel has loaded it once.
    is_compact = model.origin == "own" and describe_network(model.name, state_dict).architecture.id == "Compact"
    return (CompactUpscaler if is_compact else SpandrelUpscaler)(model.name, state_dict, loading.runtime)


ADAPTERS: dict[str, AdapterFactory] = {
    "mtcnn": _from_tensors(MtcnnDetector),
    "retinaface": _from_tensors(RetinaFaceDetector),
    "scrfd": _from_onnx(ScrfdDetector),
    "portrait-face": _from_tensors(PortraitFaceRestorer),
    "compact-face": _from_tensors(CompactFaceRestorer),
    "gfpgan": _from_tensors(GfpganRestorer),
    "compact-upscaler": _compact_upscaler,
    "spandrel-upscaler": _spandrel_upscaler,
    "parsenet": _from_tensors(FaceParser),
    "dlib-resnet": _dlib_resnet,
    "arcface": _arcface,
    "lpips": _from_tensors(PerceptualDistance),
}


def load(selection: Selection, runtime: Runtime, weights_dir: Path) -> Models:
    """Every model of the selection, read, checked and placed on the runtime's device. Raises `ModelUnavailable`."""
    loading = _Loading(selection, runtime, weights_dir)

    def made(model: ModelFile) -> Any:
        adapter = ADAPTERS[model.adapter](model, loading)
        return_freed_memory()  # of the file, and of the weights in the number format of the file
        return adapter

    offered: dict[Role, dict[str, Any]] = {
        role: {model.name: made(model) for model in models} for role, models in selection.offered.items()
    }
    defaults = {role: [offered[role][model.name] for model in models] for role, models in selection.defaults.items()}
    one_each: dict[str, Any] = {role: next(iter(defaults[role]), None) for role in ROLES if role != "upscaler"}
    upscalers: dict[int, Any] = {}
    for upscaler in defaults["upscaler"]:
        upscalers.setdefault(upscaler.scale, upscaler)  # the first that the settings name of each scale
    return Models(
        **one_each,
        upscalers=upscalers,
        offered_restorers=offered["restorer"],
        offered_upscalers=offered["upscaler"],
    )
