"""Addresses of other services: each answers like its twin under `/api/v1`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.http.fetched_photos import FetchedPhotos
from app.http.upload_memory import UploadMemory
from tests import images
from tests.app import samples
from tests.app.server import ENHANCE, UPSCALE, Likeness

PHOTO = images.png(images.gradient())
TIMES = ("processing_time_ms", "timings_ms")


def without_times(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    return {name: value for name, value in response.json()["data"].items() if name not in TIMES}


@pytest.mark.parametrize(("alias", "twin"), [("/upscale", UPSCALE), ("/face-enhance", ENHANCE)])
@pytest.mark.parametrize("bare", [True, False])
def test_a_photo_gets_the_same_answer(likeness: Likeness, alias: str, twin: str, bare: bool) -> None:
    def ask(path: str, **fields: object) -> httpx.Response:
        fields = {"background": "resample", **fields}
        if bare:
            headers = {"Content-Type": "image/png"}
            return likeness.client.post(path, content=samples.small_face(), params=fields, headers=headers)  # type: ignore[arg-type]
        return likeness.client.post(path, files={"file": samples.small_face()}, data=fields)

    assert without_times(ask(alias)) == without_times(ask(twin))
    assert ask(alias).headers["etag"] == ask(twin).headers["etag"]
    assert ask(alias, upscale_factor=9).status_code == 422
    assert ask(alias, nonsense=1).json()["code"] == ask(twin, nonsense=1).json()["code"]


@pytest.mark.parametrize("name", ["health", "status"])
def test_the_server_tells_the_same(likeness: Likeness, name: str) -> None:
    alias, twin = (likeness.client.get(f"{path}/{name}") for path in ("", "/api/v1"))
    assert (alias.status_code, set(alias.json())) == (twin.status_code, set(twin.json()))
    assert likeness.client.get(f"/{name}?x=1").json()["code"] == "unknown_parameter"


class Fetching:
    """Has the photo at every address."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def fetch(self, url: str, on_bytes: Any) -> bytes:
        self.asked.append(url)
        on_bytes(len(PHOTO))
        return PHOTO


def test_json_says_where_the_photo_is(likeness: Likeness) -> None:
    fetching = Fetching()
    answering = likeness.app.state.answering
    likeness.app.state.answering = replace(
        answering,
        photos=FetchedPhotos(fetching, UploadMemory(10**6)),  # type: ignore[arg-type]
    )
    try:
        for asked, size in (({"scale": 3}, (144, 96)), ({}, (96, 64)), ({"scale": 1.5}, (72, 48))):
            data = likeness.client.post("/upscale", json={"img_url": "https://a.example/b.png", **asked}).json()["data"]
            assert (data["width"], data["height"]) == size
    finally:
        likeness.app.state.answering = answering
    assert fetching.asked == ["https://a.example/b.png"] * 3


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"img_url": "https://a.example/b.png"}', 422, "bad_parameter"),  # off on this server
        (b'{"scale": 2}', 422, "bad_parameter"),
        (b'{"img_url": 3}', 422, "bad_parameter"),
        (b'{"img_url": "x", "scale": true}', 422, "bad_parameter"),
        (b'{"img_url": "x", "scale": "2"}', 422, "bad_parameter"),
        (b'{"img_url": "x", "scale": 99}', 422, "bad_parameter"),
        (b'{"img_url": "x", "url": "y"}', 422, "bad_parameter"),
        (b"[1]", 400, "malformed_form"),
        (b"{", 400, "malformed_form"),
        (b"", 400, "malformed_form"),
    ],
)
def test_json_that_cannot_be_read_is_refused(likeness: Likeness, body: bytes, status: int, code: str) -> None:
    response = likeness.client.post("/upscale", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize("path", [UPSCALE, ENHANCE, "/face-enhance"])
def test_other_addresses_take_no_json(likeness: Likeness, path: str) -> None:
    response = likeness.client.post(path, json={"img_url": "https://a.example/b.png"})
    assert response.status_code == 415


def test_json_takes_no_query(likeness: Likeness) -> None:
    response = likeness.client.post("/upscale?scale=2", json={"img_url": "x"})
    assert response.json()["code"] == "unknown_parameter"
