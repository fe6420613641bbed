"""What the presets take, in turns: `python -m bench.presets`, with `--official` for the official models.

The photo is the benchmark's portrait. The official models have random weights, and are given its face. With `--best`
that preset is measured too; it does all that it asks for, however long that takes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

from app.options import OPTIONS, PresetName, enhance_options, output_options
from app.presets import preset_fields
from app.settings import Settings
from app.work.loaded_models import LoadedModels
from app.work.order import Order
from app.work.photo import Finished, restore_photo
from bench import photo, weights
from bench.likeness import GivenFaces
from bench.stopwatch import timed
from bench.table import markdown
from pipeline.models.catalogue.selection import Selection, choose
from pipeline.run import Run

MEGAPIXELS = 3.0
REPETITIONS = 3


def main(arguments: list[str] | None = None) -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.presets", description="Measure what the presets take.")
    parser.add_argument("--official", action="store_true", help="official models with random weights (1.1 GB on disk)")
    parser.add_argument("--best", action="store_true", help="measure best too, which takes minutes")
    parser.add_argument("--megapixels", type=float, default=MEGAPIXELS, help=f"of the photo (default {MEGAPIXELS:g})")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help=f"default {REPETITIONS}")
    parsed = parser.parse_args(arguments)
    names: list[PresetName] = ["fast", "balanced", "best"] if parsed.best else ["fast", "balanced"]
    side = round((parsed.megapixels * 1e6) ** 0.5)
    with tempfile.TemporaryDirectory(prefix="likeness-bench-") as folder:
        if parsed.official:
            weights.write(Path(folder))
        print(table(measure(Path(folder), names, side, parsed.repetitions, official=parsed.official)))
    return 0


def measure(
    folder: Path, names: Sequence[PresetName], side: int, repetitions: int, *, official: bool
) -> dict[PresetName, list[tuple[float, Finished]]]:
    """Preset → seconds and result of each repetition for a portrait of `side` pixels; official weights in `folder`."""
    settings = Settings.model_validate({"models": "auto" if official else "embedded", "weights_dir": folder})
    selection = choose(settings.model_preferences, weights.registry(folder)) if official else None
    loaded = LoadedModels(settings, selection)
    models, sample = loaded.load(measure_pace=False), photo.portrait(side)
    data = sample.save(folder / "portrait.png").read_bytes()
    if official:
        models = replace(models, detector=GivenFaces(models.detector, sample.faces, side))
    found: dict[PresetName, list[tuple[float, Finished]]] = {name: [] for name in names}
    for turn in range(repetitions):
        for name in names:
            order = _order(name, data, loaded.selection)
            run = Run()
            finished, seconds = timed(partial(restore_photo, order, models, settings.photo_limits, run))
            stages = ", ".join(f"{stage} {milliseconds:.0f}" for stage, milliseconds in run.timings_ms.items())
            print(f"{name}, turn {turn + 1}: {seconds:.2f} s ({stages} ms)", file=sys.stderr, flush=True)
            found[name].append((seconds, finished))
    return found


def table(found: Mapping[PresetName, Sequence[tuple[float, Finished]]]) -> str:
    """The median seconds of each preset, how many times as fast as balanced it is, and its models, in Markdown."""
    seconds = {name: median(each for each, _ in runs) for name, runs in found.items()}
    rows = []
    for name, runs in found.items():
        used = runs[-1][1].report.models
        shown = ", ".join(used[role] for role in ("restorer", "upscaler") if role in used)
        rows.append([name, f"{seconds[name]:.2f}", f"{seconds['balanced'] / seconds[name]:.1f}×", shown])
    return markdown(["preset", "median s", "beside balanced", "models"], rows)


def _order(name: PresetName, data: bytes, selection: Selection) -> Order:
    """What a request with this preset and nothing else asks for."""
    values = {option.name: option.default for option in OPTIONS} | {"preset": name}
    values |= preset_fields(values, {"preset"}, selection)
    return Order("enhance", data, None, enhance_options(values, None), output_options(values))


if __name__ == "__main__":
    sys.exit(main())
