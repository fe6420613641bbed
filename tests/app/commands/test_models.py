"""`python -m app models list` and `verify`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from app.__main__ import main
from pipeline.models.catalogue.registry import REGISTRY
from tests.app.commands.weights import DATA, put

EMBEDDED = ("mtcnn", "portrait-face", "compact-face", "compact-x2", "compact-x4", "dlib-resnet")

pytestmark = pytest.mark.usefixtures("weights_dir")


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """Name → the cells of its row after the licence: commercial use, installed, in use."""
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["ROLE", "NAME", "SIZE", "LICENCE", "COMMERCIAL", "INSTALLED", "IN", "USE"]
    starts = [header.index(word) for word in ("COMMERCIAL", "INSTALLED", "IN USE")]
    ends = [*starts[1:], None]
    return {
        line.split()[1]: [line[start:end].strip() for start, end in zip(starts, ends, strict=True)] for line in lines
    }


# --- list --------------------------------------------------------------------------------------------------------


def test_every_model_is_listed_with_its_state(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    rows = listed(capsys)
    assert set(rows) == {model.name for model in REGISTRY}
    expected = dict.fromkeys(EMBEDDED, ["yes"] * 3) | {"compact-face": ["yes", "yes", "on request"]}
    assert {name: row for name, row in rows.items() if row[1] == "yes"} == expected
    assert rows["gfpgan-v1.4"] == ["unclear", "no", "no"]
    assert rows["arcface-w600k-r50"] == ["no", "no", "no"]


def test_own_models_are_on_request_and_refused_licences_are_shown(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weights_dir.mkdir()
    (weights_dir / "models.csv").write_text(
        f"path,sha256,licence,commercial_use\nmine.pth,{hashlib.sha256(DATA).hexdigest()},CC0,yes\n"
    )
    put(weights_dir, "mine.pth", DATA)
    monkeypatch.setenv("LIKENESS_LICENCES", "commercial")
    put(weights_dir, "GFPGANv1.4.pth")
    assert main(["models", "list"]) == 0
    output = capsys.readouterr()
    assert "mine" in output.out
    assert "refuses gfpgan-v1.4" in output.err
    assert "portrait-face will do as restorer" in output.err
    main(["models", "list"])
    rows = listed(capsys)
    assert rows["mine"] == ["yes", "yes", "on request"]
    assert rows["gfpgan-v1.4"] == ["unclear", "wrong file", "refused"]


def test_models_that_are_missing_are_still_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_MODELS", "official")
    assert main(["models", "list"]) == 2
    output = capsys.readouterr()
    assert "gfpgan-v1.4: " in output.err
    assert "models pull" in output.err
    assert len(output.out.splitlines()) == len(REGISTRY) + 1


def test_a_malformed_models_csv_gives_status_2(weights_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(weights_dir, "models.csv", b"nonsense")
    assert main(["models", "list"]) == 2
    assert "models.csv: the first line" in capsys.readouterr().err


# --- verify ------------------------------------------------------------------------------------------------------


def test_verify_checks_installed_models(weights_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{name}: right" for name in EMBEDDED]
    put(weights_dir, "GFPGANv1.3.pth")
    assert main(["models", "verify"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith("GFPGANv1.3.pth has 6 bytes, expected 348632874.") for line in lines].count(True) == 1


def test_verify_prints_what_prevents_a_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_MODELS", "official")
    assert main(["models", "verify"]) == 1
    output = capsys.readouterr().out
    assert "compact-x2: right" in output
    assert "GFPGANv1.4.pth is missing." in output
    assert "models pull retinaface-resnet50 gfpgan-v1.4 " in output


def test_verify_checks_the_named_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify", "compact-x2", "parsenet"]) == 1
    output = capsys.readouterr().out.splitlines()
    assert output[0] == "compact-x2: right"
    assert output[1].endswith("parsing_parsenet.pth is missing.")
    assert main(["models", "verify", "nonsense"]) == 2
    assert "no model nonsense" in capsys.readouterr().err
