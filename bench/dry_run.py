"""Is the estimate of a dry run right? `python -m bench.dry_run [--photos FOLDER] [--faces FOLDER] [--stages]`.

Asks for a dry run of 20 photos of 0.1 to 25 megapixels with up to 20 faces, and then for the work itself, one after the
other as a server that has just started gets them. Prints for each how long it was estimated to take and has taken.
Photos are montages of faces over another photo; without folders both are scikit-image's. Exit status 1 if fewer than 19
estimates are within 30 %, or if faces, size or models are not those of the dry run.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import skimage.data

from app.http.document import json_document
from app.options import OutputOptions
from app.settings import Settings
from app.work.dry_report import DryRun
from app.work.loaded_models import LoadedModels
from app.work.order import Order, Task
from app.work.report import Report
from app.work.service import Service
from bench import photo
from bench.photo import Pixels
from bench.table import markdown
from pipeline.options import EnhanceOptions
from tests.images import saved

TOLERANCE, ENOUGH = 0.3, 19
SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Case:
    """A photo of so many megapixels with about so many faces, and what is asked for."""

    megapixels: float
    faces: int
    options: EnhanceOptions = field(default_factory=EnhanceOptions)
    output: OutputOptions = field(default_factory=OutputOptions)
    task: Task = "enhance"

    def __str__(self) -> str:
        options, output = self.options, self.output
        size = f"{self.megapixels:g} MP, {self.faces} faces, × {options.upscale_factor:g}"
        return f"{self.task} {size}, {options.background}, {output.output_format}"


def _resampled(factor: float = 1.0) -> EnhanceOptions:
    return EnhanceOptions(upscale_factor=factor, background="resample")


# Mixed, so that each size of photo comes after others than its neighbours.
CASES = (
    Case(0.5, 3),
    Case(3, 5, EnhanceOptions(upscale_factor=1)),
    Case(0.1, 1),
    Case(12, 10, _resampled()),
    Case(1, 1, EnhanceOptions(upscale_factor=4)),
    Case(2, 10),
    Case(0.25, 0),
    Case(25, 20, _resampled(), OutputOptions(output_format="jpeg")),
    Case(0.8, 4, EnhanceOptions(identity_policy="protect")),
    Case(0.1, 0, EnhanceOptions(upscale_factor=4)),
    Case(6, 20, _resampled(2)),
    Case(0.3, 2, EnhanceOptions(upscale_factor=8)),
    Case(1.5, 8, EnhanceOptions(), OutputOptions(output_format="jpeg")),
    Case(16, 1, _resampled(), OutputOptions(output_format="jpeg", metrics=False)),
    Case(1, 6),
    Case(2, 0, task="upscale"),
    Case(3, 12),
    Case(4, 16, _resampled(2), OutputOptions(output_format="webp")),
    Case(0.5, 0, task="upscale"),
    Case(8, 3, _resampled(1.5)),
)


@dataclass(frozen=True)
class Measured:
    """The dry run of a photo, the report of the work, the seconds that this took, and those of its stages."""

    case: Case
    expected: DryRun
    report: Report
    seconds: float
    stages_s: dict[str, float]

    @property
    def ratio(self) -> float:
        """Estimated over actual seconds."""
        return self.expected.estimate.seconds / self.seconds

    @property
    def is_near(self) -> bool:
        """Whether the estimate is within the tolerance of what followed."""
        return abs(self.ratio - 1) <= TOLERANCE

    @property
    def is_exact(self) -> bool:
        """Whether faces, size and media type are those that the dry run told."""
        expected, report = self.expected, self.report
        places = [
            [(face.box, face.landmarks, face.score, face.blur) for face in each.faces] for each in (expected, report)
        ]
        same = [(each.width, each.height, each.media_type, each.models) for each in (expected, report)]
        return places[0] == places[1] and same[0] == same[1]


def main(arguments: list[str] | None = None) -> int:
    """Measure and print. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.dry_run", description="Estimated and measured time.")
    parser.add_argument("--photos", type=Path, help="a folder of photos that the faces are put on")
    parser.add_argument("--faces", type=Path, help="a folder of pictures of one face each")
    parser.add_argument("--stages", action="store_true", help="print the seconds of each stage too")
    parser.add_argument("--models", default="embedded", help="the setting LIKENESS_MODELS (default embedded)")
    parsed = parser.parse_args(arguments)
    scenes = _pictures(parsed.photos) or [skimage.data.coffee(), skimage.data.rocket(), skimage.data.chelsea()]
    left, top, side = photo.HEAD
    faces = _pictures(parsed.faces) or [skimage.data.astronaut()[top : top + side, left : left + side]]
    results = []
    for measured in measure(scenes, faces, parsed.models):
        print(f"{measured.case}: {measured.ratio:.2f}", file=sys.stderr, flush=True)
        if parsed.stages:
            _print_stages(measured)
        results.append(measured)
    near = sum(measured.is_near for measured in results)
    print(table(results))
    print(f"\n{near} of {len(results)} estimates are within {TOLERANCE:.0%}.")
    inexact = [str(measured.case) for measured in results if not measured.is_exact]
    print(f"Faces, size and models differ in: {'; '.join(inexact) or 'none'}.")
    return 0 if near >= min(ENOUGH, len(results)) and not inexact else 1


