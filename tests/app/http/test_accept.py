"""The names of an Accept header, ordered by quality."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from app.http.accept import by_preference


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ([], []),
        ([""], []),
        (["text/html,application/xhtml+xml,*/*;q=0.8"], ["text/html", "application/xhtml+xml", "*/*"]),
        (["*/*;q=0.1, image/PNG; q=0.5,application/json"], ["application/json", "image/png", "*/*"]),
        (["gzip;q=0, br"], ["br"]),
        (["gzip; q = 0, br"], ["br"]),
        (["gzip;q=never, br"], ["br"]),
        (["gzip;q=inf, br;q=0.1"], ["br"]),
        (['gzip;q="0.5", br'], ["br", "gzip"]),
        (["gzip; q=0.5; x=1, deflate;q=0.6"], ["deflate", "gzip"]),
        (["gzip;quality=1, br;q=0.5", "gzip;q=0.1"], ["gzip", "br"]),
        (["application/json;q=0.5", "text/event-stream"], ["text/event-stream", "application/json"]),
    ],
)
def test_names_are_ordered_by_quality(lines: list[str], names: list[str]) -> None:
    assert by_preference(Headers(raw=[(b"accept", line.encode()) for line in lines]), "accept") == names
