"""Downloads that break off are resumed, and servers that are busy or silent are asked again."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.models.download.transfer import Patience
from tests.pipeline.models.download.downloads import (
    DATA,
    OTHER,
    QUICK,
    downloaded,
    lying_in,
    put,
    refusal,
    row,
)
from tests.pipeline.models.file_server import Answer, FileServer, file_server


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
        patience=replace(QUICK, read_s=1),  # less than all of it takes
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
