"""`dry_run=true`: faces, size, time and memory, and no picture."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from app.http.schemas.answers import DryRunResponse
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, UPSCALE, Likeness, serving

LOOKING = ["decode", "detection", "alignment"]
DONE = ["upscaling", "encode", "answer"]


def dry(server: Likeness, path: str = ENHANCE, file: bytes | None = None, **fields: object) -> dict[str, Any]:
    response = server.send(path, file or samples.portrait(), dry_run=True, **fields)
    assert response.status_code == 200, response.text
    DryRunResponse.model_validate_json(response.content, strict=True)
    data: dict[str, Any] = response.json()["data"]
    return data


def places(data: dict[str, Any]) -> list[tuple[Any, ...]]:
    keys = ("box", "landmarks", "landmarks_estimated", "score", "blur", "strength", "action", "reason")
    return [tuple(face[key] for key in keys) for face in data["faces"]]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"upscale_factor": 1.5, "output_format": "webp", "metrics": False},
        {"long_side": 150, "face_overrides": '{"0": 0}', "output_format": "same"},
        {"background": "resample", "face_boxes": "[[2, 2, 40, 40]]"},
    ],
)
def test_faces_size_and_models_are_those_of_the_answer(likeness: Likeness, fields: dict[str, object]) -> None:
    expected = dry(likeness, **fields)
    data = likeness.data(samples.portrait(), **fields)
    assert places(expected) == places(data)
    same = ("width", "height", "media_type", "models", "warnings", "warning")
    assert {key: expected[key] for key in same} == {key: data[key] for key in same}
    idle = {"queue", "color", "restoration", "identity", "answer"}  # no time, or not known yet
    assert set(data["timings_ms"]) - idle == set(expected["estimate"]["stages_s"]) - idle


def test_nothing_is_restored(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        for model in (fakes.restorer, fakes.upscaler, fakes.parser, fakes.recogniser, fakes.perceptual):
            model.trouble.error = AssertionError("a dry run is no work")
        data = dry(server)
    assert "restored_image" not in data
    assert [face["action"] for face in data["faces"]] == ["restored"]
    estimate = data["estimate"]
    assert list(estimate["stages_s"])[:3] == LOOKING
    assert set(estimate["stages_s"]) == {*LOOKING, *DONE, "restoration", "identity", "blending", "metrics"}
    assert estimate["seconds"] == pytest.approx(sum(estimate["stages_s"].values()), abs=0.02)
    assert estimate["memory_bytes"] >= FakeModels.working_bytes


def test_an_upscaled_photo_has_no_faces(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        calls = fakes.detector.calls
        data = dry(server, UPSCALE, upscale_factor=4, metrics=False)
        assert fakes.detector.calls == calls
    assert (data["faces"], set(data["models"])) == ([], {"upscaler"})
    assert list(data["estimate"]["stages_s"]) == ["decode", *DONE]


def test_the_field_may_be_in_the_query(likeness: Likeness) -> None:
    headers = {"Content-Type": "image/jpeg"}
    response = likeness.client.post(f"{ENHANCE}?dry_run=true", content=samples.portrait(), headers=headers)
    assert response.json()["data"]["dry_run"] is True


def test_a_photo_teaches_the_next_estimate(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.upscaler.seconds = 0.01
        data = server.data(samples.portrait())
        took = data["timings_ms"]["upscaling"] / 1000
        assert dry(server)["estimate"]["stages_s"]["upscaling"] == pytest.approx(took, rel=0.01)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("image/png, application/json;q=0.1", 200),
        ("image/avif,image/webp,*/*;q=0.8", 200),
        ("image/png", 406),
        ("image/*", 406),
    ],
)
def test_it_is_json_where_accept_allows_it(likeness: Likeness, accept: str, status: int) -> None:
    response = likeness.enhance(samples.portrait(), accept=accept, dry_run=True)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("application/json")
    if status == 406:
        assert "image/" not in response.json()["error"].replace("image/*", "")


def test_events_end_with_it(likeness: Likeness) -> None:
    response = likeness.enhance(samples.portrait(), accept="text/event-stream", dry_run=True)
    *before, last = response.text.strip().split("\n\n")
    assert before[0].startswith("event: queued")
    assert "restoration" not in "".join(before)
    assert last.startswith("event: result\ndata: ")
    assert json.loads(last.partition("data: ")[2])["data"]["dry_run"] is True


def test_it_has_no_tag_and_is_not_kept() -> None:
    with serving(FakeModels(), cache_mb=10) as server:
        for _ in range(2):
            response = server.enhance(samples.portrait(), dry_run=True)
            assert not {"etag", "x-likeness-cache"} & set(response.headers)
        answer = server.enhance(samples.portrait())
        assert "x-likeness-cache" not in answer.headers
        assert server.enhance(samples.portrait()).headers["x-likeness-cache"] == "hit"
        assert "restored_image" not in dry(server)


def test_a_deadline_that_is_too_short_is_told(fakes: FakeModels) -> None:
    with serving(fakes, deadline_s=30) as server:
        fakes.upscaler.seconds = 0.005
        assert server.data(samples.file_of(samples.head()))["width"] == 192
        data = dry(server, file=samples.file_of(samples.resized(samples.head(), 900, 900)))
    assert data["warning"] == "It would take longer than the 30 s that this server allows."
    assert data["warnings"][0]["code"] == "deadline_too_short"


@pytest.mark.parametrize(
    ("file", "fields", "code"),
    [
        (samples.no_face(), {}, "no_face_detected"),
        (samples.portrait(), {"face_overrides": '{"7": 1}'}, "unknown_face"),
        (samples.portrait(), {"output_format": "jpeg", "bit_depth": "16"}, "bad_parameter"),
        (samples.portrait(), {"upscaler": "none"}, "bad_parameter"),
        (samples.portrait()[:500], {}, "broken_image"),
    ],
)
def test_what_the_work_would_refuse_is_refused(
    likeness: Likeness, file: bytes, fields: dict[str, object], code: str
) -> None:
    responses = [likeness.enhance(file, dry_run=dry_run, **fields) for dry_run in (True, False)]
    errors = [{key: response.json()[key] for key in ("error", "code", "stage")} for response in responses]
    assert [response.status_code for response in responses] == [422, 422]
    assert errors[0] == errors[1]
    assert errors[0]["code"] == code


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
def test_a_preview_is_the_photo_itself(likeness: Likeness, path: str) -> None:
    assert dry(likeness, path)["preview"] is None
    preview = dry(likeness, path, preview=True, upscale_factor=3)["preview"]
    size = [preview[name] for name in ("width", "height", "photo_width", "photo_height")]
    assert (preview["media_type"], size) == ("image/jpeg", [256] * 4)
    seen = np.asarray(samples.opened(base64.b64decode(preview["image"], validate=True)))
    assert np.abs(seen.astype(float) - np.asarray(samples.opened(samples.portrait()))).mean() < 4


def test_faces_are_those_of_a_dry_run_without_a_preview(likeness: Likeness) -> None:
    seen, unseen = dry(likeness, preview=True), dry(likeness)
    assert places(seen) == places(unseen)
    assert seen["warnings"] == unseen["warnings"]
    assert seen["estimate"]["memory_bytes"] == unseen["estimate"]["memory_bytes"]


def test_a_preview_of_a_photo_without_a_face_needs_none_to_be_required(likeness: Likeness) -> None:
    assert likeness.enhance(samples.no_face(), dry_run=True, preview=True).json()["code"] == "no_face_detected"
    data = dry(likeness, file=samples.no_face(), preview=True, require_face=False)
    assert (data["preview"]["width"], data["preview"]["height"]) == (64, 48)


@pytest.mark.parametrize("fields", [{"preview": True}, {"preview": True, "dry_run": False}])
def test_a_preview_without_a_dry_run_is_refused(likeness: Likeness, fields: dict[str, object]) -> None:
    response = likeness.enhance(samples.portrait(), **fields)
    assert (response.status_code, response.json()["code"]) == (422, "bad_parameter")
    assert "preview=true needs dry_run=true" in response.json()["error"]


def test_a_preview_that_fails_is_told(likeness: Likeness, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr("app.work.photo_preview.encode", fail)
    response = likeness.enhance(samples.portrait(), dry_run=True, preview=True)
    assert (response.status_code, response.json()["stage"]) == (500, "preview")
    assert likeness.enhance(samples.portrait(), dry_run=True).status_code == 200


def test_another_word_than_true_or_false_is_refused(likeness: Likeness) -> None:
    assert likeness.enhance(samples.portrait(), dry_run="perhaps").status_code == 422


def test_faces_of_a_dry_run_are_not_counted_as_restored(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        dry(server)
        counted = server.client.get("/metrics").text
    assert 'likeness_faces_total{action="restored"} 0.0' in counted
