"""A folder of weights that cannot be read: the start ends with a sentence, before a model is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.__main__ import main
from pipeline.models.catalogue.registry import REGISTRY

ROOT = Path(__file__).resolve().parents[3]
# The superuser reads every folder. So the process becomes another user, once it has imported what it needs, and names
# the folder by a relative path, since the folders above it belong to the superuser.
WITHOUT_RIGHTS = """
import encodings.idna, os, sys
import app.connection.listening, app.work.selection
from app.__main__ import main
os.chdir(sys.argv[1])
if os.geteuid() == 0:
    os.setuid(65534)
sys.exit(main(sys.argv[2:]))
"""
OFFICIAL = next(model for model in REGISTRY if model.name == "retinaface-mobilenet0.25")


def without_rights(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command in this folder, by a user to whom nothing belongs."""
    folder.chmod(0o755)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/",
        "PYTHONPATH": str(ROOT),
        "LIKENESS_DEVICE": "cpu",
        **settings,
    }
    command = [sys.executable, "-c", WITHOUT_RIGHTS, str(folder), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "weights"
    made.mkdir()
    return made


@pytest.mark.parametrize("mode", [0o000, 0o111, 0o444])
def test_a_folder_without_permission_stops_the_start(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    done = without_rights(folder.parent, "serve", "--port=0", LIKENESS_WEIGHTS_DIR="weights")
    folder.chmod(0o700)
    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("LIKENESS_WEIGHTS_DIR: weights cannot be read: ")


def test_a_file_without_permission_stops_the_start(folder: Path) -> None:
    folder.chmod(0o755)
    file = folder / OFFICIAL.file
    with file.open("wb") as stream:
        stream.truncate(OFFICIAL.bytes)
    file.chmod(0)
    settings = {"LIKENESS_WEIGHTS_DIR": "weights", "LIKENESS_DETECTOR": OFFICIAL.name}
    done = without_rights(folder.parent, "serve", "--port=0", **settings)
    assert done.returncode == 2
    assert f"{OFFICIAL.name}: weights/{OFFICIAL.file} cannot be read: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["serve", "--port=0"], ["enhance", "in.png", "out.png"], ["models", "list"]])
def test_a_folder_that_leads_to_itself_stops_every_command(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    monkeypatch.setenv("LIKENESS_WEIGHTS_DIR", str(loop))
    assert main(command) == 2
    sentence = f"LIKENESS_WEIGHTS_DIR: {loop} cannot be read: Too many levels of symbolic links"
    assert capsys.readouterr().err.startswith(sentence)
