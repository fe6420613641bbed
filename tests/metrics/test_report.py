from __future__ import annotations

import ast
import dataclasses
import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import metrics
from metrics.report import Check, Distance, Figures, Reference, measure, perceptual_figure

Array = npt.NDArray[np.float32]


class Network:
    """A stand-in for a network: answers with one value, or raises it."""

    def __init__(self, answer: float | Exception) -> None:
        self.answer = answer
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, first: Array, second: Array, check: Check) -> float:
        self.shapes += [first.shape, second.shape]
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def measured(
    output: Array,
    target: Array,
    *,
    distance: Distance | None = None,
    smallest_side: int = 1,
    reference: Reference = "input",
) -> Figures:
    """All figures in one go."""
    perceptual = perceptual_figure(output, target, distance, smallest_side, go_on)
    return measure(output, target, perceptual=perceptual, reference=reference)


def go_on() -> None:
    """A check that stops nothing."""


def test_lpips_of_a_picture_too_small_for_the_network() -> None:
    network = Network(0.5)
    report = measured(picture(9, 2, 1), picture(9, 2, 2), distance=network, smallest_side=3)
    assert report.lpips is None
    assert "3 × 3" in dict(report.missing)["lpips_too_small"]
    assert network.shapes == []


class Unwanted(Exception):
    """What a check raises."""


def test_a_measurement_that_nobody_wants_any_more_ends() -> None:
    def checking(first: Array, second: Array, check: Check) -> float:
        check()
        return 0.5

    def refuse() -> None:
        raise Unwanted

    image = picture(9, 9)
    assert perceptual_figure(image, image, checking, 1, go_on).value == 0.5
    with pytest.raises(Unwanted):
        perceptual_figure(image, image, checking, 1, refuse)


def test_output_goes_first() -> None:
    def brighter(first: Array, second: Array, check: Check) -> float:
        return np.float32(first.mean() - second.mean())  # type: ignore[return-value]  # as an adapter might by mistake

    output, target = np.full((4, 4, 3), 0.75, np.float32), np.full((4, 4, 3), 0.25, np.float32)
    value = measured(output, target, distance=brighter).lpips
    assert value == 0.5
    assert type(value) is float


def codes(report: Figures) -> list[str]:
    return [code for code, _ in report.missing]


