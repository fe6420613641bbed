"""Results of jobs: ranges, ETags, names, and URLs of the object store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from app.http.jobs.byte_range import byte_range
from app.http.refusals import RangeNotSatisfiable
from jobs.objects import store
from tests.app.http.job_clients import done, keeping, over, submit
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import Likeness, eventually


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Likeness]:
    with keeping(tmp_path_factory.mktemp("data")) as likeness:
        yield likeness


@pytest.fixture(scope="module")
def path(server: Likeness) -> str:
    """Where a result is."""
    link: str = done(server, upscale_factor=1)["links"]["result"]
    return link


def get(server: Likeness, path: str, **headers: str) -> Any:
    return server.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_result_may_be_kept_by_its_client_alone(server: Likeness, path: str) -> None:
    whole = get(server, path)
    assert whole.headers["cache-control"] == "private, no-cache"
    assert whole.headers["accept-ranges"] == "bytes"
    assert int(whole.headers["content-length"]) == len(whole.content)
    same = get(server, path, If_None_Match=whole.headers["etag"])
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", whole.headers["etag"])
    assert get(server, path, If_None_Match='"other"').status_code == 200
    tags = {get(server, path.replace("/result", part)).headers["etag"] for part in ("/result", "/preview", "/report")}
    assert len(tags) == 3


@pytest.mark.parametrize("part", ["/result", "/preview", "/report"])
def test_a_head_says_what_a_get_would_and_sends_nothing(server: Likeness, path: str, part: str) -> None:
    path = path.replace("/result", part)
    whole = get(server, path)
    head = server.client.head(path, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.content) == (200, b"")
    names = ("content-type", "content-length", "content-disposition", "etag", "cache-control", "accept-ranges")
    assert [head.headers[name] for name in names] == [whole.headers[name] for name in names]
    assert server.client.head(path, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert server.client.post(path).headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=5-", 5, None), ("bytes=-7", -7, None), ("bytes=3-3", 3, 4)],
)
def test_a_range_is_a_part(server: Likeness, path: str, asked: str, start: int, end: int | None) -> None:
    whole = get(server, path).content
    part = get(server, path, Range=asked)
    assert part.status_code == 206
    assert part.content == whole[start:end]
    first = start % len(whole)
    assert part.headers["content-range"] == f"bytes {first}-{first + len(part.content) - 1}/{len(whole)}"


def test_a_range_behind_the_end_is_416(server: Likeness, path: str) -> None:
    size = len(get(server, path).content)
    for asked in (f"bytes={size}-", "bytes=-0"):
        refused = get(server, path, Range=asked)
        assert_refused(refused, 416, "range_not_satisfiable", "request")
        assert refused.headers["content-range"] == f"bytes */{size}"


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "pages=1-2", "bytes=5-2", "bytes=a-b", "bytes=-", "0-5"])
def test_other_ranges_are_ignored(server: Likeness, path: str, asked: str) -> None:
    assert get(server, path, Range=asked).status_code == 200


def test_a_download_goes_on_only_where_it_is_the_same(server: Likeness, path: str) -> None:
    tag = get(server, path).headers["etag"]
    assert get(server, path, Range="bytes=5-", If_Range=tag).status_code == 206
    assert get(server, path, Range="bytes=5-", If_Range='"other"').status_code == 200


@given(st.binary(min_size=1, max_size=50), st.integers(0, 60), st.none() | st.integers(0, 60))
def test_any_single_range_is_the_right_slice(data: bytes, first: int, last: int | None) -> None:
    headers = Headers({"range": f"bytes={first}-{'' if last is None else last}"})
    if last is not None and last < first:
        assert byte_range(headers, len(data), "") is None
    elif first >= len(data):
        with pytest.raises(RangeNotSatisfiable):
            byte_range(headers, len(data), "")
    else:
        part = byte_range(headers, len(data), "")
        assert part is not None
        assert data[part.start : part.end] == data[first : None if last is None else last + 1]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Oma.JPG", "Oma.png"),
        ("Größe 1.jpeg", "Gr%C3%B6%C3%9Fe%201.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\photos\\c.jpg", "c.png"),
    ],
)
def test_a_result_has_its_clients_name(server: Likeness, name: str, shown: str) -> None:
    job = over(server, submit(server, name=name, upscale_factor=1).headers["location"])
    disposition = server.client.get(job["links"]["result"]).headers["content-disposition"]
    assert disposition.startswith('attachment; filename="')
    assert disposition.endswith(f"filename*=UTF-8''{shown}")


def test_a_result_may_be_fetched_from_the_store_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with keeping(tmp_path, result_redirect="on") as server:
        job = done(server, upscale_factor=1)
        assert server.client.get(job["links"]["result"]).status_code == 200  # a folder has no URLs
        asked: dict[str, Any] = {}

        async def presigned(key: str, **about: Any) -> str:
            asked.update(about, key=key)
            return "https://store.example/a?signature=b"

        monkeypatch.setattr(server.app.state.jobs.objects, "presigned", presigned)
        moved = server.client.get(job["links"]["result"], follow_redirects=False)
        assert (moved.status_code, moved.headers["location"]) == (303, "https://store.example/a?signature=b")
        assert moved.headers["cache-control"] == "no-store"
        assert server.client.head(job["links"]["result"], follow_redirects=False).status_code == 200
        assert (asked["file_name"], asked["media_type"], asked["expires_s"]) == ("photo.png", "image/png", 300)
        script = {"Sec-Fetch-Dest": "empty"}
        assert server.client.get(job["links"]["result"], headers=script, follow_redirects=False).status_code == 200


def test_an_object_that_is_gone_is_404(tmp_path: Path) -> None:
    with keeping(tmp_path) as server:
        job = done(server, upscale_factor=1)
        for file in (tmp_path / "objects").rglob("result*"):
            file.unlink()
        assert_refused(server.client.get(job["links"]["result"]), 404, "unknown_job", "request")


def test_a_result_that_is_deleted_while_it_is_sent_ends_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(store, "READ_BYTES", 100)
    with keeping(tmp_path) as server:
        job = done(server, upscale_factor=1)
        _chunks = server.app.state.jobs.objects._chunks

        async def with_a_deletion(*about: Any) -> AsyncIterator[bytes]:
            async for chunk in _chunks(*about):
                yield chunk
                for file in (tmp_path / "objects").rglob("result*"):
                    file.unlink()

        monkeypatch.setattr(server.app.state.jobs.objects, "_chunks", with_a_deletion)
        with pytest.raises(httpx.TransportError):
            server.client.get(job["links"]["result"])
        eventually(lambda: "its answer could not go on" in caplog.text)
    assert not [line for line in caplog.records if line.exc_info]
