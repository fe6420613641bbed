from __future__ import annotations

import asyncio
import os
import urllib.error
import urllib.request
from pathlib import Path
from uuid import UUID

import pytest

from jobs.file_names import content_disposition
from jobs.keys import photo_key
from jobs.objects import ObjectStore, open_objects
from jobs.objects.presigned import with_parameters

KEY = photo_key(UUID("01890a5d-ac96-774b-bcce-b302099a8057"))


def url_of(objects: ObjectStore, file_name: str, *, expires_s: float = 60, media_type: str = "image/png") -> str | None:
    return asyncio.run(objects.presigned(KEY, expires_s=expires_s, file_name=file_name, media_type=media_type))


def test_a_folder_and_memory_have_no_urls(tmp_path: Path) -> None:
    assert url_of(open_objects(f"file://{tmp_path}"), "a.png") is None
    assert url_of(open_objects("memory://"), "a.png") is None


@pytest.mark.parametrize(
    "name", ["me.png", 'gr\u00fc\u00dfe "\u2013" 100%; a=b&c+d.png', "x\r\nSet-Cookie: a=b.png", "照片.png"]
)
def test_a_browser_downloads_it_under_its_name_without_our_keys(s3_url: str, name: str) -> None:
    objects = open_objects(s3_url)
    asyncio.run(objects.put(KEY, b"picture"))
    url = url_of(objects, name)
    assert url is not None
    with urllib.request.urlopen(url, timeout=5) as answer:
        assert answer.read() == b"picture"
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Disposition"] == content_disposition(name)
        assert answer.headers["Set-Cookie"] is None


def test_a_url_that_was_changed_or_is_old_gives_nothing(s3_url: str) -> None:
    objects = open_objects(s3_url)
    asyncio.run(objects.put(KEY, b"picture"))
    url = url_of(objects, "me.png", expires_s=1)
    assert url is not None
    for changed in (url.replace("me.png", "you.png"), url.replace("Expires=1", "Expires=100"), url.split("?")[0]):
        assert changed != url
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(changed, timeout=5)
        assert caught.value.code == 403


def test_credentials_of_a_role_give_no_url(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    assert url_of(open_objects("s3://bucket"), "a.png") is None


def test_the_token_of_a_session_is_in_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, f"{name}+/=")
    url = url_of(open_objects("s3://bucket"), "a.png")
    assert url is not None
    assert "X-Amz-Security-Token=AWS_SESSION_TOKEN%2B%2F%3D&" in url


@pytest.mark.parametrize("media_type", ["", "image/png\r\nX: 1", "image", 'image/"png"'])
def test_what_is_no_media_type_is_a_fault_of_the_program(monkeypatch: pytest.MonkeyPatch, media_type: str) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with pytest.raises(ValueError, match="no media type"):
        url_of(open_objects("s3://bucket"), "a.png", media_type=media_type)


def test_the_signature_is_that_of_amazons_example() -> None:
    """Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters", the example's values."""
    url = (
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=x"
    )
    signed = with_parameters(url, {}, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    assert signed.endswith("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
