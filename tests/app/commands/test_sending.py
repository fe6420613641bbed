"""`enhance --server` and `upscale --server`: photos that a service elsewhere restores."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.__main__ import main
from app.commands import sending
from client.likeness_client import Retries
from tests.app.commands.sent import address, folder_of, in_background, names
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import JOBS, keeping, objects_in
from tests.app.server import Likeness, eventually, serving
from tests.client import documents
from tests.client.stub import answering, breaks_off, says

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def stateless() -> Iterator[Likeness]:
    """A service that keeps none."""
    with serving(FakeModels()) as likeness:
        yield likeness


@pytest.mark.parametrize("task", ["enhance", "upscale"])
@pytest.mark.parametrize("kept", [True, False])
def test_results_and_lines_are_those_of_the_local_command(
    task: str,
    kept: bool,
    photos: Path,
    tmp_path: Path,
    data: Path,
    keeper: Likeness,
    stateless: Likeness,
    fake_models: FakeModels,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--upscale-factor", "1.5", "--output-format", "webp", "--bit-depth", "8"]
    assert main([task, str(photos), str(tmp_path / "here"), *options]) == 1
    here = capsys.readouterr().err
    server = address(keeper if kept else stateless)
    assert main([task, str(photos), str(tmp_path / "there"), *options, "--server", server]) == 1
    there = capsys.readouterr().err
    assert told(here, tmp_path / "here") == told(there, tmp_path / "there")
    assert f"9 {'restored' if task == 'enhance' else 'enlarged'}, 1 failed, 1 skipped." in there
    assert names(tmp_path / "there") == names(tmp_path / "here")
    assert len(names(tmp_path / "there")) == 9
    for name in names(tmp_path / "here"):
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
    assert objects_in(data) == []
    assert keeper.client.get(JOBS).json()["jobs"] == []


def told(said: str, results: Path) -> list[str]:
    """The lines without seconds and the progress bar, sorted: photos that are sent at once may be done in any order."""
    lines = [line.rpartition(", ")[0] if line.endswith((" s.", " minute.")) else line for line in said.splitlines()]
    lines = [line.partition(" skipped. ")[0] for line in lines]
    return sorted(line.replace(str(results), "OUT") for line in lines if "photo/s" not in line and "%|" not in line)


def test_jobs_say_how_many_are_sent_at_once(photos: Path, tmp_path: Path, keeper: Likeness, models: FakeModels) -> None:
    models.detector.gate.clear()
    try:
        status = in_background(
            ["enhance", str(photos), str(tmp_path / "out"), "--server", address(keeper), "--jobs", "3"]
        )
        eventually(lambda: len(keeper.client.get(JOBS).json()["jobs"]) == 3)
        assert not (tmp_path / "out").exists()
    finally:
        models.detector.gate.set()
    assert status() == 1
    assert len(names(tmp_path / "out")) == 9


def test_two_folders_at_the_same_time(tmp_path: Path, keeper: Likeness) -> None:
    commands = []
    for name in ("a", "b"):
        folder = folder_of(tmp_path / name, 6)
        commands.append(
            in_background(["enhance", str(folder), str(tmp_path / f"{name}-out"), "--server", address(keeper)])
        )
    assert [status() for status in commands] == [0, 0]
    assert names(tmp_path / "a-out") == names(tmp_path / "b-out") == [f"{number}.png" for number in range(6)]
    for number in range(6):
        assert (tmp_path / "a-out" / f"{number}.png").read_bytes() == (
            tmp_path / "b-out" / f"{number}.png"
        ).read_bytes()


def test_a_service_that_stops_and_comes_back_loses_no_photo(tmp_path: Path) -> None:
    photos, out = folder_of(tmp_path / "photos", 5), tmp_path / "out"
    data = tmp_path / "data"
    data.mkdir()
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    slow = FakeModels()
    with keeping(data, slow, port=port, grace_s=0) as server:
        slow.detector.gate.clear()
        status = in_background(["enhance", str(photos), str(out), "--server", address(server), "--jobs", "2"])
        eventually(lambda: len(server.client.get(JOBS).json()["jobs"]) == 2)
        slow.detector.gate.set()
        eventually(lambda: out.exists())
    with keeping(data, port=port) as server:
        assert status() == 0
        assert server.client.get(JOBS).json()["jobs"] == []
    assert names(out) == [f"{number}.png" for number in range(5)]


def test_a_service_that_is_gone_ends_the_command(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sending, "PATIENT", Retries(total_s=0.5))
    with serving(FakeModels()) as server:
        url = address(server)
        send = sending._Sender._send
        done = 0

        async def stopped_after_two(self: object, plan: object) -> str:
            nonlocal done
            if done == 2:
                server.server.should_exit = True
                eventually(lambda: not server.accepts())
            done += 1
            return await send(self, plan)  # type: ignore[arg-type]

        monkeypatch.setattr(sending._Sender, "_send", stopped_after_two)
        assert main(["enhance", str(photos), str(tmp_path / "out"), "--server", url, "--jobs", "1"]) == 1
    said = capsys.readouterr().err
    assert f"{url}: The server did not answer: " in said
    assert said.splitlines()[-1].startswith("2 restored, 8 failed, 1 skipped. ")


def test_a_connection_that_breaks_for_one_photo_does_not_stop_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sending, "PATIENT", Retries(attempts=1))
    photos = folder_of(tmp_path / "photos", 2)
    with answering([says(200, "{}"), breaks_off, says(200, "{}"), says(200, documents.RESTORED)]) as stub:
        assert main(["enhance", str(photos), str(tmp_path / "out"), "--server", stub.url, "--jobs", "1"]) == 1
    assert "1 restored, 1 failed, 1 skipped." in capsys.readouterr().err
    assert (tmp_path / "out" / "1.png").read_bytes() == documents.PICTURE


def test_a_quota_that_is_used_up_ends_the_command(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = says(429, documents.error("quota", "You have used up your photos of today."), retry_after=40_000)
    with answering([says(200, "{}"), says(200, documents.RESTORED), refusal]) as stub:
        assert main(["enhance", str(photos), str(tmp_path / "out"), "--server", stub.url, "--jobs", "1"]) == 1
    said = capsys.readouterr().err
    assert said.count("You have used up your photos of today.") == 1
    assert "1 restored, 9 failed, 1 skipped." in said


def test_a_dry_run_writes_and_keeps_nothing(
    photos: Path, tmp_path: Path, keeper: Likeness, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["enhance", str(photos), str(tmp_path / "out"), "--server", address(keeper), "--dry-run"]) == 1
    said = capsys.readouterr().err
    assert said.count("1 of 1 face(s) would be restored, 192×192, about ") == 9
    assert "9 looked at, 1 failed, 1 skipped." in said
    assert not (tmp_path / "out").exists()
    assert objects_in(data) == []


def test_fields_that_are_json_arrive(portrait: Path, tmp_path: Path, keeper: Likeness) -> None:
    options = ["--face-boxes", "[[0, 0, 22, 30]]", "--face-overrides", '{"0": 0}', "--no-require-face"]
    assert main(["enhance", str(portrait), str(tmp_path / "a.png"), "--server", address(keeper), *options]) == 0


def test_a_result_that_cannot_be_written_is_told(
    portrait: Path, tmp_path: Path, keeper: Likeness, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert main(["enhance", str(portrait), str(tmp_path / "file" / "a.png"), "--server", address(keeper)]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_another_machine_s_settings_and_torch_are_not_needed(photos: Path, tmp_path: Path, keeper: Likeness) -> None:
    code = f"""
