"""The pages load nothing from other hosts and comply with their content security policy, also in Chromium."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.app import export
from tests.app.fakes import FakeModels
from tests.app.http.test_content_security import hash_of, sources
from tests.app.server import Likeness, serving

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


def test_without_an_app_the_root_redirects_to_the_documentation(likeness: Likeness) -> None:
    response = likeness.client.get("/")
    assert (response.status_code, response.headers["location"]) == (307, "/docs")


def test_the_page_loads_nothing_from_other_hosts(likeness: Likeness) -> None:
    page = likeness.client.get("/docs")
    assert page.status_code == 200
    wanted = re.findall(r"(?:src|href)=\"(.+?)\"", page.text)
    assert len(wanted) == 3
    for address in wanted:
        assert address.startswith("/docs/static/")
        assert likeness.client.get(address).status_code == 200
    assert not re.search(r"https?://|//[a-z]", page.text)
    assert '"validatorUrl": null' in page.text


def test_the_policy_of_the_page_names_its_script_by_hash(likeness: Likeness) -> None:
    page = likeness.client.get("/docs")
    (script,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    policy = page.headers["content-security-policy"]
    assert sources(policy)["script-src"] == ["'self'", hash_of(script)]
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect", "/docs/static/", "/docs/static/../core.py"])
def test_other_documentation_paths_do_not_exist(likeness: Likeness, path: str) -> None:
    assert likeness.client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/static/swagger-ui.css"])
def test_head_has_the_status_and_length_of_get(likeness: Likeness, path: str) -> None:
    head, whole = likeness.client.head(path), likeness.client.get(path)
    assert head.status_code == whole.status_code
    assert head.headers.get("content-length") == whole.headers.get("content-length")
    assert head.content == b""


def shown(page: str, profile: Path, *options: str) -> tuple[str, list[str]]:
    """The DOM of a page in Chromium, and the errors on its console."""
    command = [
        str(CHROMIUM),
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        f"--user-data-dir={profile}",
        *options,
        *("--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom"),
        page,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@needs_chromium
def test_a_browser_shows_every_operation(likeness: Likeness, tmp_path: Path) -> None:
    page, complaints = shown(f"http://127.0.0.1:{likeness.port}/docs", tmp_path)
    document = likeness.client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert f'opblock-{method}"' in page
            assert f'data-path="{path}"' in page
            assert operation["operationId"] in page
    assert complaints == []


@needs_chromium
def test_a_browser_runs_the_app(tmp_path: Path) -> None:
    with serving(FakeModels(), web_dir=export.export(tmp_path / "out")) as server:
        page, complaints = shown(f"http://127.0.0.1:{server.port}/", tmp_path / "profile")
    assert 'data-ran="2 pieces, rgb(1, 2, 3)"' in page
    assert complaints == []


@needs_chromium
def test_a_browser_does_not_run_an_injected_script(tmp_path: Path) -> None:
    folder = export.export(tmp_path / "out")
    (folder / export.SCRIPT.lstrip("/")).write_text(
        """const script = document.createElement("script");
        script.textContent = "document.body.dataset.ran = 'injected'";
        addEventListener("load", () => document.body.append(script));""",
        encoding="utf-8",
    )
    with serving(FakeModels(), web_dir=folder) as server:
        page, complaints = shown(f"http://127.0.0.1:{server.port}/", tmp_path / "profile")
    assert "data-ran" not in page
    assert len(complaints) == 1
    assert "Content Security Policy" in complaints[0]
