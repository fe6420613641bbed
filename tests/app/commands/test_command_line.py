"""`python -m app`: what it does, says and exits with."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from app.__main__ import main
from app.settings import Settings
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import LIVE, READY, eventually

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    path = tmp_path / "portrait.jpg"
    path.write_bytes(samples.small_face())
    return path


@pytest.fixture
def fake_models(monkeypatch: pytest.MonkeyPatch) -> FakeModels:
    """Models that take no time to load."""
    fakes = FakeModels()
    monkeypatch.setattr("app.work.loaded_models.load", lambda *_: fakes())
    return fakes


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said about arguments that are refused."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_does_not_exist(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "between 0 and 65535" in refused(["serve", f"--port={port}"], capsys)


@pytest.mark.parametrize("arguments", [[], ["models"], ["improve"], ["enhance", "in.png"]])
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "usage:" in refused(arguments, capsys)


@pytest.mark.parametrize("arguments", [["serve"], ["enhance", "in.png", "out.png"], ["models", "list"]])
def test_a_wrong_setting(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_SLOTS", "many")
    monkeypatch.setenv("LIKENESS_DEVICE", "tpu")
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert "LIKENESS_SLOTS: " in said
    assert "'many'" in said
    assert "LIKENESS_DEVICE: " in said


@pytest.mark.parametrize("name", ["API_KEYS", "RATE_LIMIT_STORAGE"])
def test_a_wrong_setting_that_may_hold_a_secret_is_not_quoted(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"LIKENESS_{name}", "redis://:canary@cache")
    assert main(["models", "list"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"LIKENESS_{name}: ")
    assert "canary" not in said.out + said.err


def test_a_new_key_opens_the_server_that_knows_its_hash(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "new", "shop"]) == 0
    _, key, _, entry = capsys.readouterr().out.splitlines()
    monkeypatch.setenv("LIKENESS_API_KEYS", entry.strip())
    assert Settings().api_keys.owner(key.strip().encode()) == "shop"


@pytest.mark.parametrize("name", ["", "Shop", "a shop", "shop:", "x" * 65])
def test_a_name_that_no_key_can_have(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "a-z, 0-9, _ and -" in refused(["keys", "new", name], capsys)


@pytest.mark.parametrize(
    ("host", "keys", "warned"),
    [("0.0.0.0", "", True), ("0.0.0.0", f"shop:{'0a' * 32}", False), ("127.0.0.1", "", False), ("::1", "", False)],
)
def test_a_server_that_is_open_to_others_says_so(
    host: str,
    keys: str,
    warned: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LIKENESS_API_KEYS", keys)
    monkeypatch.setenv("LIKENESS_MODELS", "official")  # which are not there, so that it ends at once
    monkeypatch.setenv("LIKENESS_WEIGHTS_DIR", str(tmp_path))
    assert main(["serve", "--host", host]) == 2
    assert ("anybody who reaches 0.0.0.0 may send photos" in capsys.readouterr().err) == warned


@pytest.mark.parametrize("command", [["serve"], ["models", "list"]])
def test_models_that_are_missing(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_MODELS", "official")
    monkeypatch.setenv("LIKENESS_WEIGHTS_DIR", str(tmp_path))
    assert main(command) == 2
    assert capsys.readouterr().err.strip()


def test_a_model_that_does_not_run(
    portrait: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_models.restorer.trouble.error = RuntimeError("no kernel")
    assert main(["enhance", str(portrait), str(tmp_path / "out.png")]) == 2
    assert "fake-restorer does not run: no kernel" in capsys.readouterr().err


@pytest.mark.timeout(600)
def test_serve(tmp_path: Path) -> None:
    """The whole of it, as a user starts and stops it."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "LIKENESS_MODELS": "embedded", "LIKENESS_DEVICE": "cpu", "LIKENESS_LOG_LEVEL": "info"}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                for path in (LIVE, READY):
                    eventually(lambda path=path: server.poll() is not None or _answers(client, path), within=240)
                response = client.post("/api/v1/enhance", files={"file": samples.small_face()})
                assert response.status_code == 200, response.text
                assert "server" not in response.headers
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) in (0, -signal.SIGTERM)
        finally:
            server.kill()
            server.wait()
    assert "ready after" in (tmp_path / "log").read_text()


def _answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == 200
    except httpx.TransportError:
        return False
