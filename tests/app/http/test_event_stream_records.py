"""What metrics and log record of photos that were answered by an event stream."""

from __future__ import annotations

import logging

import pytest

from tests.app.exposition import counted
from tests.app.fakes import FakeModels
from tests.app.http.event_clients import all_events
from tests.app.server import ENHANCE, serving


def test_metrics_and_log_record_the_outcome_of_each_photo(fakes: FakeModels, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "likeness.requests")
    with serving(fakes, log_level="info") as server:
        all_events(server)
        fakes.restorer.trouble.error = MemoryError()
        all_events(server)
        found = counted(server, "likeness_requests_total", route=ENHANCE, status="503")
    assert found("likeness_requests_total", route=ENHANCE, status="200") == 1
    assert found("likeness_refusals_total", code="out_of_memory") == 1
    assert found("likeness_out_of_memory_total", outcome="refused") == 1
    assert found("likeness_faces_total", action="restored") == 1
    assert found("likeness_queue_wait_seconds_count") == 2
    done, failed = (vars(record) for record in caplog.records if getattr(record, "route", "") == ENHANCE)
    assert (done["status"], done["faces"], done["levelno"]) == (200, 1, logging.INFO)
    assert "answer" in done["timings_ms"]
    assert (failed["status"], failed["code"], failed["stage"]) == (503, "out_of_memory", "restoration")
    assert failed["levelno"] == logging.WARNING
    assert failed["bytes_out"] > 100
