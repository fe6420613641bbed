"""`Client` and `AsyncClient` with the real service."""

from __future__ import annotations

import asyncio
import inspect
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from app.access.keys import new_key
from client.likeness_client import (
    AsyncClient,
    BadPhoto,
    Batch,
    Client,
    Job,
    JobFailed,
    Refused,
    WaitTimeout,
)
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import JOBS, keeping
from tests.app.server import Likeness, serving

PHOTO = samples.small_face()


@pytest.fixture(scope="module")
def models() -> FakeModels:
    return FakeModels()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, models: FakeModels) -> Iterator[Likeness]:
    with keeping(tmp_path_factory.mktemp("data"), models) as likeness:
        yield likeness


@pytest.fixture(scope="module")
def url(server: Likeness) -> str:
    return f"http://127.0.0.1:{server.port}"


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url) as opened:
        yield opened


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "größe.jpg"
    path.write_bytes(PHOTO)
    return path


@pytest.fixture
def held(models: FakeModels) -> Iterator[FakeModels]:
    models.detector.gate.clear()
    yield models
    models.detector.gate.set()


def test_a_photo_is_restored_and_saved(server: Likeness, client: Client, photo: Path, tmp_path: Path) -> None:
    restored = client.enhance(photo, upscale_factor=1.5, output_format="jpeg")
    assert restored.picture == server.enhance(PHOTO, accept="image/jpeg", upscale_factor=1.5).content
    data = server.data(PHOTO, upscale_factor=1.5, output_format="jpeg")
    (face,) = restored.report.faces
    assert (face.is_restored, face.identity_similarity) == (True, data["faces"][0]["identity_similarity"])
    assert face.box == tuple(data["faces"][0]["box"])
    assert restored.report.metrics is not None
    assert restored.report.metrics.psnr == data["metrics"]["psnr"]
    assert (restored.report.width, restored.report.models) == (144, data["models"])
    assert {*restored.report.timings_ms} == {*data["timings_ms"]}
    saved = restored.save(tmp_path / "restored.jpg")
    assert saved.read_bytes() == restored.picture
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_a_photo_may_be_bytes_and_have_a_reference(client: Client, photo: Path) -> None:
    metrics = client.enhance(PHOTO, upscale_factor=1, reference=photo).report.metrics
    assert metrics is not None
    assert metrics.reference == "upload"


def test_a_photo_is_enlarged(client: Client) -> None:
    report = client.upscale(PHOTO, long_side=300).report
    assert (report.width, report.faces) == (300, ())


def test_warnings_are_told(client: Client) -> None:
    (warning, *_) = client.enhance(PHOTO, output_format="same", bit_depth="16").report.warnings
    assert warning.code == "option_unused"


def test_a_look_finds_the_same_faces_and_makes_nothing(client: Client) -> None:
    look = client.look(PHOTO, face_boxes=[(0, 0, 22, 30)], face_overrides={0: 0})
    report = client.enhance(PHOTO, face_boxes=[(0, 0, 22, 30)], face_overrides={0: 0}).report
    assert [face.box for face in look.faces] == [face.box for face in report.faces]
    assert look.estimate.seconds > 0
    assert client.look(PHOTO, kind="upscale").faces == ()


def test_a_bad_photo_is_told(client: Client) -> None:
    with pytest.raises(BadPhoto, match="no picture of a kind") as caught:
        client.enhance(b"no picture")
    error = caught.value
    assert (error.status, error.code, error.stage) == (415, "unsupported_media_type", "decode")
    assert len(error.request_id) > 8
    with pytest.raises(ValueError, match="Give a photo"):
        client.enhance()
    with pytest.raises(BadPhoto, match="url"):  # this server fetches no photos
        client.enhance(url="https://example.org/a.jpg")


