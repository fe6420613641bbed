"""Jobs: a photo that is submitted, done later, fetched and deleted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.http.schemas.jobs import JobOut
from jobs.errors import StoreUnavailable
from jobs.run.heartbeat import BEAT_S
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import JOBS, done, keeping, objects_in, over, reached, submit
from tests.app.http.routes.refusals import assert_refused
from tests.app.http.routes.test_photos_url import HTTP_URL, fetching, post
from tests.app.server import ENHANCE, Likeness, eventually, serving
from tests.app.sources.web import response, saying


@pytest.fixture(scope="module")
def server(folder: Path, models: FakeModels) -> Iterator[Likeness]:
    with keeping(folder, models, max_upload_mb=1) as likeness:
        yield likeness


@pytest.fixture
def held(models: FakeModels) -> Iterator[FakeModels]:
    """Models that wait in the detector."""
    models.detector.gate.clear()
    yield models
    models.detector.gate.set()


def test_a_job_is_taken_and_told_where_it_is(server: Likeness) -> None:
    response = submit(server, name="Oma & Opa.jpg", upscale_factor=1)
    assert response.status_code == 202
    job = JobOut.model_validate_json(response.content, strict=True)
    assert response.headers["location"] == job.links.self == f"{JOBS}/{job.id}"
    assert response.headers["cache-control"] == "no-store"
    assert (job.kind, job.file_name, job.batch) == ("enhance", "Oma & Opa.jpg", None)
    assert (job.expires_at - job.created_at).total_seconds() == pytest.approx(86_400, abs=1)
    assert over(server, job.links.self)["state"] == "succeeded"


@pytest.mark.parametrize("fields", [{"upscale_factor": 1}, {"output_format": "jpeg", "quality": 80}, {"strength": 0.5}])
def test_its_picture_is_that_of_enhance(server: Likeness, fields: dict[str, object]) -> None:
    job = done(server, **fields)
    result = server.client.get(job["links"]["result"])
    now = server.enhance(samples.small_face(), accept="image/*", **fields)
    assert (result.status_code, now.status_code) == (200, 200)
    assert result.content == now.content
    assert result.headers["content-type"] == now.headers["content-type"] == job["result"]["media_type"]
    assert job["result"]["bytes"] == len(result.content)
    picture = samples.opened(result.content)
    assert picture.size == (job["result"]["width"], job["result"]["height"])


def test_its_picture_is_that_of_upscale(server: Likeness) -> None:
    job = done(server, kind="upscale", upscale_factor=2)
    assert job["kind"] == "upscale"
    now = server.upscale(samples.small_face(), accept="image/png", upscale_factor=2)
    assert server.client.get(job["links"]["result"]).content == now.content


def test_the_report_is_the_answer_without_the_picture(server: Likeness) -> None:
    job = done(server, upscale_factor=1)
    report = server.client.get(job["links"]["report"])
    assert report.headers["content-type"] == "application/json"
    data = report.json()["data"]
    now = server.data(samples.small_face(), upscale_factor=1)
    assert data.keys() == now.keys() - {"restored_image"}
    for name in ("faces", "metrics", "models", "width", "height", "media_type", "warnings"):
        assert data[name] == now[name]
    assert job["result"]["faces"] == len(data["faces"]) == 1


def test_the_preview_is_a_small_webp(server: Likeness) -> None:
    job = done(server, samples.portrait(), upscale_factor=2)
    preview = server.client.get(job["links"]["preview"])
    assert preview.headers["content-type"] == "image/webp"
    picture = samples.opened(preview.content)
    assert picture.format == "WEBP"
    assert max(picture.size) == 400


def test_a_photo_may_be_the_body(server: Likeness) -> None:
    response = server.client.post(
        f"{JOBS}?kind=upscale&upscale_factor=2", content=samples.small_face(), headers={"Content-Type": "image/jpeg"}
    )
    assert response.status_code == 202, response.text
    job = over(server, response.headers["location"])
    assert (job["state"], job["kind"], job["file_name"]) == ("succeeded", "upscale", "")


def test_the_place_in_the_queue_is_told(server: Likeness, held: FakeModels) -> None:
    first = submit(server).json()["links"]["self"]
    reached(server, first, ("running",))
    paths = [submit(server).json()["links"]["self"] for _ in range(2)]
    assert [server.client.get(path).json()["position"] for path in (first, *paths)] == [None, 0, 1]
    held.detector.gate.set()
    for path in (first, *paths):
        assert over(server, path)["state"] == "succeeded"


def test_a_result_that_is_not_there_yet_is_409(server: Likeness, held: FakeModels) -> None:
    job = submit(server).json()
    path = job["links"]["self"]
    assert job["links"]["result"] is None
    for part in ("result", "preview", "report"):
        refused = server.client.get(f"{path}/{part}")
        assert_refused(refused, 409, "job_not_finished", stage="request")
        assert refused.json()["error"] in (
            "The job is queued: it has no result yet.",
            "The job is running: it has no result yet.",
        )
    held.detector.gate.set()
    over(server, path)


def test_a_job_that_fails_has_the_error_of_enhance(server: Likeness) -> None:
    now = server.enhance(samples.small_face(), face_overrides='{"7": 1}')
    job = done(server, face_overrides='{"7": 1}')
    assert job["state"] == "failed"
    assert job["error"] == {**job["error"], "status": now.status_code, "code": now.json()["code"]}
    assert job["error"]["error"] == now.json()["error"]
    for part in ("result", "preview", "report"):
        refused = server.client.get(f"{job['links']['self']}/{part}")
        assert refused.status_code == now.status_code == 422
        assert "retry-after" not in refused.headers
        assert {**refused.json(), "request_id": ""} == {**now.json(), "request_id": ""}


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_soon(server: Likeness, held: FakeModels) -> None:
    running = submit(server).json()["links"]["self"]
    reached(server, running, ("running",))
    waiting = submit(server).json()["links"]["self"]
    cancelled = server.client.post(f"{waiting}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    stopping = server.client.post(f"{running}/cancel").json()
    assert (stopping["state"], stopping["cancelling"]) == ("running", True)
    time.sleep(2 * BEAT_S)  # the worker looks for it as often
    held.detector.gate.set()
    assert over(server, running)["state"] == "cancelled"
    assert_refused(server.client.get(f"{running}/result"), 409, "job_cancelled", stage="request")
    assert server.client.post(f"{running}/cancel").json()["state"] == "cancelled"


def test_a_deleted_job_leaves_nothing(server: Likeness, folder: Path) -> None:
    job = done(server, upscale_factor=1)
    assert sum(job["id"] in name for name in objects_in(folder)) == 4  # photo, result, preview and report
    gone = server.client.delete(job["links"]["self"])
    assert (gone.status_code, gone.content) == (204, b"")
    assert not any(job["id"] in name for name in objects_in(folder))
    for path in (job["links"]["self"], job["links"]["result"]):
        assert_refused(server.client.get(path), 404, "unknown_job", stage="request")
    assert_refused(server.client.delete(job["links"]["self"]), 404, "unknown_job", stage="request")


@pytest.mark.parametrize("number", ["0197a5c2-5a5e-7b6f-8d4e-3c2b1a098765", "1", "nothing", "%00"])
def test_an_unknown_job_is_404(server: Likeness, number: str) -> None:
    for path in ("", "/result", "/preview", "/report"):
        assert_refused(server.client.get(f"{JOBS}/{number}{path}"), 404, "unknown_job", stage="request")
    assert_refused(server.client.post(f"{JOBS}/{number}/cancel"), 404, "unknown_job", stage="request")
    assert_refused(server.client.delete(f"{JOBS}/{number}"), 404, "unknown_job", stage="request")


def test_jobs_are_listed_in_pages(tmp_path: Path) -> None:
    models = FakeModels()
    with keeping(tmp_path, models) as server:
        numbers = [done(server, upscale_factor=1)["id"] for _ in range(3)]
        failed = done(server, face_overrides='{"7": 1}')["id"]
        assert UUID(failed) > UUID(numbers[-1])
        page = server.client.get(JOBS, params={"limit": 2}).json()
        assert [job["id"] for job in page["jobs"]] == [failed, numbers[2]]
        following = server.client.get(page["next"]).json()
        assert ([job["id"] for job in following["jobs"]], following["next"]) == ([numbers[1], numbers[0]], None)
        of_state = server.client.get(JOBS, params={"state": "succeeded", "limit": 1}).json()
        assert [job["id"] for job in of_state["jobs"]] == [numbers[2]]
        assert [job["id"] for job in server.client.get(of_state["next"]).json()["jobs"]] == [numbers[1]]
        counts = {"queued": 0, "running": 0, "succeeded": 3, "failed": 1, "cancelled": 0, "expired": 0}
        eventually(lambda: server.status()["jobs"] == counts)  # a count may be a second old


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "bad_parameter"),
        ("limit=201", "bad_parameter"),
        ("state=done", "bad_parameter"),
        ("before=1", "bad_parameter"),
        ("limit=1&limit=2", "bad_parameter"),
        ("page=2", "unknown_parameter"),
    ],
)
def test_a_wrong_query_of_a_list_is_refused(server: Likeness, query: str, code: str) -> None:
    assert_refused(server.client.get(f"{JOBS}?{query}"), 422, code, stage="parameters")


def test_jobs_go_on_after_a_restart(tmp_path: Path) -> None:
    with keeping(tmp_path) as server:
        job = done(server, upscale_factor=1)
        picture = server.client.get(job["links"]["result"]).content
    with keeping(tmp_path) as server:
        assert server.client.get(job["links"]["self"]).json() == job
        assert server.client.get(job["links"]["result"]).content == picture


def test_embedded_models_do_jobs(tmp_path: Path) -> None:
    with serving(data_dir=tmp_path) as server:
        job = done(server, samples.portrait())
        assert (job["state"], job["result"]["faces"]) == ("succeeded", 1)
        now = server.enhance(samples.portrait(), accept="image/png")
        assert server.client.get(job["links"]["result"]).content == now.content


@pytest.mark.parametrize(
    ("path", "methods"), [(JOBS, "GET, POST"), (f"{JOBS}/1", "DELETE, GET"), (f"{JOBS}/1/cancel", "POST")]
)
def test_another_method_is_told_which_there_are(server: Likeness, path: str, methods: str) -> None:
    refused = server.client.put(path)
    assert_refused(refused, 405, "method_not_allowed", stage="request")
    assert refused.headers["allow"] == methods


def test_a_job_is_deleted_though_the_object_store_is_away(
    server: Likeness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(keys: object) -> None:
        raise StoreUnavailable("The object store does not answer.")

    job = done(server, upscale_factor=1)
    monkeypatch.setattr(server.app.state.jobs.objects, "delete", away)
    assert server.client.delete(job["links"]["self"]).status_code == 204
    assert server.client.get(job["links"]["self"]).status_code == 404
    assert "left to the sweeper" in caplog.text


def test_a_photo_may_come_from_its_address(tmp_path: Path) -> None:
    with fetching(saying(response(samples.small_face())), data_dir=tmp_path) as (server, _):
        for fields in ({"url": HTTP_URL}, {"url": HTTP_URL, "kind": "upscale"}):
            taken = post(server, JOBS, **fields)
            assert taken.status_code == 202, taken.text
            assert over(server, taken.headers["location"])["state"] == "succeeded"
        now, later = (post(server, path, url="ftp://photos.example.org/a.png") for path in (ENHANCE, JOBS))
        assert (later.status_code, later.json()["code"]) == (422, "url_refused")
        assert later.json()["error"] == now.json()["error"]
