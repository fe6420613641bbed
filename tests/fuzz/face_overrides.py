"""Whatever the text, `face_overrides` gives faces with strengths from 0 to 1, or an error of a few words."""

from __future__ import annotations

import json

from pydantic_core import PydanticCustomError

from app.face_overrides import parse

LONGEST = 300  # characters of an error: it does not repeat what the client sent


def try_bytes(data: bytes) -> None:
    try:
        overrides = parse(data.decode("utf-8", errors="replace"))
    except PydanticCustomError as error:
        if len(error.message()) > LONGEST:
            raise ValueError("The error is too long.") from error
        return
    if not all(index >= 0 and 0 <= strength <= 1 for index, strength in overrides.items()):
        raise ValueError("These are no strengths of faces.")
    if parse(json.dumps(overrides)) != overrides:
        raise ValueError("The same overrides, written again, are others.")
