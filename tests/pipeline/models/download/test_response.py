"""Responses that are not the wanted file are refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.download.failures import DownloadFailed
from pipeline.models.download.pull import pull
from tests.pipeline.models.download.downloads import (
    DATA,
    OTHER,
    QUICK,
    UNWATCHED,
    lying_in,
    put,
    refusal,
    row,
)
from tests.pipeline.models.file_server import Answer, FileServer


def test_a_wrong_hash_is_told_and_nothing_is_kept(server: FileServer, folder: Path) -> None:
    message = refusal(folder, row(server.serve("/a.pth", Answer(OTHER)), DATA))
    assert hashlib.sha256(OTHER).hexdigest() in message
    assert hashlib.sha256(DATA).hexdigest() in message
    assert server.url("/a.pth") in message
    assert "kept" not in message
    assert len(server.requests) == 1
    assert lying_in(folder) == {}


def test_a_wrong_hash_after_resuming_is_told_after_one_more_download(server: FileServer, folder: Path) -> None:
    put(folder, "a.pth.part", OTHER[:100_000])
    assert "SHA-256" in refusal(folder, row(server.serve("/a.pth", Answer(OTHER)), DATA))
    assert server.ranges == ["bytes=100000-", None]
    assert lying_in(folder) == {}


@pytest.mark.parametrize("size", [299_999, 300_001, 10])
def test_another_declared_size_is_refused_before_anything_is_written(
    size: int, server: FileServer, folder: Path
) -> None:
    message = refusal(folder, row(server.serve("/a.pth", Answer((DATA + b"!")[:size]))))
    assert f"has {size} bytes, expected 300000" in message
    assert len(server.requests) == 1
    assert lying_in(folder) == {}


def test_another_declared_size_leaves_the_old_part_alone(server: FileServer, folder: Path) -> None:
    put(folder, "a.pth.part", DATA[:100_000])
    assert "has 300001 bytes, expected 300000" in refusal(folder, row(server.serve("/a.pth", Answer(DATA + b"!"))))
    assert lying_in(folder) == {"a.pth.part": DATA[:100_000]}


@pytest.mark.parametrize(
    "headers",
    [{"Content-Encoding": "gzip"}, {"Content-Encoding": "GZIP, br"}, {"Content-Type": "Text/HTML; charset=utf-8"}],
    ids=str,
)
@pytest.mark.parametrize("there", [0, 100_000])
def test_a_login_page_is_refused(there: int, headers: dict[str, str], server: FileServer, folder: Path) -> None:
    if there:
        put(folder, "a.pth.part", DATA[:there])
    message = refusal(folder, row(server.serve("/a.pth", Answer(DATA, headers=headers))))
    assert "it is another file" in message
    assert len(server.requests) == 1
    assert lying_in(folder) == ({"a.pth.part": DATA[:there]} if there else {})


def test_an_undeclared_flood_is_cut_off(server: FileServer, folder: Path) -> None:
    assert "more than the expected 1000 bytes" in refusal(
        folder, row(server.serve("/a.pth", Answer(DATA, length=-1)), DATA[:1000])
    )
    assert len(server.requests) == 1
    assert lying_in(folder) == {}


def test_a_file_that_is_always_too_short(server: FileServer, folder: Path) -> None:
    message = refusal(folder, row(server.serve("/a.pth", Answer(DATA[:1000], length=-1, ranges=False))))
    assert "ended after 1000 of 300000 bytes" in message
    assert len(server.requests) == QUICK.attempts
    assert lying_in(folder) == {"a.pth.part": DATA[:1000]}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 204, 304])
def test_what_will_not_change_is_not_tried_again(status: int, server: FileServer, folder: Path) -> None:
    message = refusal(folder, row(server.serve("/a.pth", Answer(status=status))))
    assert f"{server.url('/a.pth')} answered {status}" in message
    assert "mirror" in message
    assert len(server.requests) == 1
    assert lying_in(folder) == {}


@pytest.mark.parametrize(
    "location",
    ["ftp://127.0.0.1/a.pth", "file:///etc/passwd", "http://[::1/a.pth", "http://127.0.0.1:65536/a.pth", "/a.pth"],
)
def test_redirects_that_lead_nowhere(location: str, server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(status=302, headers={"Location": location})))
    assert "leads nowhere" in refusal(folder, model)
    assert len(server.requests) == (21 if location == "/a.pth" else 1)
    assert lying_in(folder) == {}


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/a.pth",
        "file:///etc/passwd",
        "a.pth",
        "http:///a.pth",
        "http://[::1/a.pth",
        "http://example.org:65536/a.pth",
    ],
)
def test_only_http_and_https_addresses(url: str, folder: Path) -> None:
    with pytest.raises(DownloadFailed, match="no http or https address"):
        pull([row(url)], folder, **UNWATCHED)
    with pytest.raises(DownloadFailed, match="no http or https address"):
        pull([row("https://example.org/a.pth")], folder, mirror=url, **UNWATCHED)
    assert not folder.exists()


@pytest.mark.parametrize("start", ["ftp://", "", "//", "http://[::1", "user:"])
def test_no_password_in_a_refused_address(start: str, folder: Path) -> None:
    with pytest.raises(DownloadFailed, match=r"example\.org is no http or https address") as caught:
        pull([row(f"{start}somebody:se/cr@et@example.org")], folder, **UNWATCHED)
    assert "somebody" not in caught.value.message
    assert "cr" not in caught.value.message


def test_models_that_ship_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="mtcnn comes with Likeness"):
        pull(REGISTRY, folder, **UNWATCHED)
    assert not folder.exists()


def test_the_real_table_can_be_asked_for(folder: Path) -> None:
    pull([model for model in REGISTRY if model.url], folder, **UNWATCHED)  # not iterated over: no download
    assert lying_in(folder) == {}
