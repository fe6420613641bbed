"""The error document of a refused request."""

from __future__ import annotations

from typing import Any

import httpx


def assert_refused(response: httpx.Response, status: int, code: str, stage: str) -> str:
    """Check the status and the error document, and return its sentence."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert set(body) == {"error", "stage", "code", "request_id"}
    assert (body["code"], body["stage"]) == (code, stage)
    assert body["request_id"] == response.headers["x-request-id"]
    sentence: str = body["error"]
    assert len(sentence) > 10
    assert sentence.endswith(".")
    assert not {"Traceback", "Error(", "/work", "site-packages"} & set(sentence.split())
    return sentence
