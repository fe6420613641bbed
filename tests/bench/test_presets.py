"""`python -m bench.presets` with the embedded models."""

from __future__ import annotations

from pathlib import Path

from bench.presets import measure, table


def test_every_preset_is_measured_with_what_it_sets(tmp_path: Path) -> None:
    found = measure(tmp_path, ["fast", "balanced"], 160, 1, official=False)
    ((_, fast),), ((_, balanced),) = found["fast"], found["balanced"]
    assert fast.report.metrics is None
    assert balanced.report.metrics is not None
    assert "upscaler" not in fast.report.models
    lines = table(found).splitlines()
    assert len(lines) == 4
    assert "compact-x2" in lines[3]
    assert "1.0×" in lines[3]
