"""The option `face_boxes`: a JSON list of boxes around faces, read strictly."""

import json
from typing import Annotated, Any, NoReturn, TypeAlias

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from pipeline.options import MAX_FACE_BOXES, MIN_BOX_SIDE, FaceBox

EXAMPLE = "[[120, 80, 210, 200]]"

_FARTHEST = 1_000_000  # pixels: no photo is that large


def parse(text: Any) -> tuple[FaceBox, ...]:
    """The boxes of a JSON list. Raises `PydanticCustomError`. Whether they lie in the photo is not known here."""
    try:
        boxes = json.loads(text)
    except (TypeError, ValueError, RecursionError):  # a file, no JSON, or JSON nested too deeply
        _refuse("this is no JSON")
    if not isinstance(boxes, list):
        _refuse("this is no list")
    if len(boxes) > MAX_FACE_BOXES:
        _refuse(f"these are {len(boxes)} boxes")
    return tuple(_box(index, value) for index, value in enumerate(boxes))


def _box(index: int, value: Any) -> FaceBox:
    if not isinstance(value, list) or len(value) != 4:
        _refuse(f"box {index} is no list of four numbers")
    for number in value:
        # The comparison comes before `float`, which has no room for the longest whole numbers of JSON.
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not abs(number) <= _FARTHEST:
            _refuse(f"box {index} is no list of four numbers from -{_FARTHEST} to {_FARTHEST}")
    x0, y0, x1, y1 = (float(number) for number in value)
    if x1 < x0 or y1 < y0:
        _refuse(f"in box {index} the second corner lies to the left of the first, or above it")
    if x1 - x0 < MIN_BOX_SIDE or y1 - y0 < MIN_BOX_SIDE:
        _refuse(f"box {index} is less than {MIN_BOX_SIDE} pixels wide or high")
    return x0, y0, x1, y1


def _refuse(why: str) -> NoReturn:
    raise PydanticCustomError(
        "face_boxes",
        "Input should be a JSON list of at most {most} boxes [x0, y0, x1, y1] in pixels, such as {example}; {why}",
        {"most": MAX_FACE_BOXES, "example": EXAMPLE, "why": why},
    )


# The value is what `parse` returns, or None. Were the type a tuple, FastAPI would hand over a list of texts: all form
# fields of that name.
FaceBoxes: TypeAlias = Annotated[
    Any,
    PlainValidator(parse),
    WithJsonSchema(
        {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "type": "array",
                "maxItems": MAX_FACE_BOXES,
                "items": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
            },
        }
    ),
]
