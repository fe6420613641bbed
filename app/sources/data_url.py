"""`data:` URLs (RFC 2397): the photo stands in its own address."""

import binascii
import re
from urllib.parse import unquote_to_bytes

import pybase64

from app.sources.errors import UrlRefused

DATA_URL_HEAD = 5  # characters, by which a data URL is known

_HEAD = re.compile(r"data:([^,]{0,200}),", re.IGNORECASE)
_SPACE = b" \t\r\n\f"


def is_data_url(text: str) -> bool:
    """Whether this begins like a data URL."""
    return text[:DATA_URL_HEAD].lower() == "data:"


def decode_data_url(text: str) -> bytes:
    """The bytes of a data URL. Its media type does not count: the content decides. Raises `UrlRefused`."""
    head = _HEAD.match(text)
    if head is None or head[1].rpartition(";")[2].strip().lower() != "base64" or not text.isascii():
        raise UrlRefused("url is a data: URL, but not one with base64, such as data:image/jpeg;base64,/9j/4AAQ.")
    coded = text[head.end() :].encode("ascii")
    coded = (unquote_to_bytes(coded) if b"%" in coded else coded).translate(None, _SPACE)
    try:
        return pybase64.b64decode(coded + b"=" * (-len(coded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise UrlRefused("url is a data: URL, but what follows its comma is not base64.") from None
