"""A server on a machine whose disk is full, also for its log: it needs none."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app.disk_watch import MEBIBYTE, large_upload
from tests.app.server import ENHANCE, LIVE, UPSCALE
from tests.load.processes import TIMEOUT_S, Process

FULL = Path("/dev/full")  # every write to it fails with "No space left on device"

pytestmark = [
    pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full"),
    pytest.mark.timeout(300),  # a busy machine takes a minute to start a process
]


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A server that can write into no file, whose log goes to a full disk, without folders for files of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME"):
            patch.setenv(name, str(tmp_path_factory.getbasetemp() / "missing"))
        process = Process(FULL, log_level="debug", drain_s=0)
    try:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, 0))
        process.until_ready()
        yield process
    finally:
        process.destroy()


def sent(replica: Process, path: str, photo: bytes, **headers: str) -> httpx.Response:
    return httpx.post(replica.url + path, files={"file": ("p", photo)}, headers=headers, timeout=TIMEOUT_S)


def test_a_server_answers_photos_though_the_disk_is_full(replica: Process) -> None:
    photo = large_upload()
    assert len(photo) > MEBIBYTE  # from which on Starlette would write it to a file
    assert sent(replica, ENHANCE, photo).status_code == 200
    assert sent(replica, UPSCALE, photo, Accept="image/webp").status_code == 200
    broken = sent(replica, ENHANCE, photo[: 3 * MEBIBYTE])
    assert (broken.status_code, broken.json()["code"]) == (422, "broken_image")
    assert httpx.get(replica.url + LIVE, timeout=TIMEOUT_S).status_code == 200
    replica.signal(signal.SIGTERM)
    assert replica.wait() in (0, -signal.SIGTERM)
