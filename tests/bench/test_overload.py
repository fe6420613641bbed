"""The verdicts on a server under more than it can carry; and once for real, for some seconds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench import overload
from bench.burst import Reply, told
from bench.overload import Look
from tests.load.arrivals import Outcome

GOOD = [Outcome(0, 200, "a", ""), Outcome(1, 200, "b", ""), Outcome(0, 503, "", "busy")]
CALM = [Look(number / 2, 4.0, 900.0 + number % 60, 0.002) for number in range(600)]


def verdict(
    outcomes: list[Outcome] = GOOD, looks: list[Look] = CALM, lag: float = 0.01, expected: tuple[str, ...] = ("a", "b")
) -> int:
    return overload.report(outcomes, expected, looks, lag, 1000)


def test_what_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict() == 0
    said = capsys.readouterr().out
    assert said.count("ok  ") == 5
    assert "{200: 2, 503: 1}" in said


@pytest.mark.parametrize("status", [500, 504, 429, None])
def test_any_answer_but_yes_and_busy_is_a_fault(status: int | None) -> None:
    assert verdict([*GOOD, Outcome(0, status, "", "")]) == 1


def test_another_photos_pixels_are_a_fault() -> None:
    assert verdict([*GOOD, Outcome(0, 200, "b", "")]) == 1


def test_nothing_done_is_a_fault() -> None:
    assert verdict([Outcome(0, 503, "", "busy")]) == 1


def test_a_queue_beyond_its_bound_is_a_fault() -> None:
    assert verdict(looks=[*CALM, replace(CALM[-1], queue_length=5.0)]) == 1


def test_memory_that_grows_is_a_fault_and_what_a_photo_takes_is_not() -> None:
    assert verdict(looks=[replace(CALM[0], resident_mb=500.0), *CALM[1:]]) == 0
    assert verdict(looks=[replace(look, resident_mb=900.0 + look.second / 4) for look in CALM]) == 1


def test_an_event_loop_that_lags_is_a_fault() -> None:
    assert verdict(lag=0.1) == 1


def test_a_burst_in_a_line() -> None:
    replies = [Reply(200, False, 2.0)] * 5 + [Reply(503, True, 0.02)] * 14 + [Reply(503, False, 0.03)]
    said = told(replies, [0.001, 0.04])
    assert "{200: 5, 503: 15}; 14 with Retry-After, the slowest no after 30 ms; /live at most 40 ms of 2 times" in said


def test_for_real(capsys: pytest.CaptureFixture[str]) -> None:
    """The bounds that a busy machine cannot break: how many are served, and with which pixels."""
    overload.main(["--minutes", "0.1"])
    said = capsys.readouterr().out
    assert "20 at once: {200: 5, 503: 15}; 15 with Retry-After" in said
    for held in ("and else only 503", "0 pictures with wrong pixels", "queue at most"):
        (line,) = [line for line in said.splitlines() if held in line]
        assert line.startswith("ok"), said