import sys
from app.__main__ import main
status = main(["upscale", {str(photos)!r}, {str(tmp_path / "out")!r}, "--server", {address(keeper)!r}])
assert not {{"torch", "fastapi", "celery", "sqlalchemy"}} & {{*sys.modules}}
sys.exit(status)
"""
    environment = {**os.environ, "LIKENESS_SLOTS": "many", "LIKENESS_API_KEY": "nobody asks for it"}
    command = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert command.returncode == 1, command.stderr
    assert len(names(tmp_path / "out")) == 9


def test_ctrl_c_removes_what_waits_at_the_service(
    photos: Path, tmp_path: Path, keeper: Likeness, models: FakeModels, data: Path
) -> None:
    models.detector.gate.clear()
    arguments = ["enhance", str(photos), str(tmp_path / "out"), "--server", address(keeper)]
    command = subprocess.Popen([sys.executable, "-m", "app", *arguments], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        eventually(lambda: len(keeper.client.get(JOBS).json()["jobs"]) == 4)
        command.send_signal(signal.SIGINT)
        _, said = command.communicate(timeout=30)
        assert keeper.client.get(JOBS).json()["jobs"] == []
    finally:
        models.detector.gate.set()
        command.kill()
        command.wait()
    assert command.returncode == 130
    assert said.splitlines()[-1] == "Stopped."
    eventually(lambda: objects_in(data) == [])
    assert not (tmp_path / "out").exists()
