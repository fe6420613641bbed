"""The names of operators."""

from __future__ import annotations

import pytest

from app.access.operators import parse_operators


def test_names_are_those_of_keys_and_subjects_of_tokens() -> None:
    assert parse_operators(" admin, token:alice@example.org ,,token:7") == {
        "admin",
        "token:alice@example.org",
        "token:7",
    }
    assert parse_operators("") == frozenset()


@pytest.mark.parametrize("text", ["Admin", "token:", "key:admin", "admin,*", "a b", "x" * 65])
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither the name of an API key"):
        parse_operators(text)
