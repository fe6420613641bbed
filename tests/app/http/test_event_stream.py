"""`Accept: text/event-stream`: the events of a restored photo, from the queue to the result."""

from __future__ import annotations

import time
from itertools import groupby

import pytest

from app.http import event_stream
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.event_clients import all_events, only, stream
from tests.app.server import ENHANCE, UPSCALE, Likeness, serving

# Identity is checked before the faces are blended in and measured again in the finished picture.
STAGES = ["decode", "detection", "alignment", "restoration", "identity", "upscaling", "blending", "identity", "metrics"]
STAGES += ["encode", "answer"]


def test_a_photo_passes_every_stage_in_order(likeness: Likeness) -> None:
    events = all_events(likeness, samples.portrait())
    assert events[0] == ("queued", {"position": 0, "seconds": 0.0})
    stages = only(events, "stage")
    assert [stage for stage, _ in groupby(data["stage"] for data in stages)] == STAGES
    for _, found in groupby(stages, lambda data: data["stage"]):
        fractions = [data["fraction"] for data in found]
        assert fractions[0] == 0
        assert fractions == sorted(fractions)
    assert [name for name, _ in events if name not in ("queued", "stage")] == ["plan", "sending", "result"]
    assert events[-1][0] == "result"


def test_the_plan_comes_before_the_long_stages_and_has_the_seconds_of_each(likeness: Likeness) -> None:
    events = all_events(likeness, samples.portrait(), upscale_factor=1.5)
    reached = [data.get("stage", name) for name, data in events]
    assert reached.index("alignment") < reached.index("plan") < reached.index("restoration")
    (plan,) = only(events, "plan")
    assert set(STAGES) == set(plan["stages_s"])
    assert plan["seconds"] == pytest.approx(sum(plan["stages_s"].values()), abs=0.01)
    assert plan["stages_s"]["upscaling"] > plan["stages_s"]["answer"] >= 0


def test_the_plan_of_an_enlarged_photo_has_only_its_stages(likeness: Likeness) -> None:
    events = all_events(likeness, samples.small_face(), UPSCALE, metrics=False)
    (plan,) = only(events, "plan")
    assert set(plan["stages_s"]) == {"decode", "upscaling", "encode", "answer"}


def test_the_length_of_the_result_is_told_before_it(likeness: Likeness) -> None:
    events = all_events(likeness, samples.small_face())
    assert [name for name, _ in events[-2:]] == ["sending", "result"]
    (sending,), (result,) = only(events, "sending"), only(events, "result")
    assert sending["bytes"] == pytest.approx(len(result["data"]["restored_image"]), rel=0.2)
    assert sending["bytes"] > len(result["data"]["restored_image"])


def test_a_kept_answer_has_no_plan(fakes: FakeModels) -> None:
    with serving(fakes, cache_mb=1) as server:
        assert len(only(all_events(server), "plan")) == 1
        assert [name for name, _ in all_events(server)] == ["queued", "sending", "result"]


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
def test_the_result_event_equals_the_json_answer(likeness: Likeness, path: str) -> None:
    fields = {"upscale_factor": 1.5, "output_format": "jpeg"}
    (result,) = only(all_events(likeness, samples.small_face(), path, **fields), "result")
    document = likeness.send(path, samples.small_face(), **fields).json()
    for found in (result, document):
        for name in ("processing_time_ms", "timings_ms"):
            found["data"].pop(name)
    assert result == document


def test_fractions_rise_with_the_tiles_at_a_limited_rate(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.upscaler.seconds = 0.005
        start = time.monotonic()
        events = all_events(server, images.png(images.gradient(160, 120)), UPSCALE)
        seconds = time.monotonic() - start
    fractions = [data["fraction"] for data in only(events, "stage") if data["stage"] == "upscaling"]
    assert fakes.upscaler.tiles > 100
    assert 5 <= len(fractions) <= 20 * seconds + 2
    assert fractions == sorted(set(fractions))
    assert (fractions[0], fractions[-1]) == (0, 1)


def test_events_arrive_while_the_photo_is_processed(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.detector.gate.clear()
        with stream(server) as events:
            assert [next(events) for _ in range(3)] == [
                ("queued", {"position": 0, "seconds": 0.0}),
                ("stage", {"stage": "decode", "fraction": 0}),
                ("stage", {"stage": "detection", "fraction": 0}),
            ]
            assert server.status()["slots_in_use"] == 1
            fakes.detector.gate.set()
            assert list(events)[-1][0] == "result"


def test_comments_are_sent_while_there_is_no_event(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "SILENCE_S", 0.05)
    with serving(fakes) as server:
        fakes.detector.gate.clear()
        with stream(server) as events:
            while next(events)[1] != {"stage": "detection", "fraction": 0}:
                continue
            assert [next(events) for _ in range(5)] == [(":", None)] * 5
            fakes.detector.gate.set()
            assert list(events)[-1][0] == "result"
