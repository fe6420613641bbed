"""What stops `serve` and the other commands: with a sentence and status 2, before any model is read."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.__main__ import main
from tests.app.commands.refused import refused

COMMANDS = (["serve"], ["enhance", "in.png", "out.png"], ["models", "list"], ["keys", "new", "shop"], ["openapi"])


@pytest.fixture
def _no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise AssertionError("the models were looked at")

    for module in ("serve", "photos", "models"):
        monkeypatch.setattr(f"app.commands.{module}.{'choose' if module == 'models' else 'select'}", fail)


@pytest.mark.usefixtures("_no_models")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("API_KEY", "canary", "LIKENESS_API_KEY: there is no such setting; the nearest name is LIKENESS_API_KEYS.\n"),
        ("WEB_DIR", "/etc/passwd", "LIKENESS_WEB_DIR: /etc/passwd is not a folder (it is '/etc/passwd').\n"),
    ],
)
def test_every_command_stops_with_the_same_sentence(
    command: list[str],
    name: str,
    text: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(f"LIKENESS_{name}", text)
    assert main(command) == 2
    assert capsys.readouterr().err == sentence


@pytest.mark.usefixtures("_no_models")
def test_a_port_in_use_stops_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    assert capsys.readouterr().err.startswith(f"Nothing can listen on 127.0.0.1, port {port}: Address already in use")


@pytest.mark.usefixtures("_no_models")
def test_a_host_that_cannot_be_resolved_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def look_up(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setenv("LIKENESS_HOST", "likeness.invalid")
    assert main(["serve"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == "likeness.invalid cannot be resolved: Name or service not known (LIKENESS_HOST)."


@pytest.mark.parametrize("host", ["", " ", "http://127.0.0.1", "[::1]"])
def test_a_host_on_the_command_line_must_be_one(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "neither an IP address nor the name of a host" in refused(["serve", f"--host={host}"], capsys)


@pytest.mark.parametrize("command", [["serve", "--port=0"], ["enhance", "in.png", "out.png"]])
def test_a_named_folder_of_weights_must_exist(
    command: list[str], weights_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == 2
    assert f"LIKENESS_WEIGHTS_DIR: {weights_dir} does not exist" in capsys.readouterr().err


@pytest.mark.usefixtures("weights_dir")
def test_models_are_listed_before_the_folder_of_weights_is_made() -> None:
    assert main(["models", "list"]) == 0
