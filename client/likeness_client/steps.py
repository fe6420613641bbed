"""What a call consists of, without doing it: requests to be sent and pauses to be made.

A plan is a generator. It yields a `Send`, which the client answers with the response or by throwing an
`httpx.RequestError` into it, or a `Pause`, which is answered with None; it returns the call's result. So the two
clients only differ in how they send and sleep.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

Photo: TypeAlias = str | os.PathLike[str] | bytes  # a path, or the file's bytes


@dataclass(frozen=True)
class Send:
    """A request. `files` are pairs of a form's field and a photo; a file is opened when it is sent.

    `target`: the file that gets the body of a success. `follows`: a redirect is followed. `timeout_s`: of this request,
    instead of the client's.
    """

    method: str
    path: str
    form: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[tuple[str, Photo]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    target: Path | None = None
    follows: bool = False
    timeout_s: float | None = None


@dataclass(frozen=True)
class Pause:
    """Nothing is sent for so many seconds."""

    seconds: float


Step: TypeAlias = Send | Pause
Plan: TypeAlias = Generator[Step, Any, T]
