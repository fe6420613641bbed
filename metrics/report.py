"""All the figures for one picture."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from metrics.lpips import Perceptual, lpips
from metrics.psnr import psnr
from metrics.ssim import SMALLEST_WINDOW, ssim

Reference: TypeAlias = Literal["input", "upload"]
logger = logging.getLogger("likeness.metrics")

_Array: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Notice:
    """Why a figure is missing: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A finite number, or None and why."""

    value: float | None
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures, each finite or None, and what they compare with; every None has its notice."""

    psnr: float | None
    ssim: float | None
    lpips: float | None
    reference: Reference
    notices: tuple[Notice, ...] = ()


def _wanted() -> None:
    """The default check: the work goes on."""


def perceptual_figure(
    output: _Array, target: _Array, network: Perceptual | None, check: Callable[[], None] = _wanted
) -> Figure:
    """LPIPS of `output` against `target`, images as `measure` takes them. Apart, as a network belongs on the device.

    `check` is called on the way, and what it raises comes out: the work is then no longer wanted.
    """
    if network is not None and min(target.shape[:2]) < network.smallest_side:
        smallest = network.smallest_side
        message = f"LPIPS needs pictures of at least {smallest} × {smallest} pixels."
        return Figure(None, Notice("lpips_too_small", message))
    return _figure(
        "LPIPS",
        lambda: lpips(_resized(output, target.shape[1], target.shape[0]), target, network, check),
        Notice("lpips_unavailable", "LPIPS was not measured: no perceptual model is installed."),
        check,
    )


def measure(output: _Array, target: _Array, *, perceptual: Figure, reference: Reference = "input") -> Report:
    """Compare `output` with `target`, both RGB (H, W, 3) float32 in [0, 1], at the size of the target.

    A larger output is area-resampled, a smaller one interpolated. `reference` says what the target is: the input
    photo (the figures then tell how much it was changed) or an uploaded ground truth (how good the result is).
    A metric that fails costs only its own figure.
    """
    resized = cache(lambda: _resized(output, target.shape[1], target.shape[0]))  # where it fails, it costs the figures
    psnr_figure = _figure(
        "PSNR",
        lambda: psnr(resized(), target),
        Notice("psnr_identical", "The pictures are equal, so that PSNR has no bound."),
    )
    ssim_figure = _figure(
        "SSIM",
        lambda: ssim(resized(), target),
        Notice("ssim_too_small", f"SSIM needs pictures of at least {SMALLEST_WINDOW} × {SMALLEST_WINDOW} pixels."),
    )
    figures = (psnr_figure, ssim_figure, perceptual)
    notices = tuple(figure.notice for figure in figures if figure.notice is not None)
    return Report(psnr_figure.value, ssim_figure.value, perceptual.value, reference, notices)


def _figure(
    name: str, metric: Callable[[], float | None], absent: Notice, check: Callable[[], None] = _wanted
) -> Figure:
    """The metric's value, or why there is none. Raises what `check` raises."""
    try:
        value = metric()
    except Exception as error:
        check()  # if it was this that ended the metric, it does so again
        logger.exception("%s could not be measured", name)
        return Figure(None, Notice("metric_failed", f"{name} could not be measured ({type(error).__name__})."))
    if value is None:
        return Figure(None, absent)
    if not math.isfinite(value):
        return Figure(None, Notice("metric_failed", f"{name} could not be measured (it gave {value})."))
    return Figure(value)


def _resized(image: _Array, width: int, height: int) -> _Array:
    if image.shape[:2] == (height, width):
        return image
    shrinks = image.shape[0] >= height and image.shape[1] >= width
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(np.clip(resized, 0, 1), np.float32)  # cubic interpolation overshoots
