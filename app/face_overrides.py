"""The option `face_overrides`: a JSON object, face index → strength, read strictly."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn, TypeAlias

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

EXAMPLE = '{"0": 0, "2": 0.5}'

_INDEX = "0|[1-9][0-9]{0,8}"  # without leading zeros, so that each index can be written in one way only
_SHOWN = 20  # characters of a wrong key that the error quotes


class _Pairs(list[tuple[str, Any]]):
    """The pairs of a JSON object. A dict would silently keep only the last of equal keys."""


def parse(text: Any) -> dict[int, float]:
    """The strength in [0, 1] of each face that a JSON object names by its index. Raises `PydanticCustomError`."""
    try:
        pairs = json.loads(text, object_pairs_hook=_Pairs)
    except (TypeError, ValueError, RecursionError):  # a file, no JSON, or JSON nested too deeply
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


# The validator encloses the union with None. Inside it, every error would be followed by one about None.
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
