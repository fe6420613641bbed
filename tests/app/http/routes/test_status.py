"""The status of the server."""

from __future__ import annotations

from app.http.schemas.state import Status
from tests.app.server import STATUS, Likeness


def test_status_has_slots_queue_memory_and_device(likeness: Likeness) -> None:
    response = likeness.client.get(STATUS)
    assert response.status_code == 200
    found = response.json()
    Status.model_validate(found, strict=True)
    assert set(found) == {
        "version",
        "uptime_s",
        "ready",
        "slots",
        "slots_in_use",
        "queue_size",
        "queue_length",
        "memory",
        "device",
        "jobs",
        "queues",
        "workers",
        "sweeps",
    }
    assert (found["slots"], found["slots_in_use"], found["queue_size"], found["queue_length"]) == (1, 0, 8, 0)
    assert 0 < found["memory"]["resident"] < found["memory"]["total"]
    assert 0 < found["memory"]["available"] <= found["memory"]["total"]
    assert set(found["device"]) == {"device", "name", "dtype"}
