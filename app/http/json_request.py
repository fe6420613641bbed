"""A photo that is asked for as JSON, `{"img_url": …, "scale": …}`, read as the form that it stands for."""

from typing import Any

import orjson
from starlette.datastructures import FormData, Headers

from app.http.refusals import MalformedForm
from app.work.errors import BadParameter

_FIELDS = {"img_url": "url", "scale": "upscale_factor"}


def is_json(headers: Headers) -> bool:
    """Whether the body is JSON."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def form_of_json(body: bytes) -> FormData:
    """The form with the same meaning. Raises `MalformedForm` and `BadParameter`."""
    try:
        asked: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise MalformedForm("The body is no JSON.") from None
    if not isinstance(asked, dict):
        raise MalformedForm('The body is no JSON object such as {"img_url": "https://…", "scale": 2}.')
    unknown = [name for name in asked if name not in _FIELDS]
    if unknown:
        raise BadParameter(f"{unknown[0][:80]} is not known here: the JSON has {' and '.join(_FIELDS)} only.")
    for name, kinds in (("img_url", str), ("scale", int | float)):
        if name in asked and (not isinstance(asked[name], kinds) or isinstance(asked[name], bool)):
            raise BadParameter(f"{name} is not a {'text' if kinds is str else 'number'}.")
    return FormData([(_FIELDS[name], str(value)) for name, value in asked.items()])
