"""Downloads beside other processes, and downloads that are killed."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.download import archive as zips
from pipeline.models.download import transfer
from tests.pipeline.models.download.downloads import (
    DATA,
    OTHER,
    PROXIES,
    downloaded,
    eventually,
    fetch,
    lying_in,
    member,
    put,
    row,
    zip_of,
)
from tests.pipeline.models.file_server import PATIENCE, Answer, FileServer

# Each child is a fork of one process that has imported torch, and that has no threads.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__, "pipeline.models.download.pull"])

Report = list[tuple[bool, str]]  # of each model: downloaded, failure


def child_main(connection: Connection, models: Sequence[ModelFile], folder: Path, trouble: str) -> None:
    """Pull, in a process that gets into trouble, and send the report."""
    for name in PROXIES:
        os.environ.pop(name, None)

    def stand_still(*_: object) -> None:
        connection.send("still")
        time.sleep(PATIENCE)

    if trouble == "disk full":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    elif trouble == "no rights":
        os.chdir(folder)  # from here on `.`, so that no rights on its parents are needed
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
    """A process that pulls, and what it has to say; it is gone after the block."""
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
