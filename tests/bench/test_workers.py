from __future__ import annotations

import pytest

from bench.workers import Worker, WorkerDied, in_turns

TINY = "tests.bench.contestant"


def test_contestants_take_turns_and_keep_their_state() -> None:
    with Worker("one", TINY, {"step": 1}) as one, Worker("ten", TINY, {"step": 10}) as ten:
        answers = in_turns({"one": one, "ten": ten}, 3, "add", times=2)
        assert one.ask("add") == {"total": 7}
    assert answers == {
        "one": [{"total": 2}, {"total": 4}, {"total": 6}],
        "ten": [{"total": 20}, {"total": 40}, {"total": 60}],
    }


def test_the_error_for_a_dead_worker_has_its_name_and_its_stderr() -> None:
    with Worker("tiny", TINY, {"step": 1}) as worker:
        with pytest.raises(WorkerDied, match=r"(?s)^tiny ended with status 1:.*what went wrong.*on purpose"):
            worker.ask("fail")
        with pytest.raises(WorkerDied):  # the process does not come back
            worker.ask("add")


def test_a_worker_that_cannot_load_is_an_error() -> None:
    with pytest.raises(WorkerDied, match="unexpected keyword argument 'stepp'"), Worker("tiny", TINY, {"stepp": 1}):
        pass
