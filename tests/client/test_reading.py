"""Answers become dataclasses, or an error that says what they are not."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.likeness_client import Batch, Job, Report, ServerFault
from client.likeness_client.reading import read
from tests.client.documents import REPORT, TIME, job

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


def answer(body: Any) -> httpx.Response:
    return httpx.Response(200, json=body, request=httpx.Request("GET", "http://likeness/x"))


def test_a_job_is_read_with_its_times_and_its_error() -> None:
    error = {"error": "No face.", "stage": "detection", "code": "no_face_detected", "status": 422}
    found = read(Job, answer(job("failed", error=error, started_at=TIME, of_a_newer_server=1)))
    assert found.started_at == datetime(2026, 11, 28, 1, 57, 8, 482014, tzinfo=UTC)
    assert found.finished_at is None
    assert found.error is not None
    assert (found.error.error, found.error.status, found.is_over) == ("No face.", 422, True)


def test_a_batch_is_over_when_its_jobs_are() -> None:
    def batch(**counts: int) -> Batch:
        body = {"id": "b", "created_at": TIME, "expires_at": TIME, "counts": counts, "jobs": [job()]}
        return read(Batch, answer(body))

    assert batch(succeeded=1, failed=2, queued=0).is_over
    assert not batch(succeeded=1, running=1).is_over
    assert batch(queued=1).jobs[0].state == "queued"


@pytest.mark.parametrize("name", sorted(REPORT.keys() - {"warning"}))
def test_a_report_without_one_of_its_parts_is_told(name: str) -> None:
    body = {key: value for key, value in REPORT.items() if key != name}
    with pytest.raises(ServerFault, match="not one of Likeness"):
        read(Report, answer(body))


@given(body=JSON, place=st.sampled_from([*job()]), value=JSON)
def test_no_document_breaks_the_client(body: Any, place: str, value: Any) -> None:
    for document in (body, job(**{place: value})):
        found = None
        with suppress(ServerFault):
            found = read(Job, answer(document))
        assert found is None or isinstance(found, Job)
