"""The table of costs: complete, and growing with the work."""

from __future__ import annotations

import pytest

from app.options import OutputOptions
from app.work.costs import DECODED_S, ENCODED_S, Sizes, costs_of, encoding_cost, upscaling_cost
from app.work.order import Order
from app.work.output_file import OutputFile
from pipeline.codec.formats import INPUT_FORMATS
from pipeline.codec.output_formats import OUTPUT_FORMATS
from pipeline.options import EnhanceOptions, FileOptions
from pipeline.types import Workload
from tests.app.fakes import FakeModels

SIZES = Sizes(1.0, 4.0, 1.0)


def test_every_format_has_a_cost() -> None:
    assert set(DECODED_S) == {row.name for row in INPUT_FORMATS}
    for name, info in OUTPUT_FORMATS.items():
        depths = ("8", "16") if info.has_16_bits else ("8",)
        assert all(encoding_cost(name, FileOptions(bit_depth=depth), 1).seconds > 0 for depth in depths)  # type: ignore[arg-type]
    assert encoding_cost("webp", FileOptions(lossless=True), 2).seconds == 2 * ENCODED_S["webp lossless"]
    assert encoding_cost("png", FileOptions(lossless=True), 1).kind == "png"


def test_a_photo_that_keeps_its_size_is_not_resampled() -> None:
    assert upscaling_cost((), Sizes(4.0, 4.0, 4.0)).seconds == 0
    assert upscaling_cost((), Sizes(4.0, 1.0, 4.0)).seconds == upscaling_cost((), Sizes(1.0, 4.0, 1.0)).seconds > 0


@pytest.mark.parametrize("stage", ["restoration", "identity", "blending"])
def test_faces_cost_by_their_number(fakes: FakeModels, stage: str) -> None:
    order = Order("enhance", b"", None, EnhanceOptions(), OutputOptions())
    seconds = [
        {cost.stage: cost.seconds for cost in costs_of(order, work, fakes(), OutputFile("png", FileOptions()), SIZES)}
        for work in (Workload(), Workload((80.0,)), Workload((80.0,) * 20))
    ]
    assert seconds[0].get(stage, 0.0) < seconds[1][stage] < seconds[2][stage]


def test_metrics_and_faces_that_are_not_asked_for_cost_nothing(fakes: FakeModels) -> None:
    order = Order("upscale", b"", None, EnhanceOptions(), OutputOptions(metrics=False))
    costs = costs_of(order, Workload(), fakes(), OutputFile("jpeg", FileOptions()), SIZES)
    assert [cost.stage for cost in costs] == ["upscaling", "encode", "answer"]
