"""The benchmark's report: all tables on one page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench import busy, end_to_end, growth, networks

NO_PUBLISHED = (
    "The published packages are not installed (basicsr does not build on Python 3.13): only Likeness was measured."
)
RATIO = "A ratio says how many times longer the published tools take, or how many times more memory."
WEIGHTS = (
    "Both use the same random weights and get the same face (both detectors run). The published "
    "tools are `GFPGANer` with `RealESRGANer`, set up as in their scripts: float32, tiles of 400 pixels. The embedded "
    "models are trained and find the face themselves."
)
GROWTH = (
    "The published tools do not get photos above 1 MP, which would take minutes. * no face restored: it was larger in "
    "the photo than the embedded restorers accept."
)
FACES = "Without an upscaler (`background=resample`, the published script's `--bg_upsampler none`)."


def render(results: Mapping[str, Any]) -> str:
    """The page in Markdown; parts that were not measured have no section."""
    machine = results["machine"]
    parts = [
        "# Benchmark",
        f"{results['date']}, {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"Python {machine['python']}, torch {machine['torch']}. {_device(results)}",
        *([] if results["published"] else [NO_PUBLISHED]),
        "## End to end",
        f"Median of {results['repetitions']}. {RATIO if results['published'] else ''} {WEIGHTS}",
        end_to_end.table(results["end_to_end"]),
    ]
    if results["float32"] is not None:
        parts += [
            "## End to end on a machine without half precision",
            "The same with `ONEDNN_MAX_CPU_ISA=AVX2` and Likeness in float32, one run.",
            end_to_end.table(results["float32"]),
        ]
    parts += ["## Networks alone", _rates(results), _networks(results)]
    if results["growth"] is not None:
        parts += ["## Growth", growth.size_table(results["growth"]["sizes"]), GROWTH]
        parts += [growth.face_table(results["growth"]["faces"]), FACES]
    parts += ["## How busy the device is kept", busy.table(results["busy"])]
    parts.append(f"Measured in {results['seconds'] / 60:.0f} minutes by `{results['command']}`.")
    return "\n\n".join(parts) + "\n"


def _device(results: Mapping[str, Any]) -> str:
    if "gpu" in results["machine"]:
        return f"Measured on a GPU: {results['machine']['gpu']}, Likeness in {results['likeness']['dtype']}."
    return f"On the CPU, Likeness in {results['likeness']['dtype']}; not measured on a GPU."


def _rates(results: Mapping[str, Any]) -> str:
    rates = " and ".join(f"{rate / 1e9:.0f} GFLOP/s in {name}" for name, rate in results["rates"].items())
    return f"Matrix products reach {rates}. PSNR compares our output with our own in float32, on the portrait."


def _networks(results: Mapping[str, Any]) -> str:
    return networks.table(results["networks"], results["psnr"], results["rates"], results["likeness"]["dtype"])
