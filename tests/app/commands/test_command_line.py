"""`python -m app`: arguments, settings, output and exit status; `serve` as a process."""

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
from app.access.addresses import is_loopback
from app.settings import Settings
from tests.app import samples
from tests.app.commands.refused import refused
from tests.app.fakes import FakeModels
from tests.app.server import LIVE, READY, eventually

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_out_of_range_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "between 0 and 65535" in refused(["serve", f"--port={port}"], capsys)


@pytest.mark.parametrize("arguments", [[], ["models"], ["improve"], ["enhance", "in.png"]])
def test_incomplete_arguments_print_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "usage:" in refused(arguments, capsys)


@pytest.mark.parametrize("arguments", [["serve"], ["enhance", "in.png", "out.png"], ["models", "list"]])
def test_a_bad_setting_is_named_with_its_value(
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
def test_the_value_of_a_bad_setting_that_may_hold_a_secret_is_not_shown(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"LIKENESS_{name}", "redis://:canary@cache")
    assert main(["models", "list"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"LIKENESS_{name}: ")
    assert "canary" not in said.out + said.err


def test_a_new_key_is_known_to_a_server_with_its_entry(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "new", "shop"]) == 0
    _, key, _, entry = capsys.readouterr().out.splitlines()
    monkeypatch.setenv("LIKENESS_API_KEYS", entry.strip())
    assert Settings().api_keys.owner(key.strip().encode()) == "shop"


@pytest.mark.parametrize("name", ["", "Shop", "a shop", "shop:", "x" * 65])
def test_a_bad_key_name_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "a-z, 0-9, _ and -" in refused(["keys", "new", name], capsys)


@pytest.mark.parametrize(
    ("host", "keys", "warned"),
    [("0.0.0.0", "", True), ("0.0.0.0", f"shop:{'0a' * 32}", False), ("127.0.0.1", "", False), ("::1", "", False)],
)
def test_serve_warns_if_anybody_on_the_network_may_send_photos(
    host: str,
    keys: str,
    warned: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LIKENESS_API_KEYS", keys)
    monkeypatch.setenv("LIKENESS_MODELS", "official")  # they are missing, so `serve` ends at once
    monkeypatch.setenv("LIKENESS_WEIGHTS_DIR", str(tmp_path))
    assert main(["serve", "--host", host]) == 2
    assert ("anybody who reaches 0.0.0.0 may send photos" in capsys.readouterr().err) == warned


def test_by_default_nobody_on_the_network_may_send_photos() -> None:
    assert is_loopback(Settings().host)
    assert not Settings().open_to_others


@pytest.mark.parametrize("command", [["serve"], ["models", "list"]])
def test_missing_models_give_status_2(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_MODELS", "official")
    monkeypatch.setenv("LIKENESS_WEIGHTS_DIR", str(tmp_path))
    assert main(command) == 2
    assert capsys.readouterr().err.strip()


def test_a_model_that_does_not_run_gives_status_2(
    portrait: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_models.restorer.trouble.error = RuntimeError("no kernel")
    assert main(["enhance", str(portrait), str(tmp_path / "out.png")]) == 2
    assert "fake-restorer does not run: no kernel" in capsys.readouterr().err


@pytest.mark.timeout(600)
def test_serve_processes_a_photo_and_stops_at_sigterm(tmp_path: Path) -> None:
    """Run in a process of its own, as a user starts and stops it."""
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
