"""From a selection of model files to models that run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import Adapter, ModelFile, Role
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
from pipeline.models.roles import Models
from pipeline.models.runtime.allocator import return_freed_memory
from pipeline.models.runtime.runtime import Runtime
from pipeline.models.runtime.spandrel_network import describe_network
from pipeline.models.upscalers.compact import CompactUpscaler
from pipeline.models.upscalers.spandrel import SpandrelUpscaler

# The model, the runtime, the weights directory, and the model that it is mixed with to denoise less, if there is one.
Maker: TypeAlias = Callable[[ModelFile, Runtime, Path, ModelFile | None], Any]


def _from_tensors(adapter: Callable[[str, dict[str, Any], Runtime], Any]) -> Maker:
    return lambda model, runtime, folder, _: adapter(model.name, read_state_dict(model, folder), runtime)


def _from_onnx(adapter: Callable[[str, bytes, Runtime], Any]) -> Maker:
    return lambda model, runtime, folder, _: adapter(model.name, read_bytes(model, folder), runtime)


def _dlib_resnet(model: ModelFile, runtime: Runtime, folder: Path, twin: ModelFile | None) -> DlibRecogniser:
    return DlibRecogniser(model.name, read_state_dict(model, folder), runtime, _threshold(model))


def _arcface(model: ModelFile, runtime: Runtime, folder: Path, twin: ModelFile | None) -> FaceRecogniser:
    return FaceRecogniser(model.name, read_bytes(model, folder), runtime, _threshold(model))


def _threshold(recogniser: ModelFile) -> float:
    """The recogniser's own threshold. Raises `ModelUnavailable` for a row without one."""
    if recogniser.threshold is None:
        raise ModelUnavailable(f"{recogniser.name}: its row in the registry has no threshold.", stage="models")
    return recogniser.threshold


def _compact_upscaler(model: ModelFile, runtime: Runtime, folder: Path, twin: ModelFile | None) -> CompactUpscaler:
    milder = None if twin is None else read_state_dict(twin, folder)
    return CompactUpscaler(model.name, read_state_dict(model, folder), runtime, milder)


def _spandrel_upscaler(model: ModelFile, runtime: Runtime, folder: Path, twin: ModelFile | None) -> Any:
    state_dict = read_state_dict(model, folder)
    # Of a registered model the row says what it is; only a user's own is looked at first, which loads it once more.
    is_compact = model.origin == "own" and describe_network(model.name, state_dict).architecture.id == "Compact"
    return (CompactUpscaler if is_compact else SpandrelUpscaler)(model.name, state_dict, runtime)


_ADAPTERS: dict[Adapter, Maker] = {
    "mtcnn": _from_tensors(MtcnnDetector),
    "retinaface": _from_tensors(RetinaFaceDetector),
    "scrfd": _from_onnx(ScrfdDetector),
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
    """Every model of the selection, read, checked and ready on the runtime. Raises `ModelUnavailable`."""

    def make(model: ModelFile) -> Any:
        made = _ADAPTERS[model.adapter](model, runtime, weights_dir, selection.twins.get(model.name))
        return_freed_memory()  # the file, and the weights in the number format that they were published in
        return made

    made: dict[Role, dict[str, Any]] = {
        role: {model.name: make(model) for model in models} for role, models in selection.offered.items()
    }

    def default(role: Role) -> Any:
        return next((made[role][model.name] for model in selection.defaults[role]), None)

    upscalers: dict[int, Any] = {}
    for model in selection.defaults["upscaler"]:
        upscaler = made["upscaler"][model.name]
        upscalers.setdefault(upscaler.scale, upscaler)  # the first named of each scale
    return Models(
        detector=default("detector"),
        restorer=default("restorer"),
        upscalers=upscalers,
        parser=default("parser"),
        recogniser=default("recogniser"),
        perceptual=default("perceptual"),
        offered_restorers=made["restorer"],
        offered_upscalers=made["upscaler"],
    )
