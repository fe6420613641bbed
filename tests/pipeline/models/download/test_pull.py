from __future__ import annotations

import gzip
import hashlib
import io
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock

from pipeline.errors import PipelineError
from pipeline.models.catalogue.model_file import Archive, ModelFile
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.download import archive as zips
from pipeline.models.download import transfer
from pipeline.models.download.failures import DownloadFailed
from pipeline.models.download.pull import Pulled, pull
from pipeline.models.download.transfer import Patience
from tests.pipeline.models.file_server import PATIENCE, Answer, FileServer, file_server

DATA = random.Random(0).randbytes(300_000)
OTHER = random.Random(1).randbytes(300_000)
QUICK = Patience(attempts=3, pause_s=0, longest_pause_s=5)
UNWATCHED: dict[str, Any] = {"progress": lambda *_: None, "notice": lambda _: None}
PROXIES = [case(f"{scheme}_proxy") for scheme in ("http", "https", "all", "no") for case in (str.lower, str.upper)]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[FileServer]:
    before = set(threading.enumerate())
    with file_server() as files:
        yield files
    assert set(threading.enumerate()) <= before


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "weights"  # made by `pull`


def row(url: str | None, data: bytes = DATA, name: str = "a", **changes: Any) -> ModelFile:
    """A model whose file is `data`."""
    model = ModelFile(
        name=name,
        role="restorer",
        origin="official",
        adapter="gfpgan",
        file=f"{name}.pth",
        url=url,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        licence="MIT",
        commercial_use="yes",
    )
    return replace(model, **changes)


def fetch(folder: Path, *models: ModelFile, patience: Patience = QUICK, **options: Any) -> list[Pulled]:
    return list(pull(models, folder, patience=patience, **(UNWATCHED | options)))


def downloaded(folder: Path, *models: ModelFile, **options: Any) -> bool:
    """Whether the models were downloaded; none may have failed."""
    results = fetch(folder, *models, **options)
    assert [result.failure for result in results] == [None] * len(models)
    assert all(result.model is model for result, model in zip(results, models, strict=True))
    assert len({result.downloaded for result in results}) == 1
    return results[0].downloaded


def refusal(folder: Path, model: ModelFile, **options: Any) -> str:
    """The message for a model that could not be downloaded."""
    (result,) = fetch(folder, model, **options)
    assert not result.downloaded
    assert result.model is model
    assert isinstance(result.failure, DownloadFailed)
    assert isinstance(result.failure, PipelineError)
    assert (result.failure.code, result.failure.stage) == ("download_failed", "models")
    assert result.failure.message.startswith(f"{model.name}: ")
    assert result.failure.message.endswith(".")
    assert ".. " not in result.failure.message
    return result.failure.message


