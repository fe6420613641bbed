"""The cache of answers: its bound, its order, its owners."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.work.answer_cache import AnswerCache, CacheKey
from app.work.memory import Ledger
from app.work.service import Answer
from tests.app import samples

MEBIBYTE = 2**20
KEY = CacheKey(None, "a", None)


def answer(size: int, name: bytes = b"x") -> Answer:
    return Answer(name * size, samples.report(), 1)


def cache(megabytes: float = 1) -> tuple[AnswerCache, Ledger]:
    ledger = Ledger()
    return AnswerCache(int(megabytes * MEBIBYTE), ledger), ledger


def test_an_answer_is_found_by_its_whole_key() -> None:
    kept, _ = cache()
    kept.put(KEY, answer(10))
    assert kept.get(KEY) == answer(10)
    for other in (replace(KEY, owner="b"), replace(KEY, fingerprint="b"), replace(KEY, encoding="gzip")):
        assert kept.get(other) is None
    assert (kept.hits, kept.misses) == (1, 3)


def test_without_room_nothing_is_kept_or_counted() -> None:
    kept, ledger = cache(0)
    kept.put(KEY, answer(10))
    assert kept.get(KEY) is None
    assert (kept.bytes, kept.hits, kept.misses, ledger.reserved) == (0, 0, 0, 0)


def test_what_was_asked_for_longest_ago_makes_way() -> None:
    kept, ledger = cache()
    first, second, third = (replace(KEY, fingerprint=name) for name in "abc")
    kept.put(first, answer(400_000))
    kept.put(second, answer(400_000))
    assert kept.get(first) is not None
    kept.put(third, answer(400_000))
    assert [kept.get(key) is not None for key in (first, second, third)] == [True, False, True]
    assert 800_000 < kept.bytes == ledger.reserved <= MEBIBYTE
    kept.clear()
    assert kept.bytes == ledger.reserved == 0
    assert kept.get(first) is None


def test_an_answer_that_is_too_large_displaces_nothing() -> None:
    kept, _ = cache()
    kept.put(KEY, answer(10))
    kept.put(replace(KEY, fingerprint="b"), answer(MEBIBYTE))
    assert kept.get(KEY) is not None
    assert kept.get(replace(KEY, fingerprint="b")) is None


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 600_000)), max_size=60))
def test_it_never_passes_its_bound(puts: list[tuple[int, int]]) -> None:
    kept, ledger = cache()
    for name, size in puts:
        key = replace(KEY, fingerprint=str(name))
        found = kept.get(key)
        if found is None:
            kept.put(key, answer(size, b"%d" % (name % 10)))
        else:
            assert found.body[:1] == b"%d" % (name % 10) or not found.body
        assert 0 <= kept.bytes == ledger.reserved <= MEBIBYTE
