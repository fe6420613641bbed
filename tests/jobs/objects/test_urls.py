from __future__ import annotations

import asyncio
import os
from pathlib import Path
from uuid import UUID

import pytest

from jobs.keys import photo_key
from jobs.objects import BadObjectsUrl, open_objects

KEY = photo_key(UUID("01890a5d-ac96-774b-bcce-b302099a8057"))


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "GOOGLE_", "AZURE_"))]:
        monkeypatch.delenv(name)


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    folder = tmp_path / "a b" / "c%d" / "é"
    asyncio.run(open_objects(folder.as_uri()).put(KEY, b"1"))
    assert (folder / KEY).read_bytes() == b"1"


def test_a_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    asyncio.run(open_objects(f"file://{tmp_path}/link").put(KEY, b"1"))
    assert (tmp_path / "disk" / KEY).read_bytes() == b"1"


def test_each_memory_is_one_of_its_own() -> None:
    async def run() -> None:
        first, second = open_objects("memory://"), open_objects("memory:///")
        await first.put(KEY, b"1")
        assert [entry async for entry in second.list()] == []

    asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        ("s3://bucket/some/prefix", {}),
        ("s3://bucket", {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}),
        ("gs://bucket/prefix", {}),
        ("az://container/prefix", {"AZURE_STORAGE_ACCOUNT_NAME": "account"}),
        ("az://container", {"AZURE_STORAGE_ACCOUNT_NAME": "account", "AZURE_STORAGE_ACCOUNT_KEY": "a2V5"}),
    ],
)
def test_a_remote_store_is_made_without_asking_it(
    url: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    open_objects(url)


@pytest.mark.parametrize(
    ("url", "environment", "sentence"),
    [
        ("", {}, "no known kind"),
        ("/var/lib/likeness", {}, "no known kind"),
        ("ftp://host/x", {}, "no known kind.*s3://bucket/prefix"),
        ("http://[x", {}, "cannot be read"),
        ("file://var/lib", {}, "three slashes"),
        ("file:///", {}, "three slashes"),
        ("s3://", {}, "names no bucket"),
        ("gs:///prefix", {}, "names no bucket"),
        ("s3://bucket:99/x", {}, "names no bucket"),
        ("s3://key:secret@bucket/x", {}, "belong in the environment"),
        ("s3://bucket/x?region=eu", {}, "belong in the environment"),
        ("s3://bucket", {"AWS_ACCESS_KEY_ID": "a"}, "both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ("s3://bucket", {"AWS_ENDPOINT_URL": "http://minio:9000"}, "needs AWS_ACCESS_KEY_ID"),
        ("az://container", {}, "AZURE_STORAGE_ACCOUNT_NAME"),
        ("az://container", {"AZURE_STORAGE_ACCOUNT_NAME": "a", "AZURE_STORAGE_ACCOUNT_KEY": "%"}, "wrong or missing"),
        ("gs://bucket", {"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere.json"}, "wrong or missing"),
    ],
)
def test_what_is_wrong_or_missing_is_told(
    url: str, environment: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadObjectsUrl, match=sentence) as caught:
        open_objects(url)
    assert "secret" not in caught.value.message
    assert "\n" not in caught.value.message
