from __future__ import annotations

from tests.app.server import Likeness


def test_the_text_format(likeness: Likeness) -> None:
    response = likeness.client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE likeness_requests_total counter" in response.text
    assert response.text.endswith("\n")


def test_it_is_not_part_of_the_interface(likeness: Likeness) -> None:
    assert "/metrics" not in likeness.client.get("/openapi.json").json()["paths"]
