"""The examples of the documents do what they say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app import samples
from tests.app.http.job_clients import JOBS, keeping
from tests.app.server import Likeness
from tests.markdown import FOR_USERS, ROOT, examples_of

PICTURE = "docs/pictures/small-noisy.jpg"
# Those of other hosts cannot be run here, and a batch needs somebody who waits for its end.
WITH_CURL = [
    example
    for name in ("README.md", "docs/api.md")
    for example in examples_of(name, "sh")
    if "curl" in example and "example.org" not in example
]


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


def run(command: list[str], code: str, server: Likeness, folder: Path) -> str:
    """What the example prints."""
    file = folder / ("example.mjs" if command[0] == "node" else "example")
    file.write_text(code.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{server.port}"), encoding="utf-8")
    (folder / ".curlrc").write_text("fail-with-body\n")  # an answer that is an error ends the example
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "client"), "CURL_HOME": str(folder)}
    done = subprocess.run([*command, file], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
@pytest.mark.parametrize("example", WITH_CURL)
def test_the_examples_with_curl_restore_a_photo(example: str, server: Likeness, folder: Path) -> None:
    """A server runs already, so the line that starts one is left out."""
    code = "".join(line for line in example.splitlines(keepends=True) if not line.endswith("make run\n"))
    said = run(["sh", "-e"], code, server, folder)
    if "text/event-stream" in example:
        assert said.count("event: result") == 1, said
    if " -o " in example or "-OJ" in example or "open(" in example:
        (picture,) = {*folder.glob("restored.*"), *folder.glob("photo*.png")}
        assert samples.opened(picture.read_bytes()).size == (512, 512)
    assert server.client.get(JOBS).json()["jobs"] == []


@pytest.mark.parametrize("example", [*examples_of("README.md", "python"), *examples_of("docs/api.md", "python")])
def test_the_python_example_restores_a_photo(example: str, server: Likeness, folder: Path) -> None:
    assert "likeness_client" in example
    run([sys.executable], example, server, folder)
    assert samples.opened((folder / "restored.png").read_bytes()).size == (512, 512)


def test_the_client_s_examples_work(server: Likeness, folder: Path) -> None:
    first, jobs = examples_of("client/README.md", "python")
    run([sys.executable], first, server, folder)
    assert samples.opened((folder / "restored.png").read_bytes()).size == (512, 512)
    run([sys.executable], f"from likeness_client import Client\n{jobs}", server, folder)
    assert samples.opened((folder / "restored.jpg").read_bytes()).format == "JPEG"
    assert server.client.get(JOBS).json()["jobs"] == []


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
@pytest.mark.parametrize("example", [example for name in FOR_USERS for example in examples_of(name, "js")])
def test_the_javascript_examples_restore_a_photo(example: str, server: Likeness, folder: Path) -> None:
    run(["node"], example, server, folder)
    assert samples.opened((folder / "restored.png").read_bytes()).size == (512, 512)
    assert server.client.get(JOBS).json()["jobs"] == []