def test_a_file_that_is_not_there_is_told(client: Client, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        client.enhance(tmp_path / "none.jpg")


def test_a_job_is_submitted_awaited_and_fetched(client: Client, photo: Path, held: FakeModels) -> None:
    seen = [job := client.submit(photo, output_format="png")]
    assert (job.file_name, job.is_over) == ("größe.jpg", False)
    with pytest.raises(WaitTimeout):
        client.wait(job, on_progress=seen.append, timeout=0.3)
    held.detector.gate.set()
    over = client.wait(job, on_progress=seen.append, timeout=30)
    assert (over.state, seen[-1]) == ("succeeded", over)
    assert [seen[0].state, seen[-1].state] == ["queued", "succeeded"]
    restored = client.result(over)
    assert restored.picture == client.enhance(PHOTO).picture
    assert over.result is not None
    assert (over.result.bytes, over.result.width) == (len(restored.picture), restored.report.width)
    assert client.wait(job.id).id == client.job(job.id).id == job.id
    client.delete(over)
    with pytest.raises(Refused) as caught:
        client.job(job.id)
    assert (caught.value.status, caught.value.code) == (404, "unknown_job")


def test_a_job_that_failed_raises_its_error(client: Client) -> None:
    job = client.submit(samples.no_face() + b" ", kind="upscale")
    assert client.wait(job).state == "succeeded"
    batch = client.batch([b"no picture" * 50])
    with pytest.raises(JobFailed, match="no picture of a kind") as caught:
        client.wait(batch.jobs[0])
    assert (caught.value.code, caught.value.status) == ("unsupported_media_type", 415)


def test_a_job_is_cancelled(client: Client, held: FakeModels) -> None:
    first, second = client.submit(PHOTO), client.submit(PHOTO)
    assert client.cancel(second).state == "cancelled"
    with pytest.raises(JobFailed) as caught:
        client.wait(second)
    assert caught.value.code == "job_cancelled"
    held.detector.gate.set()
    client.wait(first, timeout=30)


def test_a_batch_is_done_and_its_results_written(client: Client, photo: Path, tmp_path: Path) -> None:
    seen: list[Batch] = []
    batch = client.batch([photo, PHOTO, b"no picture" * 50], on_progress=seen.append, upscale_factor=1, kind="upscale")
    assert [job.state for job in batch.jobs] == ["succeeded", "succeeded", "failed"]
    assert (batch.counts, seen[-1].is_over) == ({"succeeded": 2, "failed": 1}, True)
    target = client.results_zip(batch, tmp_path / "all.zip")
    with zipfile.ZipFile(target) as made:
        assert made.testzip() is None
        assert made.read("größe.png") == client.result(batch.jobs[0]).picture
    assert [path.name for path in tmp_path.glob("*.part")] == []
    client.delete(batch)
    with pytest.raises(Refused):
        client.wait_batch(batch)


def test_a_batch_is_cancelled(client: Client, held: FakeModels, tmp_path: Path) -> None:
    batch = client.submit_batch([PHOTO, PHOTO])
    with pytest.raises(WaitTimeout):
        client.wait_batch(batch, timeout=0.2)
    with pytest.raises(Refused):
        client.results_zip(batch, tmp_path / "all.zip")
    assert list(tmp_path.iterdir()) == []
    client.cancel(batch)
    held.detector.gate.set()
    assert client.wait_batch(batch, timeout=30).counts["cancelled"] >= 1  # the other one may just have been done


def test_all_pages_of_jobs_are_listed(server: Likeness, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.likeness_client.client.first_page", lambda state: f"{JOBS}?limit=2&state={state}")
    made = [client.submit(PHOTO, upscale_factor=1) for _ in range(5)]
    for job in made:
        client.wait(job, timeout=30)
    listed = [job.id for job in client.jobs("succeeded")]
    assert listed[:5] == [job.id for job in reversed(made)]
    assert len(listed) == len({*listed})


def test_the_config_says_what_the_server_allows(client: Client) -> None:
    assert client.config()["jobs"]["batch_size"] == 50


@pytest.mark.parametrize("secret", ["api_key", "token"])
def test_a_key_is_sent_and_a_wrong_one_refused(secret: str) -> None:
    key, entry = new_key("shop")
    with serving(FakeModels(), api_keys=entry) as server:
        url = f"http://127.0.0.1:{server.port}"
        with Client(url, **{secret: key}) as known:  # type: ignore[arg-type]
            assert known.enhance(PHOTO).report.width == 192
        with Client(url, api_key="wrong") as unknown, pytest.raises(Refused) as caught:
            unknown.enhance(PHOTO)
        assert caught.value.status == 401


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("likeness.example.org", {}),
        ("ftp://likeness", {}),
        ("http://", {}),
        ("http://likeness:port", {}),
        ("http://likeness", {"api_key": "a", "token": "b"}),
        ("http://likeness", {"api_key": "a\r\nHost: b"}),
        ("http://likeness", {"api_key": ""}),
    ],
)
def test_what_cannot_be_used_is_refused_at_once(url: str, options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"\."):
        Client(url, **options)  # type: ignore[arg-type]


def test_the_async_client_does_the_same(url: str, client: Client, photo: Path, tmp_path: Path) -> None:
    async def use() -> None:
        async with AsyncClient(url) as opened:
            seen: list[Job] = []
            restored, enlarged = await asyncio.gather(opened.enhance(photo), opened.upscale(PHOTO))
            assert restored.picture == client.enhance(photo).picture
            assert enlarged.picture == client.upscale(photo).picture
            assert len((await opened.look(photo)).faces) == 1
            job = await opened.wait(await opened.submit(photo), on_progress=seen.append, timeout=30)
            assert seen[-1] == job
            assert (await opened.result(job)).picture == restored.picture
            assert (await opened.job(job.id)).state == "succeeded"
            assert job.id in [each.id async for each in opened.jobs("succeeded")]
            batch = await opened.batch([photo, PHOTO], timeout=30)
            target = await opened.results_zip(batch, tmp_path / "all.zip")
            assert zipfile.ZipFile(BytesIO(target.read_bytes())).testzip() is None
            waiting = await opened.submit_batch([photo])
            await opened.cancel(waiting)
            assert (await opened.wait_batch(waiting, timeout=30)).is_over
            await opened.delete(waiting)
            await opened.delete(job)
            assert (await opened.config())["jobs"]
            with pytest.raises(BadPhoto):
                await opened.enhance(b"no picture")

    asyncio.run(use())


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, list[str]]:
        return {
            name.replace("aclose", "close"): list(inspect.signature(method).parameters)
            for name, method in inspect.getmembers(kind, inspect.isfunction)
            if not name.startswith("_")
        }

    assert methods(Client) == methods(AsyncClient)
