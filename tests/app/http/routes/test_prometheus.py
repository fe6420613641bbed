"""`/metrics` in the text format of Prometheus."""

from __future__ import annotations

from tests.app.server import Likeness


def test_metrics_are_in_prometheus_text_format(likeness: Likeness) -> None:
    response = likeness.client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE likeness_requests_total counter" in response.text
    assert response.text.endswith("\n")


def test_metrics_are_not_in_the_openapi_document(likeness: Likeness) -> None:
    assert "/metrics" not in likeness.client.get("/openapi.json").json()["paths"]