def picture(height: int, width: int, seed: int = 0) -> Array:
    coarse = np.random.default_rng(seed).random((5, 5, 3), np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(np.asarray(smooth, np.float32), 0, 1)


def test_all_figures() -> None:
    target = picture(40, 30)
    network = Network(0.25)
    report = measured(np.clip(target + 0.1, 0, 1), target, distance=network, reference="upload")
    assert report.psnr == pytest.approx(20, abs=1)
    assert report.ssim is not None
    assert 0.5 < report.ssim < 1
    assert report.lpips == 0.25
    assert report.reference == "upload"
    assert report.missing == ()
    assert network.shapes == [(40, 30, 3)] * 2


def test_identical_pictures() -> None:
    image = picture(20, 20)
    report = measured(image, image.copy(), distance=Network(0.0))
    assert (report.psnr, report.lpips) == (None, 0.0)
    assert report.ssim == pytest.approx(1, abs=1e-6)
    assert report.reference == "input"
    assert codes(report) == ["psnr_identical"]


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_larger_output_is_area_averaged(factor: int) -> None:
    target = picture(24, 18)
    enlarged = target.repeat(factor, axis=0).repeat(factor, axis=1)
    checks = np.indices(enlarged.shape[:2]).sum(axis=0) % 2  # averages out over each block of an even side
    report = measured(enlarged + (0.2 * (checks - 0.5))[..., np.newaxis].astype(np.float32), target)
    assert report.psnr is None or report.psnr > (100 if factor % 2 == 0 else 35)


def test_smaller_output_is_enlarged_within_range() -> None:
    target = picture(40, 40)
    network = Network(0.5)
    half = np.asarray(cv2.resize(target, (20, 20), interpolation=cv2.INTER_AREA), np.float32)
    report = measured(half, target, distance=network)
    assert report.psnr is not None
    assert report.psnr > 30
    assert network.shapes == [(40, 40, 3)] * 2


def test_enlarging_does_not_overshoot() -> None:
    """Cubic interpolation of a hard edge leaves [0, 1]; a network must not be given that."""

    def beyond_range(first: Array, second: Array, check: Check) -> float:
        return float(max(first.max() - 1, -first.min(), 0))

    edge = np.zeros((8, 8, 3), np.float32)
    edge[:, 4:] = 1
    assert measured(edge, np.zeros((31, 31, 3), np.float32), distance=beyond_range).lpips == 0


@pytest.mark.parametrize("shape", [(6, 6), (3, 40), (40, 3), (4, 5)])
def test_small_pictures_still_have_ssim(shape: tuple[int, int]) -> None:
    report = measured(picture(*shape, seed=1), picture(*shape, seed=2), distance=Network(0.1))
    assert report.ssim is not None
    assert report.missing == ()


@pytest.mark.parametrize("shape", [(1, 1), (2, 40), (40, 2)])
def test_tiny_pictures_have_no_ssim(shape: tuple[int, int]) -> None:
    report = measured(picture(*shape, seed=1), picture(*shape, seed=2), distance=Network(0.1))
    assert report.ssim is None
    assert report.psnr is not None
    assert codes(report) == ["ssim_too_small"]


def test_without_network() -> None:
    report = measured(picture(9, 9, 1), picture(9, 9, 2))
    assert report.lpips is None
    assert codes(report) == ["lpips_unavailable"]


@pytest.mark.parametrize("answer", [math.nan, math.inf, -math.inf, RuntimeError("out of memory"), MemoryError()])
def test_failing_metric_does_not_lose_the_others(answer: float | Exception) -> None:
    report = measured(picture(9, 9, 1), picture(9, 9, 2), distance=Network(answer))
    assert report.lpips is None
    assert report.psnr is not None
    assert report.ssim is not None
    assert codes(report) == ["metric_failed"]
    assert "LPIPS" in report.missing[0][1]
    if isinstance(answer, Exception):
        assert type(answer).__name__ in report.missing[0][1]


def test_not_a_number_in_the_picture_is_reported() -> None:
    broken = picture(20, 20)
    broken[3, 3] = np.nan
    report = measured(broken, picture(20, 20, 1), distance=Network(0.5))
    assert (report.psnr, report.ssim, report.lpips) == (None, None, 0.5)
    assert codes(report) == ["metric_failed", "metric_failed"]


SIDES = st.integers(1, 20)


def any_picture(draw: st.DrawFn) -> Array:
    shape = (draw(SIDES), draw(SIDES), 3)
    return draw(arrays.arrays(np.float32, shape, elements=st.floats(0, 1, width=32)))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Array, Array]:
    target = any_picture(draw)
    same = draw(st.booleans())
    return (target.copy() if same else any_picture(draw)), target


@settings(max_examples=200, deadline=None)
@given(pairs())
def test_every_figure_is_finite_or_has_its_notice(pair: tuple[Array, Array]) -> None:
    output, target = pair
    report = measured(output, target)
    figures = [value for value in (report.psnr, report.ssim, report.lpips) if value is not None]
    assert all(math.isfinite(value) for value in figures)
    assert len(figures) + len(report.missing) == 3
    assert "metric_failed" not in codes(report)
    if np.array_equal(output, target):
        assert "psnr_identical" in codes(report)
    assert (report.ssim is None) == (min(target.shape[:2]) < 3)
    assert measured(output, target) == report


def test_report_cannot_be_changed() -> None:
    report = measured(picture(9, 9, 1), picture(9, 9, 2))
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.psnr = 1.0  # type: ignore[misc]


def test_metrics_know_neither_pipeline_nor_http() -> None:
    package = Path(str(metrics.__file__)).parent
    imported = set()
    for module in package.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module).split(".")[0])
    assert "numpy" in imported
    assert imported.isdisjoint({"pipeline", "app", "fastapi", "starlette"})