def lying_in(folder: Path) -> dict[str, bytes]:
    """All files except the empty locks."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


def put(folder: Path, name: str, data: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)


def eventually(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.005)


# --- complete ----------------------------------------------------------------------------------------------------


def test_a_file_is_fetched_whole_and_then_left_alone(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA)))
    assert downloaded(folder, model)
    assert lying_in(folder) == {"a.pth": DATA}
    assert server.requests[0].headers["accept-encoding"] == "identity"
    assert server.ranges == [None]
    assert not downloaded(folder, model)
    assert len(server.requests) == 1


def test_a_server_that_names_no_size(server: FileServer, folder: Path) -> None:
    assert downloaded(folder, row(server.serve("/a.pth", Answer(DATA, length=-1))))
    assert lying_in(folder) == {"a.pth": DATA}


def test_nothing_happens_before_the_result_is_iterated_over(server: FileServer, folder: Path) -> None:
    pull([row(server.serve("/a.pth", Answer(DATA)))], folder, **UNWATCHED)
    assert server.requests == []
    assert lying_in(folder) == {}


def test_a_wrong_file_stays_until_the_right_one_replaces_it(server: FileServer, folder: Path) -> None:
    put(folder, "a.pth", OTHER)
    model = row(server.serve("/a.pth", Answer(status=404), Answer(DATA)))
    refusal(folder, model)
    assert lying_in(folder) == {"a.pth": OTHER}
    assert downloaded(folder, model)
    assert lying_in(folder) == {"a.pth": DATA}


def test_one_failure_does_not_stop_the_others(server: FileServer, folder: Path) -> None:
    models = [
        row(server.serve("/1", Answer(DATA)), name="first"),
        row(server.serve("/2", Answer(status=404)), name="second"),
        row(server.serve("/3", Answer(OTHER)), OTHER, name="third"),
    ]
    put(folder, "third.pth", OTHER)
    first, second, third = fetch(folder, *models, models[0])  # named twice, fetched once
    assert (first.downloaded, first.failure) == (True, None)
    assert "404" in str(second.failure)
    assert (third.downloaded, third.failure) == (False, None)
    assert lying_in(folder) == {"first.pth": DATA, "third.pth": OTHER}


def test_rows_that_share_a_file_share_its_download(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA)))
    assert downloaded(folder, model, replace(model, name="also", role="upscaler"))
    assert len(server.requests) == 1
    assert lying_in(folder) == {"a.pth": DATA}


def test_redirects_are_followed_also_when_resuming(server: FileServer, folder: Path) -> None:
    server.serve("/far", Answer(DATA, cut=100_000), Answer(DATA))
    model = row(server.serve("/a.pth", Answer(status=302, headers={"Location": "/far"})))
    assert downloaded(folder, model)
    assert [request.target for request in server.requests] == ["/a.pth", "/far", "/a.pth", "/far"]
    assert server.ranges == [None, None, "bytes=100000-", "bytes=100000-"]
    assert lying_in(folder) == {"a.pth": DATA}


def test_progress_is_monotone_and_complete(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA, cut=100_000), Answer(DATA)))
    seen: list[tuple[ModelFile, int, int]] = []
    downloaded(folder, model, progress=lambda *event: seen.append(event))
    counts = [there for _, there, _ in seen]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, len(DATA))
    assert 100_000 in counts
    assert {(of, total) for of, _, total in seen} == {(model, len(DATA))}


def test_files_have_the_permissions_that_the_umask_leaves(server: FileServer, folder: Path) -> None:
    archive = zip_of({"b.pth": OTHER})
    plain = row(server.serve("/a.pth", Answer(DATA)))
    zipped = member(server.serve("/all.zip", Answer(archive)), archive, "b.pth", OTHER, name="b")
    before = os.umask(0o027)
    try:
        downloaded(folder, plain, zipped)
    finally:
        os.umask(before)
    assert {path.suffix: path.stat().st_mode & 0o777 for path in folder.glob("*.pth")} == {".pth": 0o640}
    assert lying_in(folder) == {"a.pth": DATA, "b.pth": OTHER}


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "zip"])
def test_the_content_is_on_the_disk_before_it_gets_its_name(
    zipped: bool, server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zip_of({"a.onnx": DATA})
    plain = row(server.serve("/a.pth", Answer(DATA)))
    model = member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA) if zipped else plain
    done: list[tuple[str, int]] = []
    fsync, rename = os.fsync, Path.replace

    def spy_fsync(file: int) -> None:
        fsync(file)
        done.append(("fsync", os.fstat(file).st_ino))

    def spy_replace(source: Path, target: Path) -> Path:
        done.append(("replace", source.stat().st_ino))
        return rename(source, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    assert downloaded(folder, model)
    there = (folder / "a.pth").stat().st_ino
    assert done == [("fsync", there), ("replace", there)]


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "identity", "Content-Type": "application/gzip"}])
def test_a_body_is_written_as_it_comes(headers: dict[str, str], server: FileServer, folder: Path) -> None:
    data = gzip.compress(DATA)
    assert downloaded(folder, row(server.serve("/a.pth", Answer(data, headers=headers)), data))
    assert lying_in(folder) == {"a.pth": data}


def test_a_large_file_takes_little_memory(server: FileServer, folder: Path) -> None:
    data = bytes(16 * 1024 * 1024)
    model = row(server.serve("/a.pth", Answer(data)), data)
    tracemalloc.start()
    try:
        downloaded(folder, model)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * 1024 * 1024
    assert (folder / "a.pth").stat().st_size == len(data)


# --- broken off, and gone on with --------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [None, -1], ids=["declared size", "no declared size"])
def test_a_cut_download_goes_on_where_it_stopped(length: int | None, server: FileServer, folder: Path) -> None:
    answers = Answer(DATA, cut=100_000, length=length), Answer(DATA, cut=50_000, length=length), Answer(DATA)
    assert downloaded(folder, row(server.serve("/a.pth", *answers)))
    assert server.ranges == [None, "bytes=100000-", "bytes=150000-"]
    assert lying_in(folder) == {"a.pth": DATA}


def test_a_cut_download_goes_on_in_the_next_call(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA, cut=100_000), Answer(DATA)))
    message = refusal(folder, model, patience=replace(QUICK, attempts=1))
    assert model.url is not None
    assert model.url in message
    assert f"100000 bytes are kept in {folder / 'a.pth.part'}" in message
    assert lying_in(folder) == {"a.pth.part": DATA[:100_000]}
    seen: list[int] = []
    assert downloaded(folder, model, progress=lambda _, there, __: seen.append(there))
    assert seen[0] == 100_000
    assert server.ranges == [None, "bytes=100000-"]
    assert lying_in(folder) == {"a.pth": DATA}


def test_a_whole_part_needs_no_request(server: FileServer, folder: Path) -> None:
    put(folder, "a.pth.part", DATA)
    seen: list[int] = []
    assert downloaded(folder, row(server.url("/a.pth")), progress=lambda _, there, __: seen.append(there))
    assert server.requests == []
    assert seen == [len(DATA)]
    assert lying_in(folder) == {"a.pth": DATA}


@pytest.mark.parametrize(
    "first",
    [
        Answer(DATA, ranges=False),
        Answer(status=416),
        Answer(DATA, content_range="bytes 0-299999/300000"),
        Answer(DATA, content_range="rubbish"),
        Answer(DATA, content_range=f"bytes {'1' * 5000}-299999/300000"),
        Answer(DATA, content_range=f"bytes 100000-299999/{'3' * 5000}"),
    ],
    ids=["ranges ignored", "416", "another range", "no range", "absurd start", "absurd size"],
)
def test_a_server_that_does_not_go_on_is_asked_for_everything(first: Answer, server: FileServer, folder: Path) -> None:
    put(folder, "a.pth.part", DATA[:100_000])
    assert downloaded(folder, row(server.serve("/a.pth", first, Answer(DATA))))
    assert server.ranges == (["bytes=100000-"] if not first.ranges else ["bytes=100000-", None])
    assert lying_in(folder) == {"a.pth": DATA}


def test_the_unit_of_a_range_may_be_written_in_any_case(server: FileServer, folder: Path) -> None:
    put(folder, "a.pth.part", DATA[:100_000])
    model = row(server.serve("/a.pth", Answer(DATA, content_range="Bytes 100000-299999/300000")))
    assert downloaded(folder, model)
    assert len(server.requests) == 1
    assert lying_in(folder) == {"a.pth": DATA}


@pytest.mark.parametrize("size", [100_000, 300_000, 300_001], ids=["short", "whole", "too long"])
def test_an_old_wrong_part_is_thrown_away(size: int, server: FileServer, folder: Path) -> None:
    put(folder, "a.pth.part", (OTHER + b"!")[:size])
    assert downloaded(folder, row(server.serve("/a.pth", Answer(DATA))))
    assert server.ranges == (["bytes=100000-", None] if size == 100_000 else [None])
    assert lying_in(folder) == {"a.pth": DATA}


def test_a_silent_server_is_asked_again(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA, hold=100_000), Answer(DATA)))
    start = time.monotonic()
    assert downloaded(folder, model, patience=replace(QUICK, read_s=1))
    assert time.monotonic() - start < 20  # the usual patience is longer
    assert server.ranges == [None, "bytes=100000-"]
    assert lying_in(folder) == {"a.pth": DATA}


def test_a_slow_server_is_waited_for(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA, trickle_s=0.25, piece=60_000)))
    half_done: list[bool] = []
    assert downloaded(
        folder,
        model,
        patience=replace(QUICK, read_s=1),  # less than the whole download takes
        progress=lambda *_: half_done.append((folder / "a.pth").exists()),
    )
    assert len(half_done) >= 5
    assert not any(half_done)
    assert server.ranges == [None]
    assert lying_in(folder) == {"a.pth": DATA}


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_busy_server_is_asked_again(status: int, server: FileServer, folder: Path) -> None:
    assert downloaded(folder, row(server.serve("/a.pth", Answer(status=status), Answer(DATA))))
    assert len(server.requests) == 2
    assert lying_in(folder) == {"a.pth": DATA}


def test_a_server_that_stays_busy_is_not_asked_for_ever(
    server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    patience = Patience(attempts=5, pause_s=1, longest_pause_s=3)
    assert "503" in refusal(folder, row(server.serve("/a.pth", Answer(status=503))), patience=patience)
    assert len(server.requests) == 5
    assert [pause for pause in pauses if pause >= 1] == [1, 2, 3, 3]
    assert lying_in(folder) == {}


def test_what_comes_renews_the_patience(server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    cuts = [Answer(DATA, cut=30_000)] * 6
    model = row(
        server.serve("/a.pth", *cuts, Answer(status=503), Answer(DATA, cut=1), Answer(status=503), Answer(DATA))
    )
    assert downloaded(folder, model, patience=Patience(attempts=3, pause_s=1, longest_pause_s=9))
    assert [pause for pause in pauses if pause >= 1] == [1, 1, 1, 1, 1, 1, 2, 1, 2]
    assert len(server.requests) == 10
    assert lying_in(folder) == {"a.pth": DATA}


def test_pauses_are_told(server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    url = server.serve("/a.pth", Answer(status=503), Answer(status=429), Answer(DATA, cut=0), Answer(DATA))
    told: list[str] = []
    assert downloaded(folder, row(url), patience=Patience(pause_s=0.5), notice=told.append)
    assert told[:2] == [
        f"{url} answered 503 Service Unavailable; next try in 0.5 s (2 of 5).",
        f"{url} answered 429 Too Many Requests; next try in 1 s (3 of 5).",
    ]
    assert told[2].startswith(f"{url}: ")
    assert told[2].endswith("; next try in 2 s (4 of 5).")
    assert len(told) == 3


def test_a_short_retry_after_is_honoured(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(status=503, headers={"Retry-After": "0"}), Answer(DATA)))
    assert downloaded(folder, model, patience=Patience(pause_s=1000, longest_pause_s=1000))
    assert lying_in(folder) == {"a.pth": DATA}


def test_a_long_retry_after_is_told_instead(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(status=429, headers={"Retry-After": "3600"})))
    assert "Try again in 3600 seconds." in refusal(folder, model)
    assert len(server.requests) == 1
    assert lying_in(folder) == {}


def test_an_absurd_retry_after_is_none(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(status=503, headers={"Retry-After": "9" * 5000})))
    assert len(refusal(folder, model)) < 200
    assert len(server.requests) == QUICK.attempts


@pytest.mark.parametrize(("status", "named"), [(404, "404 Not Found."), (599, "599."), (299, "299.")])
def test_a_server_has_no_say_in_the_name_of_a_status(status: int, named: str, server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(status=status, phrase="\x9b2J" + "so " * 10_000)))
    assert f"answered {named}" in refusal(folder, model)


def test_nothing_unprintable_or_endless_comes_from_a_proxy(
    server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url())
    location = "ftp://x/" + "\x9b2J" + "so" * 10_000
    model = row(server.serve("/a.pth", Answer(status=302, headers={"Location": location})))
    message = refusal(folder, model)
    assert message.isprintable()
    assert len(message) < 600


def test_nobody_listens(folder: Path) -> None:
    with file_server() as gone:
        url = gone.url("/a.pth")
    message = refusal(folder, row(url))
    assert url in message
    assert "refused" in message
    assert "Check the connection" in message
    assert lying_in(folder) == {}


# --- not what it should be ---------------------------------------------------------------------------------------


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


# --- mirror and proxy --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["", "/"])
def test_a_mirror_has_the_file_under_its_name(end: str, server: FileServer, folder: Path) -> None:
    server.serve("/copies/a%20b.pth", Answer(DATA))
    model = row("https://example.org/releases/v1/a%20b.pth?download=1")
    assert downloaded(folder, model, mirror=server.url("/copies") + end)
    assert [request.target for request in server.requests] == ["/copies/a%20b.pth"]
    assert lying_in(folder) == {"a.pth": DATA}


def test_a_mirror_is_not_trusted(server: FileServer, folder: Path) -> None:
    server.serve("/a.pth", Answer(OTHER))
    assert "SHA-256" in refusal(folder, row("https://example.org/a.pth"), mirror=server.url())
    assert lying_in(folder) == {}


def test_the_password_of_a_mirror_is_used_and_not_told(server: FileServer, folder: Path) -> None:
    mirror = server.url().replace("//", "//somebody:secret@")
    message = refusal(folder, row("https://example.org/a.pth"), mirror=mirror)
    assert server.requests[0].headers["authorization"].startswith("Basic ")
    assert server.url("/a.pth") in message
    assert "secret" not in message


def test_the_proxy_of_the_environment_is_used(
    server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url())
    server.serve("/a.pth", Answer(DATA))
    assert downloaded(folder, row("http://models.invalid/a.pth"))
    assert [request.target for request in server.requests] == ["http://models.invalid/a.pth"]
    assert lying_in(folder) == {"a.pth": DATA}


def test_a_failure_on_the_way_through_a_proxy_names_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with file_server() as gone:
        url = gone.url("/a.pth")
    monkeypatch.setenv("HTTP_PROXY", url)
    assert "(through the proxy of the environment). Check" in refusal(folder, row(url))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert "proxy" not in refusal(folder, row(url))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a self-signed certificate for 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate, and is not here")
    path = tmp_path / "certificate.pem"
    new = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    command = [openssl, *new.split(), "-keyout", str(path), "-out", str(path.with_suffix(".crt"))]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


def test_a_certificate_that_is_not_trusted_is_told_at_once(
    certificate: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    told: list[str] = []
    with file_server(certificate) as server:
        model = row(server.serve("/a.pth", Answer(DATA)))
        message = refusal(folder, model, notice=told.append)
        assert "self-signed certificate" in message.replace("self signed", "self-signed")
        assert "Check that SSL_CERT_FILE" in message
        assert told == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
        assert downloaded(folder, model)
    assert lying_in(folder) == {"a.pth": DATA}


@pytest.mark.parametrize(("name", "value"), [("HTTP_PROXY", "gopher://x"), ("SSL_CERT_FILE", "/nowhere/ca.pem")])
def test_an_unusable_environment_is_told(name: str, value: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert "Check the proxy and certificate variables." in refusal(folder, row("http://models.invalid/a.pth"))
    assert lying_in(folder) == {}


# --- zips --------------------------------------------------------------------------------------------------------


def zip_of(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as zipped:
        for name, data in entries.items():
            zipped.writestr(name, data)
    return target.getvalue()


def member(url: str, archive: bytes, entry: str, data: bytes, name: str = "a", **changes: Any) -> ModelFile:
    published = Archive(entry, len(archive), hashlib.sha256(archive).hexdigest())
    return row(url, data, name, archive=published, **changes)


def test_two_models_of_one_zip_are_one_download(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": DATA, "b.onnx": OTHER, "more.txt": b"more"})
    url = server.serve("/all.zip", Answer(archive))
    models = member(url, archive, "a.onnx", DATA), member(url, archive, "b.onnx", OTHER, name="b")
    seen: list[tuple[str, int, int]] = []
    assert downloaded(folder, *models, progress=lambda model, *counts: seen.append((model.name, *counts)))
    assert seen[-1] == ("a", len(archive), len(archive))
    assert lying_in(folder) == {"a.pth": DATA, "b.pth": OTHER}
    assert not downloaded(folder, *models)
    assert len(server.requests) == 1


def test_only_what_is_missing_is_taken_out_of_a_zip(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": DATA, "b.onnx": OTHER})
    url = server.serve("/all.zip", Answer(archive))
    put(folder, "a.pth", DATA)
    models = member(url, archive, "a.onnx", DATA), member(url, archive, "b.onnx", OTHER, name="b")
    assert [result.downloaded for result in fetch(folder, *models)] == [False, True]
    assert lying_in(folder) == {"a.pth": DATA, "b.pth": OTHER}


def test_a_cut_zip_goes_on_where_it_stopped(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": DATA})
    model = member(server.serve("/all.zip", Answer(archive, cut=1000), Answer(archive)), archive, "a.onnx", DATA)
    refusal(folder, model, patience=replace(QUICK, attempts=1))
    assert lying_in(folder) == {"all.zip.part": archive[:1000]}
    assert downloaded(folder, model)
    assert server.ranges == [None, "bytes=1000-"]
    assert lying_in(folder) == {"a.pth": DATA}


@pytest.mark.parametrize("entry", ["top/a.onnx", "../../a.onnx", "/a.onnx"])
def test_names_in_a_zip_are_never_places(entry: str, server: FileServer, folder: Path, tmp_path: Path) -> None:
    archive = zip_of({"../evil": b"evil", "/tmp/evil": b"evil", "../../weights/b.pth": b"evil", entry: DATA})
    model = member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA)
    assert downloaded(folder, model)
    assert {path.name for path in tmp_path.rglob("*")} == {"weights", "a.pth", "all.zip.lock"}
    assert lying_in(folder) == {"a.pth": DATA}


def test_the_exact_name_comes_before_one_in_a_folder(server: FileServer, folder: Path) -> None:
    archive = zip_of({"old/a.onnx": OTHER, "a.onnx": DATA})
    assert downloaded(folder, member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA))
    assert lying_in(folder) == {"a.pth": DATA}


def flagged(archive: bytes, offset: int, value: int) -> bytes:
    """The zip with one byte changed in the first entry of its central directory."""
    at = archive.index(b"PK\x01\x02") + offset
    return archive[:at] + bytes([value]) + archive[at + 1 :]


STORED = zip_of({"a.onnx": DATA}, zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("archive", "why"),
    [
        (zip_of({"b.onnx": DATA}), "0 entries"),
        (zip_of({"1/a.onnx": DATA, "2/a.onnx": DATA}), "2 entries"),
        (zip_of({"a.onnx": DATA + b"!"}), "300001 bytes, expected 300000"),
        (zip_of({"a.onnx": OTHER}), "SHA-256"),
        (flagged(STORED, 8, 1), "encrypted"),
        (flagged(STORED, 10, 99), "compression"),
        (STORED.replace(DATA[:100], OTHER[:100]), "CRC"),
        (DATA, "not a zip"),
        (STORED[:-30], "not a zip"),
    ],
    ids=["missing", "twice", "size", "hash", "encrypted", "method", "damaged", "no zip", "cut"],
)
def test_a_zip_without_the_right_member(archive: bytes, why: str, server: FileServer, folder: Path) -> None:
    message = refusal(folder, member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA))
    assert "a.onnx" in message
    assert "all.zip" in message
    assert why in message
    assert "kept" not in message
    assert lying_in(folder) == {}


def test_a_member_that_unpacks_to_more_than_its_size_is_cut_off(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": bytes(50_000_000)})
    at = archive.index(b"PK\x01\x02") + 24
    archive = archive[:at] + (300_000).to_bytes(4, "little") + archive[at + 4 :]
    refusal(folder, member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA))
    assert lying_in(folder) == {}


def test_one_wrong_member_does_not_spoil_the_other(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": OTHER, "b.onnx": OTHER})
    url = server.serve("/all.zip", Answer(archive))
    wrong, right = fetch(folder, member(url, archive, "a.onnx", DATA), member(url, archive, "b.onnx", OTHER, name="b"))
    assert "SHA-256" in str(wrong.failure)
    assert right.downloaded
    assert lying_in(folder) == {"b.pth": OTHER}


def test_a_zip_that_cannot_be_fetched_fails_all_its_models_by_name(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": DATA, "b.onnx": OTHER})
    url = server.serve("/all.zip", Answer(archive[:-1] + b"!"))
    results = fetch(folder, member(url, archive, "a.onnx", DATA), member(url, archive, "b.onnx", OTHER, name="b"))
    assert [str(result.failure)[:3] for result in results] == ["a: ", "b: "]
    assert all("SHA-256" in str(result.failure) for result in results)
    assert len(server.requests) == 1
    assert lying_in(folder) == {}


# --- disks -------------------------------------------------------------------------------------------------------


def free_space(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=size))


def test_too_little_space_for_all_of_it_is_told_at_once(
    server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zip_of({"b.onnx": OTHER, "c.onnx": DATA})
    url = server.serve("/all.zip", Answer(archive))
    models = (
        row(server.serve("/a.pth", Answer(DATA))),
        member(url, archive, "b.onnx", OTHER, name="b"),
        member(url, archive, "c.onnx", DATA, name="c"),  # is there
    )
    put(folder, "a.pth.part", DATA[:100_000])
    put(folder, "all.zip.part", archive[:100_000])
    put(folder, "c.pth", DATA)
    before = lying_in(folder)
    needed = 200_000 + len(archive) - 100_000 + len(OTHER)
    free_space(monkeypatch, needed - 1)
    with pytest.raises(DownloadFailed, match=r"1\.0 MB are still needed in .* MB are free\. Make room") as caught:
        pull(models, folder, **UNWATCHED)
    assert str(folder) in caught.value.message
    assert server.requests == []
    assert lying_in(folder) == before
    free_space(monkeypatch, needed)
    assert [result.failure for result in fetch(folder, *models)] == [None] * 3
    assert lying_in(folder) == {"a.pth": DATA, "b.pth": OTHER, "c.pth": DATA}
    free_space(monkeypatch, 0)
    fetch(folder, *models)


def test_space_that_is_gone_meanwhile_is_told_before_the_download(
    server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = row(server.serve("/a.pth", Answer(DATA)))
    results = pull([model], folder, **UNWATCHED)
    free_space(monkeypatch, 299_999)
    (result,) = results
    assert f"0.3 MB are still needed in {folder}" in str(result.failure)
    assert server.requests == []
    assert lying_in(folder) == {}
    put(folder, "a.pth.part", DATA[:1])
    assert downloaded(folder, model)
    assert lying_in(folder) == {"a.pth": DATA}


def test_the_members_of_a_zip_need_space_too(server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zip_of({"a.onnx": DATA})
    model = member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA)
    results = pull([model], folder, **UNWATCHED)
    free_space(monkeypatch, len(archive) + len(DATA) - 1)
    (result,) = results
    assert "Make room" in str(result.failure)
    assert server.requests == []
    assert lying_in(folder) == {}
    free_space(monkeypatch, len(archive) + len(DATA))
    assert downloaded(folder, model)
    assert lying_in(folder) == {"a.pth": DATA}


def test_an_empty_part_is_not_kept(server: FileServer, folder: Path) -> None:
    message = refusal(folder, row(server.serve("/a.pth", Answer(DATA, cut=0))))
    assert "kept" not in message
    assert len(server.requests) == QUICK.attempts
    assert lying_in(folder) == {}


def test_a_folder_where_the_part_belongs(server: FileServer, folder: Path) -> None:
    (folder / "a.pth.part").mkdir(parents=True)
    message = refusal(folder, row(server.serve("/a.pth", Answer(DATA))))
    assert "a.pth.part cannot be written: Is a directory. Remove what is in the way" in message
    assert "kept" not in message


@pytest.mark.parametrize("locked", [False, True])
def test_parts_that_nobody_needs_are_removed(locked: bool, folder: Path) -> None:
    archive = zip_of({"a.onnx": DATA})
    model = member("http://models.invalid/all.zip", archive, "a.onnx", DATA)
    put(folder, "a.pth", DATA)
    put(folder, "a.pth.part", DATA[:1])
    put(folder, "all.zip.part", archive)
    put(folder, "b.pth.part", OTHER)
    with FileLock(folder / "all.zip.lock") if locked else nullcontext():
        assert not downloaded(folder, model)
    kept = {"a.pth.part": DATA[:1], "all.zip.part": archive} if locked else {}
    assert lying_in(folder) == {"a.pth": DATA, "b.pth.part": OTHER} | kept


def test_a_folder_where_the_file_belongs(server: FileServer, folder: Path) -> None:
    (folder / "a.pth").mkdir(parents=True)
    model = row(server.serve("/a.pth", Answer(DATA)))
    message = refusal(folder, model)
    assert "cannot be written" in message
    assert f"kept in {folder / 'a.pth.part'}" in message
    (folder / "a.pth").rmdir()
    assert downloaded(folder, model)
    assert len(server.requests) == 1
    assert lying_in(folder) == {"a.pth": DATA}


@pytest.mark.parametrize("inside", ["", "deeper"])
def test_a_file_where_the_folder_should_be(inside: str, tmp_path: Path) -> None:
    put(tmp_path, "file", b"content")
    with pytest.raises(DownloadFailed, match=f"{tmp_path / 'file' / inside} cannot be made a folder"):
        pull([row("https://example.org/a.pth")], tmp_path / "file" / inside, **UNWATCHED)
    assert lying_in(tmp_path) == {"file": b"content"}


# --- other processes ---------------------------------------------------------------------------------------------

# Each child is a fork of one process that has imported torch, and that has no threads.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__, "pipeline.models.download.pull"])

Report = list[tuple[bool, str]]  # of each model: downloaded, failure


def child_main(connection: Connection, models: Sequence[ModelFile], folder: Path, trouble: str) -> None:
    """Download in a child process under hard conditions, and send the report."""
    for name in PROXIES:
        os.environ.pop(name, None)

    def stand_still(*_: object) -> None:
        connection.send("still")
        time.sleep(PATIENCE)

    if trouble == "disk full":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    elif trouble == "no rights":
        os.chdir(folder)  # then the folder is `.`, and no permissions on its parents are needed
        folder = Path()
        if os.geteuid() == 0:
            os.seteuid(65534)
    elif trouble == "before the check":
        transfer.sha256_of = stand_still  # type: ignore[assignment]
    elif trouble == "before the name":
        Path.replace = stand_still  # type: ignore[assignment, method-assign]
    elif trouble == "before the check of the member":
        zips.sha256_of = stand_still  # type: ignore[assignment]
    connection.send("started")
    results = fetch(folder, *models, notice=connection.send)
    connection.send([(result.downloaded, str(result.failure or "")) for result in results])


@contextmanager
def child(folder: Path, *models: ModelFile, trouble: str = "") -> Iterator[tuple[BaseProcess, Connection]]:
    """A process that downloads, and the connection for its report; it is ended after the block."""
    here, there = CONTEXT.Pipe()
    process = CONTEXT.Process(target=child_main, args=(there, models, folder, trouble))
    process.start()
    there.close()
    try:
        assert heard(here) == "started"
        yield process, here
    finally:
        process.kill()
        process.join()
        process.close()
        here.close()


def heard(connection: Connection) -> Any:
    assert connection.poll(PATIENCE)
    return connection.recv()


def reported_in_trouble(trouble: str, folder: Path, model: ModelFile) -> str:
    with child(folder, model, trouble=trouble) as (_, connection):
        report: Report = heard(connection)
    ((was_downloaded, message),) = report
    assert not was_downloaded
    assert message.startswith("a: ")
    return message


def test_a_disk_that_is_full_while_writing(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA)))
    message = reported_in_trouble("disk full", folder, model)
    assert "cannot be written: File too large. Make room on its disk, and try again." in message
    kept = lying_in(folder)["a.pth.part"]
    assert 0 < len(kept) <= 100_000
    assert f"{len(kept)} bytes are kept" in message
    assert lying_in(folder) == {"a.pth.part": DATA[: len(kept)]}
    assert downloaded(folder, model)
    assert server.ranges == [None, f"bytes={len(kept)}-"]
    assert lying_in(folder) == {"a.pth": DATA}


def test_a_disk_that_is_full_while_unpacking(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": bytes(300_000)})
    model = member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", bytes(300_000))
    message = reported_in_trouble("disk full", folder, model)
    assert "cannot be written: File too large" in message
    assert lying_in(folder) == {"all.zip.part": archive}
    assert downloaded(folder, model)
    assert len(server.requests) == 1
    assert lying_in(folder) == {"a.pth": bytes(300_000)}


def test_a_folder_that_may_not_be_written_to(server: FileServer, folder: Path) -> None:
    folder.mkdir(mode=0o555)
    message = reported_in_trouble("no rights", folder, row(server.serve("/a.pth", Answer(DATA))))
    assert "cannot be written: Permission denied. Remove what is in the way, allow writing there" in message
    assert server.requests == []
    assert list(folder.iterdir()) == []


def test_right_files_need_no_writable_folder(server: FileServer, folder: Path) -> None:
    put(folder, "a.pth", DATA)
    put(folder, "a.pth.part", DATA)  # cannot be removed
    (folder / "a.pth").chmod(0o444)
    folder.chmod(0o555)
    with child(folder, row(server.url("/a.pth")), trouble="no rights") as (_, connection):
        assert heard(connection) == [(False, "")]
    assert lying_in(folder) == {"a.pth": DATA, "a.pth.part": DATA}
    assert not (folder / "a.pth.lock").exists()


def test_killed_during_the_download(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA, hold=100_000), Answer(DATA)))
    part = folder / "a.pth.part"
    put(folder, "a.pth", OTHER)
    with child(folder, model) as (process, _):
        assert server.held.wait(PATIENCE)
        eventually(lambda: part.exists() and part.stat().st_size > 50_000)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    kept = part.read_bytes()
    assert lying_in(folder) == {"a.pth": OTHER, "a.pth.part": DATA[: len(kept)]}
    assert downloaded(folder, model)
    assert server.ranges == [None, f"bytes={len(kept)}-"]
    assert lying_in(folder) == {"a.pth": DATA}


@pytest.mark.parametrize("trouble", ["before the check", "before the name", "before the check of the member"])
def test_killed_after_the_download(trouble: str, server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": DATA})
    if "member" in trouble:
        model = member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA)
    else:
        model = row(server.serve("/a.pth", Answer(DATA)))
    with child(folder, model, trouble=trouble) as (process, connection):
        assert heard(connection) == "still"
        process.kill()
        process.join()
    assert lying_in(folder) == {"a.pth.part": DATA} | ({"all.zip.part": archive} if "member" in trouble else {})
    assert downloaded(folder, model)
    assert len(server.requests) == 1
    assert lying_in(folder) == {"a.pth": DATA}


def test_two_processes_at_once_make_one_download(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA, hold=100_000)))
    with child(folder, model) as (_, first):
        assert server.held.wait(PATIENCE)
        with child(folder, model) as (_, second):
            assert heard(second) == "a.pth is being downloaded by another process; waiting for it."
            assert not second.poll(0.2)  # it waits
            assert "a.pth" not in lying_in(folder)
            server.release.set()
            assert heard(first) == [(True, "")]
            assert heard(second) == [(False, "")]
    assert len(server.requests) == 1
    assert lying_in(folder) == {"a.pth": DATA}


def test_two_threads_at_once_make_one_download(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA, hold=100_000)))
    results: list[bool] = []
    threads = [threading.Thread(target=lambda: results.append(downloaded(folder, model))) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert server.held.wait(PATIENCE)
    server.release.set()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, True]
    assert len(server.requests) == 1
    assert lying_in(folder) == {"a.pth": DATA}
