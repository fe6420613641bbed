"""The form field `face_overrides`: a JSON object, face index → strength, read strictly."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn, TypeAlias

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

EXAMPLE = '{"0": 0, "2": 0.5}'

_INDEX = "0|[1-9][0-9]{0,8}"  # one way to write each, and no more digits than a photo has pixels
_SHOWN = 20  # characters of a key that is no index


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as it was written: a dict would silently keep the last of several equal keys."""


def parse(text: Any) -> dict[int, float]:
    """The strength in [0, 1] of each face that the JSON object `text` names by its index.

    Raises `PydanticCustomError`, with a sentence, for anything else.
    """
    try:
        pairs = json.loads(text, object_pairs_hook=_Pairs)
    except (TypeError, ValueError, RecursionError):  # a file, no JSON, or very deep JSON
        _refuse("this is no JSON")
    if not isinstance(pairs, _Pairs):
        _refuse("this is no object")
    overrides: dict[int, float] = {}
    for key, strength in pairs:
        if re.fullmatch(_INDEX, key) is None:
            _refuse(f"{json.dumps(key[:_SHOWN])} is no face index")
        index = int(key)
        if index in overrides:
            _refuse(f"face {index} is named twice")
        if isinstance(strength, bool) or not isinstance(strength, (int, float)) or not 0 <= strength <= 1:
            _refuse(f"the strength of face {index} is no number from 0 to 1")
        overrides[index] = float(strength)
    return overrides


def _refuse(why: str) -> NoReturn:
    raise PydanticCustomError(
        "face_overrides",
        "Input should be a JSON object of face indices and strengths from 0 to 1, such as {example}; {why}",
        {"example": EXAMPLE, "why": why},
    )


# The validator stands around None too, or every error would also say that the field may be left out.
FaceOverrides: TypeAlias = Annotated[
    Mapping[int, float] | None,
    PlainValidator(parse),
    WithJsonSchema(
        {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "type": "object",
                "propertyNames": {"pattern": f"^({_INDEX})$"},
                "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
            },
        }
    ),
]