def measure(
    scenes: Sequence[Pixels], faces: Sequence[Pixels], models: str, cases: Sequence[Case] = CASES
) -> Iterator[Measured]:
    """Each case, dry and in earnest, in one service."""
    settings = Settings.model_validate({"models": models, "deadline_s": 86_400})
    loaded_models = LoadedModels(settings)
    loaded_models.threads.submit(loaded_models.load).result()
    service = Service(settings, loaded_models)
    try:
        for index, case in enumerate(cases):
            shown = list(islice(cycle(faces), index, index + case.faces))
            pixels = montage(scenes[index % len(scenes)], shown, case.megapixels)
            options = replace(case.options, require_face=False)
            order = Order(case.task, saved(pixels, "JPEG", quality=85), None, options, case.output)
            yield asyncio.run(_measured(service, case, order))
    finally:
        service.close()


def montage(scene: Pixels, faces: Sequence[Pixels], megapixels: float) -> Pixels:
    """The scene at so many megapixels, with the faces in a grid, and grain like a camera's photo."""
    scale = math.sqrt(megapixels * 1e6 / (scene.shape[0] * scene.shape[1]))
    height, width = (round(side * scale) for side in scene.shape[:2])
    picture = _fitted(scene, width, height)
    columns = max(1, math.ceil(math.sqrt(len(faces) * width / height)))
    rows = max(1, math.ceil(len(faces) / columns))
    side = min(width // columns, height // rows) * 9 // 10
    for place, face in enumerate(faces):
        top, left = place // columns * (height // rows), place % columns * (width // columns)
        picture[top : top + side, left : left + side] = _fitted(face, side, side)
    grain = np.random.default_rng(0).normal(0, 3, (height, width, 1)).astype(np.float32)
    return np.asarray(np.clip(picture + grain, 0, 255), dtype=np.uint8)


def table(results: Sequence[Measured]) -> str:
    """The figures of all photos, in Markdown."""
    rows = []
    for measured in results:
        estimate = measured.expected.estimate
        cells = [f"{estimate.seconds:.2f}", f"{measured.seconds:.2f}", f"{measured.ratio:.2f}"]
        found = sum(face.action == "restored" for face in measured.expected.faces)
        rows.append([str(measured.case), f"{len(measured.expected.faces)}/{found}", *cells])
    return markdown(["photo", "faces found/restored", "estimated s", "actual s", "ratio"], rows)


def _print_stages(measured: Measured) -> None:
    estimated = measured.expected.estimate.stages_s
    stages = [f"{stage} {estimated.get(stage, 0.0):.3f}/{seconds:.3f}" for stage, seconds in measured.stages_s.items()]
    print(f"    estimated/actual: {', '.join(stages)}", flush=True)


async def _measured(service: Service, case: Case, order: Order) -> Measured:
    asked = replace(order, output=replace(order.output, dry_run=True))
    expected, _, _ = await _done(service, asked)
    report, seconds, stages_s = await _done(service, order)
    if not isinstance(expected, DryRun) or not isinstance(report, Report):
        raise RuntimeError("A dry run is answered with its own report.")
    return Measured(case, expected, report, seconds, stages_s)


async def _done(service: Service, order: Order) -> tuple[Any, float, dict[str, float]]:
    run = service.new_run()
    start = time.perf_counter()
    with service.arriving("bench") as arrival:
        answer = await service.process(order, arrival, run, json_document)
    seconds = time.perf_counter() - start
    return answer.report, seconds, {stage: each / 1000 for stage, each in run.timings_ms.items() if stage != "queue"}


def _pictures(folder: Path | None) -> list[Pixels]:
    """The first pictures of a folder, (H, W, 3) RGB; none without a folder."""
    paths = [] if folder is None else sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    return [np.asarray(PIL.Image.open(path).convert("RGB")) for path in paths[:40]]


def _fitted(picture: Pixels, width: int, height: int) -> Pixels:
    return np.array(PIL.Image.fromarray(picture).resize((width, height), PIL.Image.Resampling.BICUBIC), dtype=np.uint8)


if __name__ == "__main__":
    sys.exit(main())
