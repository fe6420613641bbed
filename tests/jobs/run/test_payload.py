"""What is stored of an order is the order, or a sentence says why not."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.options import OutputOptions
from app.work.errors import BadParameter
from app.work.order import Order
from jobs.errors import OrderUnreadable
from jobs.run import payload
from pipeline.options import EnhanceOptions
from pipeline.types import Notice
from tests.app import samples
from tests.app.work.services import order

OPTIONS = st.builds(
    EnhanceOptions,
    upscale_factor=st.floats(1, 8),
    long_side=st.none() | st.integers(16, 32_768),
    strength=st.floats(0, 1),
    face_overrides=st.lists(st.tuples(st.integers(0, 9), st.floats(0, 1)), max_size=3).map(tuple),
    face_boxes=st.lists(st.tuples(*[st.floats(0, 1e4)] * 4), max_size=2).map(tuple),
    restorer=st.none() | st.text(max_size=8),
)
OUTPUT = st.builds(
    OutputOptions, quality=st.integers(1, 100), output_format=st.sampled_from(["png", "same"]), dry_run=st.just(False)
)


@given(options=OPTIONS, output=OUTPUT, by_preset=st.frozensets(st.sampled_from(["metrics", "self_ensemble"])))
def test_an_order_comes_back_from_json(options: EnhanceOptions, output: OutputOptions, by_preset: Any) -> None:
    order = Order("enhance", b"photo", b"truth", options, output, by_preset, (Notice("code", "A sentence."),))
    stored = orjson.loads(orjson.dumps(payload.dump(order)))
    assert b"photo" not in orjson.dumps(stored)
    assert payload.load(stored, b"photo", b"truth") == order


def test_every_option_is_stored() -> None:
    stored = payload.dump(Order("upscale", b"", None, EnhanceOptions()))
    assert set(stored["options"]) == {field.name for field in fields(EnhanceOptions)}
    assert set(stored["output"]) == {field.name for field in fields(OutputOptions)}


def test_an_option_that_has_come_since_has_its_default() -> None:
    stored = payload.dump(Order("upscale", b"", None, EnhanceOptions(strength=0.5)))
    del stored["options"]["color_lock"], stored["output"]["preset"]
    assert payload.load(stored, b"", None) == Order("upscale", b"", None, EnhanceOptions(strength=0.5))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"options": {"sharpness": 3}}, "options.sharpness"),
        ({"output": {"output_format": "jxl"}}, "output.output_format"),
        ({"options": {"upscale_factor": "twice"}}, "options.upscale_factor"),
        ({"task": "colorize"}, "task"),
        ({"colors": 3}, "colors"),
        ({"options": None}, "options"),
    ],
)
def test_what_is_not_understood_is_named(change: dict[str, Any], named: str) -> None:
    stored = payload.dump(Order("upscale", b"", None, EnhanceOptions()))
    for name, value in change.items():
        stored[name] = {**stored[name], **value} if isinstance(value, dict) else value
    with pytest.raises(OrderUnreadable, match=f"does not understand {named}[.] Submit"):
        payload.load(stored, b"", None)


def test_nothing_of_an_order_is_needed_but_must_be_there() -> None:
    with pytest.raises(OrderUnreadable):
        payload.load({}, b"", None)


def test_a_dry_run_is_no_job() -> None:
    order = Order("upscale", b"", None, EnhanceOptions())
    with pytest.raises(BadParameter):
        payload.dump(replace(order, output=OutputOptions(dry_run=True)))


def test_the_trace_of_the_request_is_kept_beside_the_order() -> None:
    asked = order(samples.no_face())
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    stored = payload.dump(asked, traceparent)
    assert payload.trace_of(stored) == traceparent
    assert payload.load(stored, asked.file, None) == payload.load(payload.dump(asked), asked.file, None)
    assert payload.trace_of(payload.dump(asked)) is None
    assert payload.trace_of({"traceparent": 7}) is None
