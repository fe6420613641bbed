"""`ETag`, `If-None-Match`, the cache of answers and compressed documents."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator

import httpx
import pytest

from app.access.keys import new_key
from tests import images
from tests.app import samples
from tests.app.exposition import counted, scraped
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, UPSCALE, Likeness, serving

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PHOTO = images.png(images.gradient())


@pytest.fixture
def caching(fakes: FakeModels) -> Iterator[Likeness]:
    with serving(fakes, cache_mb=1) as server:
        yield server


def ask(server: Likeness, photo: bytes = PHOTO, path: str = UPSCALE, **asked: object) -> httpx.Response:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", **asked.pop("headers", {})}  # type: ignore[dict-item]
    fields = {"background": "resample", **asked}
    return server.client.post(path, files={"file": photo}, data=fields, headers=headers)


def test_the_tag_is_that_of_photo_and_fields(likeness: Likeness) -> None:
    first = ask(likeness).headers["etag"]
    assert first.startswith('W/"')
    assert ask(likeness).headers["etag"] == first
    others = [
        ask(likeness, images.png(images.gradient(40))),
        ask(likeness, upscale_factor=1),
        ask(likeness, path=ENHANCE, require_face=False),
        ask(likeness, output_format="jpeg"),
        ask(likeness, headers={"Accept": "image/png"}),
    ]
    tags = [response.headers["etag"] for response in others]
    assert len({first, *tags}) == 6
    assert not tags[-1].startswith("W/")


@pytest.mark.parametrize("accept", ["application/json", "image/png", "image/*"])
def test_who_has_the_answer_does_not_get_it_again(likeness: Likeness, accept: str) -> None:
    tag = ask(likeness, headers={"Accept": accept}).headers["etag"]
    before = scraped(likeness)("likeness_stage_seconds_count", stage="decode")
    for sent in (tag, tag.removeprefix("W/"), f'"other", {tag}'):
        response = ask(likeness, headers={"Accept": accept, "If-None-Match": sent})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", tag)
    assert scraped(likeness)("likeness_stage_seconds_count", stage="decode") == before
    for sent in ("*", '"other"', ""):
        assert ask(likeness, headers={"Accept": accept, "If-None-Match": sent}).status_code == 200


def test_a_stream_of_events_has_no_tag(likeness: Likeness) -> None:
    tag = ask(likeness).headers["etag"]
    events = ask(likeness, headers={"Accept": "text/event-stream", "If-None-Match": tag})
    assert (events.status_code, "etag" in events.headers) == (200, False)
    assert b"event: result" in events.content


def test_a_tag_does_not_help_a_wrong_request(likeness: Likeness) -> None:
    tag = ask(likeness).headers["etag"]
    assert ask(likeness, strength=3, path=ENHANCE, headers={"If-None-Match": tag}).status_code == 422
    assert ask(likeness, b"no photo", headers={"If-None-Match": tag}).status_code == 415


def test_a_kept_answer_is_given_again(caching: Likeness) -> None:
    first, second = ask(caching), ask(caching)
    assert second.content == first.content
    assert "x-likeness-cache" not in first.headers
    assert second.headers["x-likeness-cache"] == "hit"
    assert second.headers["etag"] == first.headers["etag"]
    picture, again = (ask(caching, headers={"Accept": "image/png"}) for _ in range(2))
    assert again.content == picture.content
    assert again.headers["x-likeness-facts"] == picture.headers["x-likeness-facts"]
    assert (picture.headers["content-type"], again.headers["x-likeness-cache"]) == ("image/png", "hit")
    found = counted(caching, "likeness_requests_total", 4, route=UPSCALE, method="POST", status="200")
    assert [found("likeness_cache_lookups_total", outcome=outcome) for outcome in ("hit", "miss")] == [2, 2]
    assert found("likeness_pixels_total", direction="in") == 2 * 48 * 32
    assert found("likeness_cache_bytes") > len(first.content) + len(picture.content)


def test_events_end_with_a_kept_answer(caching: Likeness) -> None:
    document = ask(caching).content
    events = ask(caching, headers={"Accept": "text/event-stream"})
    assert events.content.endswith(b"event: result\ndata: " + document + b"\n\n")
    assert scraped(caching)("likeness_cache_lookups_total", outcome="hit") == 1


def test_errors_are_not_kept(caching: Likeness) -> None:
    for _ in range(2):
        assert ask(caching, images.cut(PHOTO)).status_code == 422
    assert scraped(caching)("likeness_cache_lookups_total", outcome="hit") == 0
    assert scraped(caching)("likeness_cache_bytes") == 0


def test_nobody_gets_what_was_made_with_another_key(fakes: FakeModels) -> None:
    keys = {name: new_key(name) for name in ("anna", "ben")}
    with serving(fakes, cache_mb=1, api_keys=",".join(entry for _, entry in keys.values())) as server:
        for name, hit in (("anna", False), ("ben", False), ("anna", True), ("ben", True)):
            response = ask(server, headers={"X-API-Key": keys[name][0]})
            assert (response.headers.get("x-likeness-cache") == "hit") == hit


@pytest.mark.parametrize(("accepted", "unpacked"), [("gzip", gzip.decompress), ("zstd", zstd.decompress)])
def test_a_document_is_compressed_for_who_takes_it(caching: Likeness, accepted: str, unpacked: object) -> None:
    plain = ask(caching, samples.portrait())
    for _ in range(2):
        with caching.client.stream(
            "POST",
            UPSCALE,
            files={"file": samples.portrait()},
            data={"background": "resample"},
            headers={"Accept-Encoding": accepted},
        ) as response:
            packed = b"".join(response.iter_raw())
        assert response.headers["content-encoding"] == accepted
        assert "Accept-Encoding" in response.headers["vary"]
        assert len(packed) < 0.8 * len(plain.content)
        document = json.loads(unpacked(packed))  # type: ignore[operator]
        assert document["data"]["restored_image"] == plain.json()["data"]["restored_image"]
    assert response.headers["x-likeness-cache"] == "hit"


@pytest.mark.parametrize("accept", ["image/png", "text/event-stream"])
def test_pictures_and_events_are_never_compressed(likeness: Likeness, accept: str) -> None:
    response = ask(likeness, headers={"Accept": accept, "Accept-Encoding": "gzip, zstd"})
    assert "content-encoding" not in response.headers
