from __future__ import annotations

import pytest

from bench.workers import Worker, WorkerDied, in_turns

TINY = "tests.bench.contestant"


def test_contestants_take_turns_and_keep_what_they_have_loaded() -> None:
    with Worker("one", TINY, {"step": 1}) as one, Worker("ten", TINY, {"step": 10}) as ten:
        answers = in_turns({"one": one, "ten": ten}, 3, "add", times=2)
        assert one.ask("add") == {"total": 7}
    assert answers == {
        "one": [{"total": 2}, {"total": 4}, {"total": 6}],
        "ten": [{"total": 20}, {"total": 40}, {"total": 60}],
    }


def test_a_worker_that_dies_is_named_with_what_it_said() -> None:
    with Worker("tiny", TINY, {"step": 1}) as worker:
        with pytest.raises(WorkerDied, match=r"(?s)^tiny ended with status 1:.*what went wrong.*on purpose"):
            worker.ask("fail")
        with pytest.raises(WorkerDied):  # and it stays dead
            worker.ask("add")


def test_a_worker_that_cannot_load_is_no_start() -> None:
    with pytest.raises(WorkerDied, match="unexpected keyword argument 'stepp'"), Worker("tiny", TINY, {"stepp": 1}):
        pass
