"""`preset=best` on a server that has no time for all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.work.costs import Cost
from app.work.time_limit import LEFT_OUT
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.event_clients import EVENTS, all_events
from tests.app.server import ENHANCE, Likeness, serving

SLOW = Cost("upscaling", "fake-upscaler", 1e-6)  # so that a second for it is much


@pytest.fixture(scope="module")
def slow() -> Iterator[Likeness]:
    with serving(FakeModels(), cache_mb=8) as server:
        server.app.state.service.loaded_models.starting_pace.calibrate(SLOW, 1.0)
        yield server


def codes(data: dict[str, object]) -> list[str]:
    return [warning["code"] for warning in data["warnings"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_ensemble_is_left_out_with_a_warning(slow: Likeness, dry_run: bool) -> None:
    answer = slow.send(ENHANCE, samples.portrait(), preset="best", dry_run=dry_run)
    assert answer.status_code == 200
    assert LEFT_OUT in codes(answer.json()["data"])


def test_it_is_done_where_the_client_asks_for_it(slow: Likeness) -> None:
    tiles = slow.app.state.service.loaded_models.models.upscalers[2]
    before = tiles.tiles
    plain = slow.data(samples.portrait(), preset="best", strength=0.7)
    between = tiles.tiles
    asked = slow.data(samples.portrait(), preset="best", strength=0.7, self_ensemble=True)
    assert LEFT_OUT in codes(plain)
    assert LEFT_OUT not in codes(asked)
    assert tiles.tiles - between == 8 * (between - before) > 0


def test_answers_with_and_without_the_warning_are_two(slow: Likeness) -> None:
    """Both pictures are made without the ensemble, but only one client did not get what the preset promises."""
    shortened = slow.send(ENHANCE, samples.portrait(), preset="best", strength=0.5)
    chosen = slow.send(ENHANCE, samples.portrait(), preset="best", strength=0.5, self_ensemble=False)
    assert shortened.headers["etag"] != chosen.headers["etag"]
    assert LEFT_OUT not in codes(chosen.json()["data"])
    again = slow.send(ENHANCE, samples.portrait(), preset="best", strength=0.5)
    assert again.headers["x-likeness-cache"] == "hit"
    assert LEFT_OUT in codes(again.json()["data"])


def test_what_is_looked_up_before_the_queue_is_no_stage_of_the_photo(slow: Likeness) -> None:
    """A stream begins with the place in the queue, and the look at the file's header is not timed as its decoding."""
    events = all_events(slow, samples.portrait(), preset="best", strength="0.3")
    data = events[-1][1]["data"]
    assert events[0] == ("queued", {"position": 0, "seconds": 0.0})
    assert list(data["timings_ms"])[:2] == ["queue", "decode"]
    assert LEFT_OUT in codes(data)


def test_a_broken_photo_is_refused_before_a_stream_begins(slow: Likeness) -> None:
    answer = slow.enhance(b"no photo", preset="best", accept=EVENTS)
    assert answer.status_code == 415
    assert answer.json()["stage"] == "decode"
