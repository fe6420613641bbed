"""`--json`: a document for each photo on standard output, here and by a service; words go to standard error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.__main__ import main
from tests.app import samples
from tests.app.commands.sent import address, folder_of
from tests.app.fakes import FakeModels
from tests.app.server import Likeness, serving
from tests.client import documents
from tests.client.stub import answering, says

ROOT = Path(__file__).resolve().parents[3]


def documents_of(text: str) -> dict[str, Any]:
    """Name of a photo → its document, one on each line."""
    found = [json.loads(line) for line in text.splitlines()]
    return {Path(document["photo"]).name: document for document in found}


def without_times(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in ("timings_ms", "processing_time_ms")}


def test_each_photo_has_the_document_that_the_service_answers_with(
    tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = folder_of(tmp_path / "photos", 3, bad=1)
    assert main(["enhance", str(photos), str(tmp_path / "out"), "--json"]) == 1
    said = capsys.readouterr()
    found = documents_of(said.out)
    assert list(found) == ["0.jpg", "1.jpg", "2.jpg"]
    assert found["0.jpg"]["result"] == str(tmp_path / "out" / "0.png")
    with serving(FakeModels()) as server:
        answer = server.client.post("/api/v1/enhance", files={"file": (photos / "0.jpg").read_bytes()}).json()
        refusal = server.client.post("/api/v1/enhance", files={"file": (photos / "1.jpg").read_bytes()}).json()
    del answer["data"]["restored_image"], refusal["request_id"]
    assert found["0.jpg"]["status"] == answer["status"]
    assert without_times(found["0.jpg"]["data"]) == without_times(answer["data"])
    assert found["1.jpg"] == {"photo": str(photos / "1.jpg"), "result": None, **refusal}
    assert "1 of 1 face(s) restored" in said.err
    assert "2 restored, 1 failed, 1 skipped." in said.err


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
@pytest.mark.parametrize("task", ["enhance", "upscale"])
def test_a_service_elsewhere_gives_the_same_documents(
    task: str,
    dry_run: list[str],
    photos: Path,
    tmp_path: Path,
    keeper: Likeness,
    fake_models: FakeModels,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = [task, str(photos), str(tmp_path / "out"), "--json", *dry_run]
    assert main(command) == 1
    here = documents_of(capsys.readouterr().out)
    assert main([*command, "--server", address(keeper)]) == 1
    there = documents_of(capsys.readouterr().out)
    assert set(here) == set(there)
    for name, document in here.items():
        if name == "4.jpg":
            assert document.keys() == there[name].keys() == {"photo", "result", "error", "stage", "code"}
            assert document["code"] == there[name]["code"]
            continue
        for data in (document["data"], there[name]["data"]):
            for measured in ("timings_ms", "processing_time_ms", "estimate"):
                data.pop(measured, None)
        assert document == there[name]


def test_without_json_nothing_is_on_standard_output_and_no_metrics_are_measured(
    portrait: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["enhance", str(portrait), str(tmp_path / "out.png")]
    assert main(command) == 0
    assert capsys.readouterr().out == ""
    assert main([*command, "--json", "--no-metrics"]) == 0
    assert json.loads(capsys.readouterr().out)["data"]["metrics"] is None
    assert main([*command, "--metrics"]) == 2
    assert capsys.readouterr().err == "--metrics needs --json, which prints them.\n"


def test_photos_that_a_service_takes_no_more_have_a_document_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = folder_of(tmp_path / "photos", 3)
    refusal = says(429, documents.error("quota", "You have used up your photos of today."), retry_after=40_000)
    with answering([says(200, "{}"), says(200, documents.RESTORED), refusal]) as stub:
        command = ["enhance", str(photos), str(tmp_path / "out"), "--server", stub.url, "--jobs", "1", "--json"]
        assert main(command) == 1
    found = documents_of(capsys.readouterr().out)
    assert found["0.jpg"]["data"] == documents.REPORT
    assert [found[name]["code"] for name in ("1.jpg", "2.jpg")] == ["service_stopped"] * 2


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_line_is_json_on_every_terminal_whatever_a_file_is_called(tmp_path: Path, locale: str) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("größe.jpg".encode(), b"\xff.jpg"):
        (photos / os.fsdecode(name)).write_bytes(samples.no_face())
    command = [sys.executable, "-m", "app", "upscale", str(photos), str(tmp_path / "out"), "--json", "--dry-run"]
    environment = {**os.environ, "LC_ALL": locale, "LIKENESS_MODELS": "embedded", "PYTHONUTF8": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr
    named = {os.fsencode(json.loads(line)["photo"]) for line in done.stdout.splitlines()}
    assert named == {os.fsencode(path) for path in photos.iterdir()}


def test_the_command_ends_where_nobody_reads_on(portrait: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app", "upscale", str(portrait), str(tmp_path / "out.png"), "--json", "--dry-run"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
