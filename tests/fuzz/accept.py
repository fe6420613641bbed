"""Whatever the headers, `by_preference` gives names in lower case, each one that the client sent.

Each line of the bytes is the value of one header.
"""

from __future__ import annotations

from starlette.datastructures import Headers

from app.http.accept import by_preference


def try_bytes(data: bytes) -> None:
    for name in ("accept", "accept-encoding"):
        wanted = by_preference(Headers(raw=[(name.encode(), value) for value in data.split(b"\n")]), name)
        sent = data.decode("latin-1").lower()
        if not all(value and value in sent for value in wanted):
            raise ValueError("This is not what the client prefers.")
