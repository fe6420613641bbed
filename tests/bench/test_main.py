from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import __main__ as bench
from bench import photo
from bench.contestants import Plan, started
from bench.workers import WorkerDied


def test_the_embedded_contestant_restores_the_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_PRECISION", "the user's own settings are ignored")
    plan = Plan(tmp_path, tmp_path, "cpu", 1, published=False)
    sample = photo.portrait(256)
    file = sample.save(tmp_path / "photo.png")
    with started(plan, ("published", "embedded")) as workers:
        assert list(workers) == ["embedded"]  # the published tools are not in the plan
        assert workers["embedded"].ask("describe")["models"]["restorer"] == "portrait-face"
        done = workers["embedded"].ask("enhance", file=str(file), faces=photo.to_json(sample.faces), width=256)
    assert (done["faces"], done["side"]) == (1, 512)
    assert {"decode", "restoration", "upscaling", "encode", "answer"} <= set(done["stages_ms"])
    assert set(done["parts_ms"]) == {"restorer", "upscaler"}
    assert done["seconds"] * 1000 >= sum(done["parts_ms"].values()) > 0
    assert done["process_mb"] >= done["run_mb"] > 0


def test_a_dying_contestant_ends_the_benchmark(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(plan: Plan, *, quick: bool) -> dict[str, Any]:
        raise WorkerDied("likeness ended with status -9:\nwhat it said")

    monkeypatch.setattr(bench, "measure", measure)
    assert bench.main(["--output", str(tmp_path / "results.json")]) == 1
    assert "what it said" in capsys.readouterr().err
    assert not (tmp_path / "results.json").exists()


def test_figures_are_written_and_the_page_is_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plans: list[tuple[Plan, bool]] = []

    def measure(plan: Plan, *, quick: bool) -> dict[str, Any]:
        plans.append((plan, quick))
        return {"figure": 1}

    monkeypatch.setattr(bench, "measure", measure)
    monkeypatch.setattr(bench, "render", lambda results: f"page of {sorted(results)}")
    output = tmp_path / "results.json"
    assert bench.main(["--quick", "--device", "cpu", "--output", str(output)]) == 0
    assert json.loads(output.read_text())["figure"] == 1
    assert "page of ['command', 'figure']" in capsys.readouterr().out
    ((plan, quick),) = plans
    assert (plan.device, plan.repetitions, quick) == ("cpu", 1, True)


@pytest.mark.parametrize("arguments", [["--repetitions", "0"], ["--device", "abacus"], ["--output", "/no/such/x.json"]])
def test_arguments_that_make_no_sense(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        bench.main(arguments)
    assert caught.value.code == 2
