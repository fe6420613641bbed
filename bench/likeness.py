"""Likeness as a contestant: from bytes to JSON document (`app.work.service`), and its networks alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from app.http.document import json_document
from app.settings import Settings
from app.work.device_threads import DeviceThreads
from app.work.loaded_models import LoadedModels
from app.work.order import Order
from app.work.pace import Pace
from app.work.service import Service
from bench import photo, weights
from bench.peak import PeakMemory
from bench.stopwatch import Stopwatch, Timed, timed
from bench.worker import Commands
from pipeline.models.catalogue.selection import Selection, choose
from pipeline.models.roles import Detector, Models, Upscaler
from pipeline.models.runtime.runtime import Runtime
from pipeline.models.upscalers.compact import CompactUpscaler
from pipeline.options import Background, EnhanceOptions
from pipeline.run import Run
from pipeline.steps.restoration import restore_crops
from pipeline.steps.upscaling import upscale_tiled
from pipeline.types import Face, Image
from tests import checkpoints

Result = TypeVar("Result")

ONE_TILE = 256  # pixels; for networks alone, a picture up to this side is one tile, a larger one is tiled


def commands(weights_dir: str, models: str, device: str, precision: str = "auto") -> Commands:
    """The worker's commands. `models` is official (the folder's random weights) or embedded; the rest are settings."""
    settings = Settings.model_validate(
        {"models": models, "weights_dir": weights_dir, "device": device, "precision": precision}
    )
    contestant = Contestant(settings, models == "official")
    return {"describe": contestant.describe, "enhance": contestant.enhance, "network": contestant.network}


@dataclass
class Loaded:
    """What `Service` needs of `LoadedModels`: models that are ready, and the threads in which they compute."""

    models: Models
    threads: DeviceThreads
    runtime: Runtime
    pace: Pace = field(default_factory=Pace)

    def watching(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """`work` as it is: where the device fails, the benchmark ends."""
        return work


class GivenFaces:
    """Runs a detector, so that its time counts, but returns `faces`, in pixels of a photo of this `width`."""

    def __init__(self, detector: Detector, faces: Sequence[Face], width: int) -> None:
        self.name, self.working_bytes, self.max_side = detector.name, detector.working_bytes, detector.max_side
        self._detector, self._faces, self._width = detector, faces, width

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        """The given faces, in this image's pixels."""
        self._detector.detect(image, check)
        return [photo.moved(face, image.shape[1] / self._width) for face in self._faces]


class Contestant:
    """The models, loaded and warmed up once, and a service that uses them."""

    def __init__(self, settings: Settings, official: bool) -> None:
        self._peak = PeakMemory()
        selection: Selection | None = None
        if official:
            selection = choose(settings.model_preferences, weights.registry(settings.weights_dir))
        self._loaded_models = LoadedModels(settings, selection)
        self._official = official
        self._stopwatch = Stopwatch()
        self._models = _watched(self._loaded_models.threads.submit(self._loaded_models.load).result(), self._stopwatch)
        self._loaded = Loaded(self._models, self._loaded_models.threads, self._loaded_models.runtime)
        self._service = Service(settings, cast(LoadedModels, self._loaded))
        self._loop = asyncio.new_event_loop()

    def describe(self) -> dict[str, Any]:
        """The device, its number format, and the models by role."""
        return {**self._loaded_models.runtime.describe(), "models": self._models.names()}

    def enhance(
        self, file: str, faces: list[dict[str, Any]], width: int, background: Background = "upscale"
    ) -> dict[str, Any]:
        """Enlarge one photo ×2. Returns seconds, milliseconds by stage and part of a stage, MB, restored faces.

        The official detector has random weights, so its result is replaced by `faces`, in pixels of the photo, which
        is `width` pixels wide. The embedded detector finds the faces itself.
        """
        data = Path(file).read_bytes()
        if self._official:
            given = GivenFaces(self._models.detector, photo.from_json(faces), width)
            self._loaded.models = replace(self._models, detector=given)
        options = EnhanceOptions(upscale_factor=2.0, background=background)
        order = Order("enhance", data, None, options)
        self._stopwatch.reset()
        self._peak.reset()
        run = Run()
        with self._service.arriving("bench") as arrival:
            work = self._service.process(order, arrival, run, json_document)
            answer, seconds = timed(lambda: self._loop.run_until_complete(work))
        return {
            "seconds": seconds,
            "stages_ms": run.timings_ms,
            "parts_ms": self._stopwatch.milliseconds,
            "faces": sum(face.action == "restored" for face in answer.report.faces),
            "side": answer.report.width,
            **self._peak.read(),
        }

    def network(self, network: str, side: int, count: int, keep: str | None = None) -> dict[str, float]:
        """Seconds of one network on `count` pictures; the last output is saved to the file `keep` (.npy)."""
        work = self._work(network, side, count)
        outputs, seconds = timed(lambda: self._loaded_models.threads.submit(work).result())
        if keep is not None:
            np.save(keep, outputs[-1])
        return {"seconds": seconds}

    def _work(self, network: str, side: int, count: int) -> Callable[[], list[Image]]:
        if network == "gfpgan":
            crops = [photo.crop()] * count
            return lambda: restore_crops(crops, self._models.restorer, Run())
        upscaler: Upscaler = self._models.upscalers[2]
        if network == "general-x4v3":
            upscaler = CompactUpscaler("realesr-general-x4v3", checkpoints.compact(), self._loaded_models.runtime)
        image = photo.image(side)
        if side <= ONE_TILE:
            return lambda: [_one_tile(upscaler, image)] * count
        return lambda: [upscale_tiled(image, upscaler, Run())] * count


def _one_tile(upscaler: Upscaler, tile: Image) -> Image:
    return upscaler.upscale([tile])[0]


def _watched(models: Models, stopwatch: Stopwatch) -> Models:
    """The same models, with the time of each network added to the stopwatch."""

    def watched(model: Any, method: str, name: str) -> Any:
        return None if model is None else Timed(model, method, stopwatch, name)

    return replace(
        models,
        restorer=watched(models.restorer, "restore", "restorer"),
        upscalers={scale: watched(model, "upscale", "upscaler") for scale, model in models.upscalers.items()},
        parser=watched(models.parser, "parse", "parser"),
        perceptual=watched(models.perceptual, "distance", "perceptual"),
    )
