"""One photo, 512 → 1024 pixels, one face: total time, time by stage, and peak memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from bench import photo
from bench.contestants import TITLES, Plan
from bench.table import markdown, megabytes, milliseconds, percent, ratio, seconds
from bench.workers import Worker, in_turns

WARM_UP_SIDE = 256  # pixels; a small photo first, so that kernels and memory pools exist

# Stage → title of its row. PARTS: stage → the network in it, and the title of the row below.
STAGES: Mapping[str, str] = {
    "decode": "decode",
    "detection": "detection",
    "alignment": "alignment",
    "restoration": "restoration",
    "identity": "identity",
    "upscaling": "upscaling",
    "blending": "blending",
    "metrics": "metrics",
    "encode": "encode",
    "answer": "answer (base64, JSON)",
}
PARTS: Mapping[str, tuple[str, str]] = {
    "restoration": ("restorer", "of which the network"),
    "upscaling": ("upscaler", "of which the network"),
    "blending": ("parser", "of which the face parser"),
    "metrics": ("perceptual", "of which LPIPS"),
}
NETWORK_STAGES = ("detection", "identity")
NETWORK_PARTS = ("restorer", "upscaler", "parser")


def measure(plan: Plan, workers: Mapping[str, Worker], repetitions: int) -> dict[str, Any]:
    """All runs of all contestants, in turns, after one small photo for each as a warm-up."""
    for side, times in ((WARM_UP_SIDE, 1), (photo.SIDE, repetitions)):
        sample = photo.portrait(side)
        file = sample.save(plan.photos / f"portrait-{side}.png")
        runs = in_turns(workers, times, "enhance", file=str(file), faces=photo.to_json(sample.faces), width=side)
    return runs


def summary(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One contestant's median seconds, its median milliseconds by stage and part, and its highest peaks in MB.

    `rest` is the share of the time outside the networks: all but detection, restoration, identity, upscaling and the
    face parser. It includes LPIPS.
    """

    def medians(key: str) -> dict[str, float]:
        names = list(dict.fromkeys(name for run in runs for name in run[key]))
        return {name: median(run[key].get(name, 0.0) for run in runs) for name in names}

    total = median(run["seconds"] for run in runs)
    stages, parts = medians("stages_ms"), medians("parts_ms")
    networks = sum(stages.get(n, 0.0) for n in NETWORK_STAGES) + sum(parts.get(n, 0.0) for n in NETWORK_PARTS)
    peaks = {key: max((run[key] for run in runs if run[key] is not None), default=None) for key in _PEAKS}
    return {"seconds": total, "stages_ms": stages, "parts_ms": parts, "rest": 1 - networks / 1000 / total, **peaks}


def table(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Rows are stages, columns contestants; `ratio` says how many times faster one is than the published tools."""
    found = {name: summary(measured) for name, measured in runs.items() if measured}
    theirs = found.get("published")
    header = ["512 → 1024, one face"]
    for name in found:
        header += [TITLES[name]] if name == "published" else [TITLES[name], "ratio"]

    def row(title: str, value: Any, text: Any, *, compared: bool = True) -> list[str]:
        cells = [title]
        for name, figures in found.items():
            own = value(figures)
            cells.append(text(own))
            if name != "published":
                cells.append(ratio(value(theirs) if theirs and compared else None, own))
        return cells

    rows = [row("**total**", lambda f: f["seconds"], seconds)]
    for stage, title in STAGES.items():
        rows.append(row(title, lambda f, stage=stage: f["stages_ms"].get(stage), milliseconds))
        if stage in PARTS:
            part, part_title = PARTS[stage]
            rows.append(row(f"– {part_title}", lambda f, part=part: f["parts_ms"].get(part), milliseconds))
    rows.append(row("the rest: all but networks, with LPIPS", lambda f: f["rest"], percent, compared=False))
    rows += [row(title, lambda f, key=key: f[key], megabytes) for key, title in _PEAKS.items()]
    return markdown(header, [cells for cells in rows if any(cell not in ("–", "") for cell in cells[1:])])


_PEAKS = {
    "run_mb": "peak memory of the run",
    "process_mb": "peak memory of the process",
    "device_mb": "peak memory of the run on the GPU",
}
