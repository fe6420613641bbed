"""`python -m app check`: all settings and all faults at once, without secrets and without loading a model."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import torch

from app.__main__ import main
from app.settings import Settings
from tests.app.server import NO_WEBSITE

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_PORT", "0")


def rows(out: str) -> dict[str, list[str]]:
    """Setting → value and source, of the first table."""
    table = out.split("\n\n", 1)[0].splitlines()[1:]
    return {name: cells for name, *cells in (re.split(" {2,}", line) for line in table)}


def test_right_settings_are_listed_with_their_sources(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_SLOTS", "2")
    monkeypatch.setenv("LIKENESS_QUEUE_SIZE", "")
    monkeypatch.setenv("LIKENESS_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("LIKENESS_RATE_LIMIT", "60/minute")
    assert main(["check"]) == 0
    said = capsys.readouterr()
    found = rows(said.out)
    assert list(found) == [f"LIKENESS_{name.upper()}" for name in Settings.model_fields]
    assert found["LIKENESS_SLOTS"] == ["2", "environment"]
    assert found["LIKENESS_QUEUE_SIZE"] == ["8", "default"]
    assert found["LIKENESS_DEADLINE_S"] == ["180", "default"]
    assert found["LIKENESS_API_KEYS"] == ["(empty)", "default"]
    assert found["LIKENESS_RATE_LIMIT"] == ["60/minute", "environment"]
    assert "would listen on 127.0.0.1, port 0" in said.out
    assert said.err == ""


def test_the_models_that_would_be_used_are_listed(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weights_dir.mkdir()
    monkeypatch.setenv("LIKENESS_PARSER", "none")
    monkeypatch.setenv("LIKENESS_LICENCES", "commercial")
    (weights_dir / "GFPGANv1.4.pth").touch()
    assert main(["check"]) == 0
    table = capsys.readouterr().out.split("\n\n")[1]
    lines = [line.split() for line in table.splitlines()]
    assert ["restorer", "portrait-face", "compact-face"] in lines
    assert ["upscaler", "compact-x2,", "compact-x4", "-"] in lines
    assert ["parser", "none", "-"] in lines
    assert "LIKENESS_LICENCES=commercial refuses gfpgan-v1.4" in table


def test_every_fault_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        for name, text in {
            "API_KEY": "canary",
            "DRAIN_S": "1e30",
            "WEB_DIR": "/etc/passwd",
            "RESTORER": "bug",
            "PORT": str(server.getsockname()[1]),
        }.items():
            monkeypatch.setenv(f"LIKENESS_{name}", text)
        assert main(["check"]) == 2
    said = capsys.readouterr()
    assert [line.split(":")[0].split(",")[0] for line in said.err.splitlines()] == [
        "LIKENESS_WEB_DIR",
        "LIKENESS_DRAIN_S",
        "LIKENESS_API_KEY",
        "LIKENESS_RESTORER",
        "Nothing can listen on 127.0.0.1",
    ]
    assert "the nearest name is LIKENESS_API_KEYS" in said.err
    assert rows(said.out)["LIKENESS_WEB_DIR"] == ["/etc/passwd", "environment"]
    assert "All is right" not in said.out
    assert "canary" not in said.out + said.err


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("API_KEYS", f"shop:{'ca' * 32}", "shop:***"),
        ("API_KEYS", "shop:canary", "(not shown)"),
        ("RATE_LIMIT_STORAGE", "redis://:canary@cache:6379", "redis://***@cache:6379"),
        ("RATE_LIMIT_STORAGE", "redis://:canary@cache", "(not shown)"),
        ("MODELS_MIRROR", "https://user:canary@mirror.example.org", "https://***@mirror.example.org"),
        ("MODELS_MIRROR", "user:canary@mirror.example.org", "(not shown)"),
        ("CORS_ORIGINS", "https://user:canary@app.example.org", "https://***@app.example.org"),
    ],
)
def test_no_secret_is_shown(
    name: str, text: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"LIKENESS_{name}", text)
    main(["check"])
    said = capsys.readouterr()
    assert rows(said.out)[f"LIKENESS_{name}"] == [shown, "environment"]
    assert "canary" not in said.out + said.err
    assert "caca" not in said.out + said.err


@pytest.mark.parametrize(
    ("name", "text", "unsaid"), [("HOST", "*", "Nothing can listen"), ("WEIGHTS_DIR", __file__, "there is no restorer")]
)
def test_what_follows_from_a_wrong_setting_is_not_told_too(
    name: str, text: str, unsaid: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"LIKENESS_{name}", text)
    monkeypatch.setenv("LIKENESS_RESTORER", "bug" if name == "WEIGHTS_DIR" else "compact-face")
    assert main(["check"]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith(f"LIKENESS_{name}: ")
    assert unsaid not in sentence


def test_a_named_folder_of_weights_must_exist(weights_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 2
    assert f"LIKENESS_WEIGHTS_DIR: {weights_dir} does not exist" in capsys.readouterr().err


def test_it_does_not_import_torch() -> None:
    """It would take seconds."""
    code = "import sys; from app.__main__ import main; main(['check']); sys.exit('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"LIKENESS_WEB_DIR": str(NO_WEBSITE)}, check=False
    )
    assert done.returncode == 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_told_as_serve_tells_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_DEVICE", "cuda")
    statuses = [main(["check"]), main(["serve"])]
    assert statuses == [2, 2]
    assert capsys.readouterr().err.count("LIKENESS_DEVICE=cuda, but torch finds no CUDA device.") == 2


def test_a_terminal_without_unicode_gets_escapes() -> None:
    environment = {"PYTHONIOENCODING": "ascii", "LIKENESS_WEB_DIR": str(NO_WEBSITE), "LIKENESS_HOSTS": "\xe4"}
    done = subprocess.run(
        [sys.executable, "-m", "app", "check"], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "LIKENESS_HOSTS: \\xe4 is not a host name" in done.stderr
