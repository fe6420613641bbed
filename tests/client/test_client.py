"""`Client` and `AsyncClient` with the real service."""

from __future__ import annotations

import asyncio
import inspect
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from app.access.keys import new_key
from client.likeness_client import (
    AsyncClient,
    BadPhoto,
    Client,
    Job,
    Refused,
)
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import Likeness, serving

PHOTO = samples.small_face()


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
    assert look.preview is None


def test_a_look_may_have_a_preview_of_the_photo(client: Client) -> None:
    preview = client.look(PHOTO, preview=True).preview
    assert preview is not None
    with PIL.Image.open(BytesIO(preview.image)) as picture:
        assert (picture.format, *picture.size) == ("JPEG", preview.photo_width, preview.photo_height)


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


@pytest.mark.parametrize("photos", [[], "photo.jpg", Path("photo.jpg"), b"the bytes of a photo", None])
def test_a_batch_that_is_no_list_of_photos_is_told(client: Client, photos: Any) -> None:
    with pytest.raises(ValueError, match="Give a list of photos"):
        client.submit_batch(photos)


@pytest.mark.parametrize("number", ["../config", "x/../../config", "x?y", "x#y", "..", "ö"])
def test_what_is_no_job_s_id_asks_for_nothing_else(client: Client, number: str) -> None:
    for call in (client.job, client.wait, client.result):
        with pytest.raises(Refused):
            call(number)


def test_a_file_that_is_not_there_is_told(client: Client, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        client.enhance(tmp_path / "none.jpg")


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
