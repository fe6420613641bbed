"""What is sent again and after how long; plans without a network and with a clock of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.likeness_client import (
    BadPhoto,
    LikenessError,
    QuotaExceeded,
    Refused,
    Retries,
    ServerFault,
    TooLate,
    Unavailable,
    Unreachable,
)
from client.likeness_client.retries import answered
from client.likeness_client.steps import Pause, Send
from tests.client.documents import error

GET, POST = Send("GET", "/x"), Send("POST", "/x")


class Clock:
    """Time passes only in pauses."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.pauses: list[float] = []
        monkeypatch.setattr("client.likeness_client.retries.time.monotonic", lambda: self.now)

    def run(self, send: Send, answers: Sequence[Any], retries: Retries = Retries()) -> Any:  # noqa: B008
        """The result of a plan that gets these answers, the last one again and again; and how many it took."""
        plan, turn = answered(send, retries), 0
        step = next(plan)
        try:
            while True:
                if isinstance(step, Pause):
                    self.now += step.seconds
                    self.pauses.append(step.seconds)
                    step = plan.send(None)
                    continue
                answer = answers[min(turn, len(answers) - 1)]
                turn += 1
                step = plan.throw(answer) if isinstance(answer, Exception) else plan.send(answer)
        except StopIteration as end:
            return end.value, turn


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def says(status: int, body: str = "{}", **headers: str) -> httpx.Response:
    request = httpx.Request("GET", "http://likeness/x")
    return httpx.Response(status, text=body, headers=headers, request=request)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again(clock: Clock, status: int) -> None:
    response, turns = clock.run(POST, [says(status, error()), says(status, error()), says(200)])
    assert (response.status_code, turns) == (200, 3)
    assert 0.125 <= clock.pauses[0] <= 0.25 <= clock.pauses[1] <= 0.5


def test_retry_after_is_respected(clock: Clock) -> None:
    clock.run(GET, [says(503, error(), **{"Retry-After": "7"}), says(200)])
    assert clock.pauses == [7]


def test_a_retry_after_that_is_too_late_is_told_at_once(clock: Clock) -> None:
    with pytest.raises(QuotaExceeded) as caught:
        clock.run(GET, [says(429, error("quota"), **{"Retry-After": "3600"})])
    assert (caught.value.retry_after, clock.pauses) == (3600, [])


def test_the_time_of_all_tries_is_bounded(clock: Clock) -> None:
    with pytest.raises(Unavailable):
        clock.run(GET, [says(503, error())], Retries(attempts=1000, total_s=60))
    assert 40 < sum(clock.pauses) <= 60
    assert max(clock.pauses) <= 8


def test_the_number_of_tries_is_bounded(clock: Clock) -> None:
    with pytest.raises(Unreachable):
        clock.run(GET, [httpx.ReadError("reset")], Retries(attempts=3))
    assert len(clock.pauses) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, Refused),
        (404, Refused),
        (409, Refused),
        (413, BadPhoto),
        (415, BadPhoto),
        (422, BadPhoto),
        (500, ServerFault),
        (504, TooLate),
    ],
)
def test_other_errors_are_final(clock: Clock, status: int, kind: type[LikenessError]) -> None:
    with pytest.raises(kind) as caught:
        clock.run(GET, [says(status, error("c", "A sentence."), **{"Retry-After": "1"}), says(200)])
    found = caught.value
    assert (found.message, found.code, found.stage, found.status, found.request_id) == (
        "A sentence.",
        "c",
        "queue",
        status,
        "r1",
    )
    assert str(found) == "A sentence."
    assert type(found) is kind


@pytest.mark.parametrize(
    "fault",
    [httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.RemoteProtocolError("cut"), httpx.ReadTimeout("")],
)
def test_what_has_no_answer_is_sent_again(clock: Clock, fault: Exception) -> None:
    assert clock.run(POST, [fault, says(200)])[1] == 2


def test_a_proxy_without_its_server_counts_as_no_answer(clock: Clock) -> None:
    assert clock.run(POST, [says(502, "<html>"), says(200)])[1] == 2
    with pytest.raises(ServerFault, match="The server answered 502 Bad Gateway"):
        clock.run(POST, [says(502, "<html>")])


def test_a_repeated_delete_that_finds_nothing_has_done_its_work(clock: Clock) -> None:
    delete = Send("DELETE", "/x")
    assert clock.run(delete, [httpx.ReadError("cut"), says(404, error())])[1] == 2
    with pytest.raises(Refused):
        clock.run(delete, [says(404, error())])


def test_a_redirect_names_the_other_address(clock: Clock) -> None:
    with pytest.raises(ServerFault, match="use that address"):
        clock.run(GET, [says(301, "", Location="https://likeness/x")])


@given(
    text=st.text(max_size=30).filter(lambda text: "\r" not in text and "\n" not in text and "\0" not in text),
    body=st.text(max_size=50),
    status=st.integers(400, 599),
)
def test_no_answer_breaks_the_client(text: str, body: str, status: int) -> None:
    plan = answered(GET, Retries(attempts=1))
    next(plan)
    response = httpx.Response(
        status, text=body, headers=[(b"retry-after", text.encode())], request=httpx.Request("GET", "http://likeness/x")
    )
    with pytest.raises(LikenessError):
        plan.send(response)


@given(attempt=st.integers(1, 1000), wanted=st.none() | st.floats(0, 1000))
def test_no_pause_is_shorter_than_the_server_wants(attempt: int, wanted: float | None) -> None:
    pause = Retries().pause(attempt, wanted)
    assert (wanted or 0) <= pause <= max(8, wanted or 0)
