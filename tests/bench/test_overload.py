"""The report on a server under overload, from made-up figures; and one real run of some seconds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench import overload
from bench.burst import Reply, summary
from bench.overload import Observation
from tests.load.arrivals import Outcome

GOOD = [Outcome(0, 200, "a", ""), Outcome(1, 200, "b", ""), Outcome(0, 503, "", "busy")]
CALM = [Observation(number / 2, 4.0, 900.0 + number % 60, 0.002) for number in range(600)]


def verdict(
    outcomes: list[Outcome] = GOOD,
    observations: list[Observation] = CALM,
    lag: float = 0.01,
    expected: tuple[str, ...] = ("a", "b"),
) -> int:
    return overload.report(outcomes, expected, observations, lag, 1000)


def test_a_server_that_keeps_all_limits(capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict() == 0
    said = capsys.readouterr().out
    assert said.count("ok  ") == 5
    assert "{200: 2, 503: 1}" in said


@pytest.mark.parametrize("status", [500, 504, 429, None])
def test_any_answer_but_200_and_503_is_a_fault(status: int | None) -> None:
    assert verdict([*GOOD, Outcome(0, status, "", "")]) == 1


def test_another_photos_pixels_are_a_fault() -> None:
    assert verdict([*GOOD, Outcome(0, 200, "b", "")]) == 1


def test_nothing_done_is_a_fault() -> None:
    assert verdict([Outcome(0, 503, "", "busy")]) == 1


def test_a_queue_over_its_limit_is_a_fault() -> None:
    assert verdict(observations=[*CALM, replace(CALM[-1], queue_length=5.0)]) == 1


def test_memory_that_grows_is_a_fault_and_what_a_photo_takes_is_not() -> None:
    assert verdict(observations=[replace(CALM[0], resident_mb=500.0), *CALM[1:]]) == 0
    assert verdict(observations=[replace(seen, resident_mb=900.0 + seen.second / 4) for seen in CALM]) == 1


def test_an_event_loop_that_lags_is_a_fault() -> None:
    assert verdict(lag=0.1) == 1


def test_the_summary_of_a_burst() -> None:
    replies = [Reply(200, False, 2.0)] * 5 + [Reply(503, True, 0.02)] * 14 + [Reply(503, False, 0.03)]
    said = summary(replies, [0.001, 0.04])
    assert "{200: 5, 503: 15}; 14 with Retry-After, slowest refusal after 30 ms; /live at most 40 ms of 2 times" in said


@pytest.mark.alone
def test_a_real_server(capsys: pytest.CaptureFixture[str]) -> None:
    """Only the limits that a slow machine cannot break: how many photos are done, and their pixels."""
    overload.main(["--minutes", "0.1"])
    said = capsys.readouterr().out
    assert "20 at once: {200: 5, 503: 15}; 15 with Retry-After" in said
    for held in ("all others 503", "0 pictures with wrong pixels", "queue at most"):
        (line,) = [line for line in said.splitlines() if held in line]
        assert line.startswith("ok"), said
