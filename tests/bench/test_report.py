"""The benchmark's report, from made-up figures."""

from __future__ import annotations

from typing import Any

import pytest

from bench import end_to_end, growth, networks
from bench.report import NO_PUBLISHED, render


def run(seconds: float, *, faces: int = 1, mb: float = 2000.0, parts: dict[str, float] | None = None) -> dict[str, Any]:
    """A run whose time is three fifths restoration, the rest blending."""
    stages = {"restoration": 600 * seconds, "blending": 400 * seconds}
    return {
        "seconds": seconds,
        "stages_ms": stages,
        "parts_ms": parts or {"restorer": 500 * seconds, "parser": 300 * seconds},
        "faces": faces,
        "side": 1024,
        "run_mb": mb,
        "process_mb": mb + 500,
        "device_mb": None,
    }


@pytest.fixture
def results() -> dict[str, Any]:
    turns = {case.key: {"flop": 2e9 * case.side, "published": [4.0], "likeness": [1.0]} for case in networks.CASES}
    contestants = {"published": [run(14)], "likeness": [run(4)], "embedded": [run(0.5)]}
    sizes = {"500": {"published": run(14), "likeness": run(4)}, "3464": {"likeness": run(130, faces=0, mb=3500)}}
    return {
        "date": "2030-01-02",
        "machine": {"cpu": "A CPU", "cores": 2, "memory_gb": 16.0, "python": "3.12.1", "torch": "2.9.0"},
        "repetitions": 1,
        "published": True,
        "rates": {"float32": 3e11, "bfloat16": 9e11},
        "likeness": {"device": "cpu", "dtype": "bfloat16"},
        "end_to_end": contestants,
        "float32": {"published": [run(20)], "likeness": [run(18)]},
        "networks": turns,
        "psnr": {"gfpgan-512-1": 47.12, "x2plus-256-1": None},
        "growth": {"sizes": sizes, "faces": {"1": {"published": run(5), "likeness": run(2)}}},
        "busy": {"clients": 4, "slots": 1, "seconds": 10.0, "photos": 25, "busy": 0.934, "looks": 9000},
        "seconds": 600.0,
        "command": "python -m bench",
    }


def cells(text: str, first: str) -> list[str]:
    """The cells after the first, of the only row that begins with `first`."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {first}")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_the_whole_page(results: dict[str, Any]) -> None:
    page = render(results)
    assert [line for line in page.splitlines() if line.startswith("#")] == [
        "# Benchmark",
        "## End to end",
        "## End to end on a machine without half precision",
        "## Networks alone",
        "## Growth",
        "## How busy the device is kept",
    ]
    assert "A CPU, 2 cores" in page
    assert "not measured on a GPU" in page
    assert "900 GFLOP/s in bfloat16" in page
    assert cells(page, "4 clients, 1 slot") == ["93 %", "2.50"]


def test_parts_that_were_not_measured_have_no_section(results: dict[str, Any]) -> None:
    page = render(results | {"growth": None, "float32": None})
    assert "## Growth" not in page
    assert "without half precision" not in page


def test_a_gpu_is_named(results: dict[str, Any]) -> None:
    page = render(results | {"machine": results["machine"] | {"gpu": "A card"}})
    assert "Measured on a GPU: A card" in page
    assert "not measured" not in page


def test_without_the_published_packages_only_likeness_is_shown(results: dict[str, Any]) -> None:
    alone = {key: {"flop": None, "likeness": turns["likeness"]} for key, turns in results["networks"].items()}
    runs = {name: results["end_to_end"][name] for name in ("likeness", "embedded")}
    changed = {"published": False, "end_to_end": runs, "networks": alone, "growth": None, "float32": None}
    page = render(results | changed)
    assert NO_PUBLISHED in page
    assert cells(page, "**total**") == ["4.00 s", "–", "0.50 s", "–"]
    assert cells(page, "GFPGAN, one face") == ["–", "–", "–", "1.00 s", "–", "–", "47.1 dB"]


def test_end_to_end_compares_all_with_the_published_tools(results: dict[str, Any]) -> None:
    table = end_to_end.table(results["end_to_end"])
    assert cells(table, "**total**") == ["14.0 s", "4.00 s", "3.50×", "0.50 s", "28.0×"]
    assert cells(table, "– of which the face parser")[:3] == ["4200 ms", "1200 ms", "3.50×"]
    assert cells(table, "the rest") == ["20 %", "20 %", "–", "20 %", "–"]
    assert cells(table, "peak memory of the run") == ["2000 MB", "2000 MB", "1.00×", "2000 MB", "1.00×"]
    assert "GPU" not in table
    assert "decode" not in table  # not measured


def test_a_contestants_summary_has_medians_and_the_highest_peaks() -> None:
    runs = [run(2, mb=1000), run(9, mb=1200), run(3, mb=1100)]
    found = end_to_end.summary(runs)
    assert found["seconds"] == 3
    assert found["stages_ms"] == {"restoration": 1800, "blending": 1200}
    assert (found["run_mb"], found["process_mb"], found["device_mb"]) == (1200, 1700, None)
    assert found["rest"] == pytest.approx(0.2)


def test_networks_are_shown_per_picture_with_their_share_of_the_rate(results: dict[str, Any]) -> None:
    table = networks.table(results["networks"], results["psnr"], results["rates"], "bfloat16")
    # 1024 GFLOP: of 0.3 TFLOP/s in 4 s, of 0.9 TFLOP/s in 1 s.
    assert cells(table, "GFPGAN, one face") == ["1024", "4.00 s", "85 %", "1.00 s", "114 %", "4.00×", "47.1 dB"]
    assert cells(table, "GFPGAN, each of four")[1:4:2] == ["1.00 s", "0.25 s"]
    assert cells(table, "Real-ESRGAN ×2plus, 256²")[-1] == "equal"
    assert cells(table, "Real-ESRGAN ×2plus, 512²")[-1] == "–"


def test_growth_shows_unmeasured_runs_as_missing_and_marks_kept_faces(results: dict[str, Any]) -> None:
    table = growth.size_table(results["growth"]["sizes"])
    assert cells(table, "0.25 MP") == ["14.0 s", "2000 MB", "4.00 s", "2000 MB"]
    assert cells(table, "12 MP") == ["–", "–", "130 s *", "3500 MB"]
    faces = growth.face_table(results["growth"]["faces"])
    assert cells(faces, "1 ") == ["3.00 s", "2.00 s", "2000 MB", "1.20 s", "0.80 s", "2000 MB", "2.50×"]
