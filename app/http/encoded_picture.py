"""Pictures that were sent as text, which only their sender can have meant as a picture."""

import base64
import re

from pipeline.codec.formats import INPUT_FORMATS

HEAD = 256  # bytes of a file that are looked at

_WRAPPING = b" \t\r\n\"'\xef\xbb\xbf"  # what an editor or a JSON value leaves in front of the text
_DATA_URL = re.compile(rb"data:[^,]{0,100},", re.IGNORECASE)
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})+")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def encoding_of(data: bytes) -> str | None:
    """What a file is instead of a picture: "a data URL", or "base64 text" of an accepted format; None otherwise."""
    head = data[:HEAD].lstrip(_WRAPPING)
    if _DATA_URL.match(head):
        return "a data URL"
    coded = _BASE64.match(head.translate(_URL_SAFE))
    start = base64.b64decode(coded[0]) if coded else b""
    return "base64 text" if any(row.signature.match(start) for row in INPUT_FORMATS) else None
