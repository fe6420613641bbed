"""What the browser app's client is made of is what the application says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.__main__ import main

DOCUMENT = Path(__file__).parents[2] / "web" / "openapi.json"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """What `python -m app openapi` prints; settings that would change what is served change nothing."""
    monkeypatch.setenv("LIKENESS_API_KEYS", f"shop:{'0a' * 32}")
    monkeypatch.setenv("LIKENESS_RATE_LIMIT", "1/minute")
    monkeypatch.setenv("LIKENESS_RESTORER", "gfpgan-v1.4")  # which is not here
    assert main(["openapi"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_document_of_the_browser_app_is_that_of_the_application(said: Any) -> None:
    is_current = json.loads(DOCUMENT.read_text(encoding="utf-8")) == said  # apart: the difference may be pages long
    assert is_current, "web/openapi.json is out of date: run `make web-api`"


def test_it_describes_the_service_as_it_comes(said: Any) -> None:
    assert {"/api/v1/enhance", "/api/v1/config"} <= set(said["paths"])
    assert "securitySchemes" not in said["components"]
