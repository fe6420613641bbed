"""How time and memory grow with the photo's size and with the number of faces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench import photo
from bench.contestants import TITLES, Plan
from bench.table import MISSING, markdown, megabytes, ratio, seconds
from bench.workers import Worker

SIDES = (500, 1000, 1732, 3464)  # pixels: 0.25, 1, 3 and 12 megapixels
PUBLISHED_SIDE = 1000  # the largest for the published tools: more would take minutes
FACES = (1, 4, 16)


def measure(plan: Plan, workers: Mapping[str, Worker]) -> dict[str, Any]:
    """One run per contestant and size, and one per contestant and number of faces, the latter without an upscaler."""
    return {"faces": _faces(plan, workers), "sizes": _sizes(plan, workers)}


def _faces(plan: Plan, workers: Mapping[str, Worker]) -> dict[str, dict[str, Any]]:
    sample = photo.mosaic()
    file = sample.save(plan.photos / "mosaic.png")
    contestants = [name for name in ("published", "likeness") if name in workers]
    return {
        str(count): {
            name: workers[name].ask(
                "enhance",
                file=str(file),
                faces=photo.to_json(sample.faces[:count]),
                width=sample.pixels.shape[1],
                background="resample",
            )
            for name in contestants
        }
        for count in FACES
    }


def _sizes(plan: Plan, workers: Mapping[str, Worker]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for side in SIDES:
        sample = photo.portrait(side)
        file = sample.save(plan.photos / f"portrait-{side}.png")
        found[str(side)] = {
            name: worker.ask("enhance", file=str(file), faces=photo.to_json(sample.faces), width=side)
            for name, worker in workers.items()
            if name != "published" or side <= PUBLISHED_SIDE
        }
    return found


def size_table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Rows are megapixels, columns contestants: seconds and peak memory of the run."""
    names = list(dict.fromkeys(name for runs in found.values() for name in runs))
    header = ["photo, ×2", *(f"{TITLES[name]}{unit}" for name in names for unit in ("", ", peak"))]
    rows = []
    for side, runs in found.items():
        cells = [f"{int(side) ** 2 / 1e6:.2g} MP"]
        for name in names:
            run = runs.get(name)
            cells += [MISSING, MISSING] if run is None else [seconds(run["seconds"]) + _kept(run), _peak(run)]
        rows.append(cells)
    return markdown(header, rows)


def face_table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Rows are numbers of faces, columns contestants: seconds of restoration and blending, peak memory of the run."""
    names = list(dict.fromkeys(name for runs in found.values() for name in runs))
    units = ("restoration", "blending", "peak")
    header = ["faces on 1 MP", *(f"{TITLES[name]}, {unit}" for name in names for unit in units), "ratio of the sums"]
    rows = []
    for count, runs in found.items():
        cells, sums = [count], {}
        for name in names:
            stages = [runs[name]["stages_ms"].get(stage, 0.0) / 1000 for stage in ("restoration", "blending")]
            sums[name] = sum(stages)
            cells += [*map(seconds, stages), _peak(runs[name])]
        rows.append([*cells, ratio(sums.get("published"), sums.get("likeness"))])
    return markdown(header, rows)


def _kept(run: Mapping[str, Any]) -> str:
    """A mark if no face was restored, because it was larger than the restorer accepts."""
    return "" if run["faces"] else " *"


def _peak(run: Mapping[str, Any]) -> str:
    return megabytes(run["run_mb"])
