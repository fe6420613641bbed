"""The examples of the README and of the page about jobs do what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app import samples
from tests.app.http.job_clients import JOBS, keeping
from tests.app.server import Likeness

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ABOUT_JOBS = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")
CLIENT_README = (ROOT / "client" / "README.md").read_text(encoding="utf-8")
PICTURE = "docs/pictures/small-noisy.jpg"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Likeness]:
    with keeping(tmp_path_factory.mktemp("data")) as likeness:
        yield likeness


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the examples read."""
    (tmp_path / PICTURE).parent.mkdir(parents=True)
    for name in (PICTURE, "photo.jpg"):
        shutil.copy(ROOT / PICTURE, tmp_path / name)
    return tmp_path


def examples(document: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document, flags=re.MULTILINE | re.DOTALL)


def run(command: list[str], code: str, server: Likeness, folder: Path) -> None:
    file = folder / ("example.mjs" if command[0] == "node" else "example.py")
    file.write_text(code.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{server.port}"), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "client")}
    done = subprocess.run([*command, file], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("example", examples(README, "python"))
def test_the_python_example_restores_a_photo(example: str, server: Likeness, folder: Path) -> None:
    assert "likeness_client" in example
    run([sys.executable], example, server, folder)
    assert samples.opened((folder / "restored.png").read_bytes()).size == (512, 512)


def test_the_client_s_examples_work(server: Likeness, folder: Path) -> None:
    first, jobs = examples(CLIENT_README, "python")
    run([sys.executable], first, server, folder)
    assert samples.opened((folder / "restored.png").read_bytes()).size == (512, 512)
    run([sys.executable], f"from likeness_client import Client\n{jobs}", server, folder)
    assert samples.opened((folder / "restored.jpg").read_bytes()).format == "JPEG"
    assert server.client.get(JOBS).json()["jobs"] == []


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
@pytest.mark.parametrize("example", [*examples(README, "js"), *examples(ABOUT_JOBS, "js")])
def test_the_javascript_examples_restore_a_photo(example: str, server: Likeness, folder: Path) -> None:
    run(["node"], example, server, folder)
    assert samples.opened((folder / "restored.png").read_bytes()).size == (512, 512)
    assert server.client.get(JOBS).json()["jobs"] == []
