"""The record of a request: its figures about queue, stages and warnings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.types import Scope

from app.observe.request_record import RequestRecord, record_of
from app.work.report import WarningOut
from pipeline.run import Run
from tests.app import samples


def test_a_request_without_a_photo_has_no_figures_of_one() -> None:
    record = RequestRecord()
    assert (record.queue_seconds, record.stage_seconds, record.warnings) == (None, {}, [])


def test_a_photo_that_is_not_admitted_yet_has_no_time_in_the_queue() -> None:
    assert RequestRecord(run=Run()).queue_seconds is None


def test_time_in_the_queue_is_no_stage_of_work() -> None:
    run = Run()
    for name, seconds in (("queue", 0.25), ("decode", 0.5), ("queue", 0.75), ("metrics", 1.0), ("metrics", 2.0)):
        run.record(name, seconds)
    record = RequestRecord(run=run)
    assert record.queue_seconds == pytest.approx(1.0)
    assert record.stage_seconds == pytest.approx({"decode": 0.5, "metrics": 3.0})


def test_a_running_stage_counts_until_now() -> None:
    run = Run()
    with run.stage("detection"):
        first = RequestRecord(run=run).stage_seconds["detection"]
        second = RequestRecord(run=run).stage_seconds["detection"]
    assert 0 <= first <= second <= RequestRecord(run=run).stage_seconds["detection"]


def test_warnings_are_the_codes_of_the_report() -> None:
    report = replace(samples.report(), warnings=[WarningOut("first", "A sentence."), WarningOut("second", "Another.")])
    assert RequestRecord(report=report).warnings == ["first", "second"]


def test_a_scope_keeps_its_record() -> None:
    scope: Scope = {"type": "http"}
    record = record_of(scope)
    record.code = "overloaded"
    assert record_of(scope) is record
    assert record_of({"type": "http"}) == RequestRecord()
