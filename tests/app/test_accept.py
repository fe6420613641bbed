from __future__ import annotations

import pytest

from app.accept import by_preference


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("", [""]),
        ("text/html,application/xhtml+xml,*/*;q=0.8", ["text/html", "application/xhtml+xml", "*/*"]),
        ("*/*;q=0.1, image/PNG; q=0.5,application/json", ["application/json", "image/png", "*/*"]),
        ("gzip;q=0, br", ["br"]),
        ("gzip;q=never, br", ["br"]),
        ("gzip; q=0.5; x=1, deflate;q=0.6", ["deflate", "gzip"]),
    ],
)
def test_the_most_wanted_comes_first(header: str, names: list[str]) -> None:
    assert by_preference(header) == names
