"""The last lines of `enhance` and `upscale`: counts, time, and what no photo could get."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.__main__ import main
from app.commands.telling import duration
from tests.app.commands.sent import address
from tests.app.fakes import FakeModels
from tests.app.server import serving

UNKNOWN = "Identity is unknown: no face recognition model is in use."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (59.9, "59.9 s"), (60, "1 min 0 s"), (3599.6, "1 h 0 min"), (9e3, "2 h 30 min")],
)
def test_a_time_is_told_as_people_say_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_several_photos_have_their_time_and_pace(
    album: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["upscale", str(album), str(tmp_path / "out")]) == 0
    last = capsys.readouterr().err.splitlines()[-1]
    assert re.fullmatch(r"2 enlarged, 0 failed, 2 skipped\. \d+\.\d s, \d+(\.\d)? photos a minute\.", last)


def test_one_photo_has_no_summary(
    portrait: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["enhance", str(portrait), str(tmp_path / "out.png")]) == 0
    (only,) = capsys.readouterr().err.splitlines()
    assert only.startswith(f"{portrait} → ")


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        (
            {"LIKENESS_RECOGNISER": "none"},
            "LIKENESS_RECOGNISER=none wants it so; without it dlib-resnet, which ships with Likeness, is used.",
        ),
        ({}, "`python -m app models pull arcface-w600k-r50 --accept-licences` downloads one (288.62 MB)."),
    ],
)
def test_that_identity_is_unknown_is_told_once(
    album: Path,
    tmp_path: Path,
    settings: dict[str, str],
    advice: str,
    fake_models: FakeModels,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    fake_models.recogniser = None  # type: ignore[assignment]
    assert main(["enhance", str(album), str(tmp_path / "out")]) == 0
    said = capsys.readouterr().err
    assert said.count("Identity is unknown") == 1
    assert said.splitlines()[-1] == f"{UNKNOWN} {advice}"


def test_what_measures_lpips_is_told_once_with_the_command_that_brings_it(
    album: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_models.perceptual = None  # type: ignore[assignment]
    assert main(["enhance", str(album), str(tmp_path / "out"), "--json"]) == 0
    said = capsys.readouterr()
    assert said.out.count("lpips_unavailable") == 2
    assert said.err.count("LPIPS was not measured") == 1
    assert said.err.splitlines()[-1].endswith(
        "`python -m app models pull lpips-alex --accept-licences` downloads one (244.41 MB)."
    )


def test_what_a_service_lacks_is_told_once(album: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = FakeModels()
    models.recogniser = None  # type: ignore[assignment]
    with serving(models) as server:
        assert main(["enhance", str(album), str(tmp_path / "out"), "--server", address(server)]) == 0
    said = capsys.readouterr().err
    assert said.count("Identity is unknown") == 1
    assert said.splitlines()[-1].startswith(f"{UNKNOWN} Where the service runs, `python -m app models list` shows")


def test_why_no_face_was_restored_is_told(
    portrait: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["enhance", str(portrait), str(tmp_path / "out.png"), "--face-overrides", '{"0": 0}']) == 0
    said = capsys.readouterr().err
    assert said.endswith("No face was restored. Left as it was, as asked for this face: upscaled only.\n")
