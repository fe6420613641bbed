"""The reports on refusals and shares, from made-up figures; tests/load/test_fairness.py asks a server."""

from __future__ import annotations

import pytest

from bench import crowd
from bench.crowd import FLOODING, POLITE, Asked


def refusals(*seconds: float) -> list[Asked]:
    return [Asked(FLOODING, 200, 2.0), *(Asked(FLOODING, 503, each) for each in seconds)]


def photos(flooding: int, polite: int) -> list[Asked]:
    return [Asked(FLOODING, 200, 1.0)] * flooding + [Asked(POLITE, 200, 1.0)] * polite + refusals(0.01)[1:]


def test_fast_refusals(capsys: pytest.CaptureFixture[str]) -> None:
    assert crowd.report_refusals(refusals(*[0.01] * 99, 0.3), [0.002, 0.02, 0.03]) == 0
    assert (
        "ok    100 clients: {200: 1, 503: 100}; refusals: median 10 ms, 99 % under 10 ms, slowest 300 ms; "
        "/live: median 20 ms, slowest 30 ms"
    ) in capsys.readouterr().out


def test_slow_refusals_and_other_answers_are_faults() -> None:
    assert crowd.report_refusals(refusals(*[0.01] * 90, *[0.3] * 10), [0.002]) == 1
    assert crowd.report_refusals([*refusals(0.01), Asked(FLOODING, 500, 0.01)], [0.002]) == 1


def test_the_part_of_the_polite_client(capsys: pytest.CaptureFixture[str]) -> None:
    assert crowd.report_shares(photos(flooding=50, polite=10)) == 0
    assert "50 photos, 1 refusals; a polite client at another: 10 photos, 0 refusals; its fair share is 30" in (
        capsys.readouterr().out
    )
    assert crowd.report_shares(photos(flooding=51, polite=9)) == 1
    assert crowd.report_shares([]) == 1


@pytest.mark.parametrize(("head", "seconds"), [(b"HTTP/1.1 503\r\nRetry-After: 7\r\n\r\n", 7.0), (b"\r\n\r\n", 0.0)])
def test_what_a_head_tells_its_client_to_wait(head: bytes, seconds: float) -> None:
    assert crowd.retry_after(head) == seconds
