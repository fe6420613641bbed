"""Parsing of the form field `face_boxes`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from app.face_boxes import EXAMPLE, parse
from pipeline.options import FaceBox

CORNER = st.integers(-1000, 30_000) | st.floats(-1000, 30_000)
SIDE = st.integers(11, 30_000) | st.floats(11, 30_000)  # not 10, which rounding could make a little less
BOX = st.tuples(CORNER, CORNER, SIDE, SIDE).map(lambda box: [box[0], box[1], box[0] + box[2], box[1] + box[3]])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(boxes=st.lists(BOX, max_size=64), indent=st.none() | st.integers(0, 2))
def test_json_of_boxes_is_parsed(boxes: list[list[float]], indent: int | None) -> None:
    read = parse(json.dumps(boxes, indent=indent))
    assert [list(box) for box in read] == boxes
    assert all(type(number) is float for box in read for number in box)


def test_the_example_is_valid() -> None:
    assert parse(EXAMPLE) == ((120, 80, 210, 200),)


def attempt(text: Any) -> tuple[tuple[FaceBox, ...], str | None]:
    """The parsed boxes and None, or nothing and the sentence of the error."""
    try:
        return parse(text), None
    except PydanticCustomError as error:
        return (), error.message()


@given(st.text() | JSON.map(json.dumps) | JSON | st.lists(st.lists(st.floats(), max_size=5)).map(json.dumps))
def test_anything_else_is_refused_with_a_sentence(text: Any) -> None:
    read, sentence = attempt(text)
    if sentence is None:
        assert json.loads(text) == [list(box) for box in read]
        assert all(x1 - x0 >= 10 and y1 - y0 >= 10 for x0, y0, x1, y1 in read)
    else:
        assert sentence.startswith(
            "Input should be a JSON list of at most 64 boxes [x0, y0, x1, y1] in pixels, such as"
        )
        assert EXAMPLE in sentence
        assert sentence.isascii()
        assert len(sentence) < 300


@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-Infinity", "1e999", "1000000.5", "-1e7", "9" * 4000, "true", "null", '"5"', "[5]", "{}"],
)
def test_a_coordinate_that_is_no_number_of_pixels_is_refused(number: str) -> None:
    with pytest.raises(PydanticCustomError, match="box 1 is no list of four numbers from -1000000 to 1000000"):
        parse(f"[[0, 0, 20, 20], [0, 0, 20, {number}]]")


@pytest.mark.parametrize("box", [[], [0, 0, 20], [0, 0, 20, 20, 0.9], {"x0": 0}, "box", 7, None])
def test_a_box_has_four_numbers(box: Any) -> None:
    with pytest.raises(PydanticCustomError, match=r"box 0 is no list of four numbers$"):
        parse(json.dumps([box]))


@pytest.mark.parametrize(
    ("box", "why"),
    [
        ([30, 0, 10, 20], "in box 0 the second corner lies to the left of the first, or above it"),
        ([0, 30, 20, 10], "in box 0 the second corner lies to the left of the first, or above it"),
        ([5, 5, 5, 5], "box 0 is less than 10 pixels wide or high"),
        ([0, 0, 9.99, 20], "box 0 is less than 10 pixels wide or high"),
        ([0, 0, 20, 9.99], "box 0 is less than 10 pixels wide or high"),
    ],
)
def test_reversed_and_small_boxes_are_told_apart(box: list[float], why: str) -> None:
    _, sentence = attempt(json.dumps([box]))
    assert str(sentence).endswith(f"; {why}")


def test_there_are_at_most_64_boxes() -> None:
    box = [0, 0, 10, 10]
    assert len(parse(json.dumps([box] * 64))) == 64
    assert str(attempt(json.dumps([box] * 65))[1]).endswith("; these are 65 boxes")


@pytest.mark.parametrize("text", ["[" * 4096, "[[" * 600 + "]]" * 600, "[[0, 0, 20, " + "9" * 4350 + "]]"])
def test_json_that_python_does_not_read_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        parse(text)
