"""The pages work without any other host, under their own policy, also in a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.app.server import Likeness
from tests.app.test_content_security import hash_of, sources

CHROMIUM = shutil.which("chromium")


def test_the_root_leads_to_the_documentation(likeness: Likeness) -> None:
    response = likeness.client.get("/")
    assert (response.status_code, response.headers["location"]) == (307, "/docs")


def test_the_page_loads_nothing_from_elsewhere(likeness: Likeness) -> None:
    page = likeness.client.get("/docs")
    assert page.status_code == 200
    wanted = re.findall(r"(?:src|href)=\"(.+?)\"", page.text)
    assert len(wanted) == 3
    for address in wanted:
        assert address.startswith("/docs/static/")
        assert likeness.client.get(address).status_code == 200
    assert not re.search(r"https?://|//[a-z]", page.text)
    assert '"validatorUrl": null' in page.text


def test_its_policy_names_its_one_script(likeness: Likeness) -> None:
    page = likeness.client.get("/docs")
    (script,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    policy = page.headers["content-security-policy"]
    assert sources(policy)["script-src"] == ["'self'", hash_of(script)]
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect", "/docs/static/", "/docs/static/../core.py"])
def test_there_is_nothing_else(likeness: Likeness, path: str) -> None:
    assert likeness.client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/static/swagger-ui.css"])
def test_pages_answer_head(likeness: Likeness, path: str) -> None:
    head, whole = likeness.client.head(path), likeness.client.get(path)
    assert head.status_code == whole.status_code
    assert head.headers.get("content-length") == whole.headers.get("content-length")
    assert head.content == b""


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
def test_a_browser_shows_every_operation(likeness: Likeness, tmp_path: Path) -> None:
    command = [
        str(CHROMIUM),
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        f"--user-data-dir={tmp_path}",
        *("--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom"),
        f"http://127.0.0.1:{likeness.port}/docs",
    ]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    document = likeness.client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert f'opblock-{method}"' in shown.stdout
            assert f'data-path="{path}"' in shown.stdout
            assert operation["operationId"] in shown.stdout
    complaints = [line for line in shown.stderr.splitlines() if "CONSOLE" in line]
    assert complaints == []
