"""Whatever the text, `face_boxes` gives boxes of at least 10 pixels a side, or an error of a few words."""

from __future__ import annotations

import json

from pydantic_core import PydanticCustomError

from app.face_boxes import parse

LONGEST = 300  # characters of an error: it does not repeat what the client sent


def try_bytes(data: bytes) -> None:
    try:
        boxes = parse(data.decode("utf-8", errors="replace"))
    except PydanticCustomError as error:
        if len(error.message()) > LONGEST:
            raise ValueError("The error is too long.") from error
        return
    if len(boxes) > 64 or not all(x1 - x0 >= 10 and y1 - y0 >= 10 for x0, y0, x1, y1 in boxes):
        raise ValueError("These are no boxes of faces.")
    if parse(json.dumps(boxes)) != boxes:
        raise ValueError("The same boxes, written again, are others.")
