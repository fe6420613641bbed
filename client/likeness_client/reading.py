"""The server's JSON as dataclasses. Fields that a class does not have are passed over: servers may be newer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import httpx

from .errors import ServerFault

T = TypeVar("T")


def read(kind: type[T], response: httpx.Response, part: Callable[[Any], Any] = lambda body: body) -> T:
    """What an answer says, or `part` of it. Raises `ServerFault` where it is not what Likeness answers."""
    try:
        found: T = built(kind, part(response.json()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"The answer of {response.url} is not one of Likeness: {type(error).__name__}, {error}."
        raise ServerFault(message, "unknown_answer", "request", response.status_code) from error
    return found


def built(kind: Any, value: Any) -> Any:
    """A value of a type: a dataclass, `X | None`, `tuple[X, ...]`, a datetime; else as it is.

    Raises `KeyError`, `TypeError` or `ValueError` if it does not fit.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return None if value is None else built(next(part for part in inner if part is not NoneType), value)
    if origin is tuple and inner[1:] == (Ellipsis,):
        return tuple(built(inner[0], each) for each in value)
    if kind is datetime:
        return datetime.fromisoformat(value.replace("Z", "+00:00"))  # Python 3.10 knows no Z
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: built(hint, value[name]) for name, hint in hints.items()})  # type: ignore[operator]
    return value
