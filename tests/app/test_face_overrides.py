"""Parsing of the form field `face_overrides`."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from app.face_overrides import EXAMPLE, parse

INDEX = st.integers(0, 10**9 - 1)
STRENGTH = st.integers(0, 1) | st.floats(0, 1)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(overrides=st.dictionaries(INDEX, STRENGTH), indent=st.none() | st.integers(0, 2))
def test_json_of_overrides_is_parsed(overrides: dict[int, float], indent: int | None) -> None:
    read = parse(json.dumps(overrides, indent=indent))
    assert read == overrides
    assert all(type(index) is int and type(strength) is float for index, strength in read.items())


def test_the_example_is_valid() -> None:
    assert parse(EXAMPLE) == {0: 0, 2: 0.5}


def attempt(text: Any) -> tuple[dict[int, float], str | None]:
    """The parsed overrides and None, or nothing and the sentence of the error."""
    try:
        return parse(text), None
    except PydanticCustomError as error:
        return {}, error.message()


@given(st.text() | JSON.map(json.dumps) | JSON)
def test_anything_else_is_refused_with_a_sentence(text: Any) -> None:
    read, sentence = attempt(text)
    if sentence is None:
        assert json.loads(text) == {str(index): strength for index, strength in read.items()}
    else:
        assert sentence.startswith("Input should be a JSON object of face indices")
        assert EXAMPLE in sentence
        assert sentence.isascii()
        assert len(sentence) < 400  # a quoted character takes up to 12, as two \u escapes


@given(overrides=st.dictionaries(INDEX, STRENGTH, min_size=1), data=st.data())
def test_a_face_may_be_named_only_once(overrides: dict[int, float], data: st.DataObject) -> None:
    index = data.draw(st.sampled_from(sorted(overrides)))
    again = data.draw(st.sampled_from([f'"{index}"', f'"0{index}"', f'"\\u{ord(str(index)[0]):04x}{str(index)[1:]}"']))
    with pytest.raises(PydanticCustomError):
        parse(f"{json.dumps(overrides)[:-1]}, {again}: 0}}")


@pytest.mark.parametrize("key", ["", " 0", "0 ", "0\n", "+1", "-0", "1.0", "1e1", "1_0", "٣", "²", "0x1", "1" * 10])
def test_a_key_that_is_no_index_is_refused(key: str) -> None:
    with pytest.raises(PydanticCustomError, match="is no face index"):
        parse(json.dumps({key: 1}))


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e-9", "1.0000001", "9" * 4000, "9" * 4350]
)
def test_a_number_out_of_range_is_refused(number: str) -> None:
    with pytest.raises(PydanticCustomError):
        parse(f'{{"0": {number}}}')


@pytest.mark.parametrize("strength", [None, True, False, "0.5", "", [0.5], {}, math.nan])
def test_a_strength_that_is_no_number_is_refused(strength: Any) -> None:
    with pytest.raises(PydanticCustomError, match="the strength of face 3 is no number from 0 to 1"):
        parse(json.dumps({"3": strength}))


@pytest.mark.parametrize("text", ["[" * 4096, '{"0":' * 800, '{"0":[' * 600 + "]}" * 600])
def test_deeply_nested_json_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        parse(text)
