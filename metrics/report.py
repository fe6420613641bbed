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

from metrics.psnr import psnr
from metrics.ssim import SMALLEST_WINDOW, ssim

Reference: TypeAlias = Literal["input", "upload"]
Missing: TypeAlias = tuple[str, str]  # why a figure is missing: (stable code, sentence)
Check: TypeAlias = Callable[[], None]  # raises where the work should stop
_Array: TypeAlias = npt.NDArray[np.float32]
# LPIPS of two RGB images (H, W, 3) in [0, 1] of one shape: 0 for equal ones, higher for less alike.
Distance: TypeAlias = Callable[[_Array, _Array, Check], float]

logger = logging.getLogger("likeness.metrics")


@dataclass(frozen=True, slots=True)
class Figure:
    """A finite number, or None and why."""

    value: float | None
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures, each finite or None, what they compare with, and for every None why it is missing."""

    psnr: float | None
    ssim: float | None
    lpips: float | None
    reference: Reference
    missing: tuple[Missing, ...] = ()


def perceptual_figure(
    output: _Array, target: _Array, distance: Distance | None, smallest_side: int, check: Check
) -> Figure:
    """LPIPS of `output` against `target`, images as for `measure`. Separate from it: the network runs on the device.

    `distance` is None where no network is installed; a target with a side under `smallest_side` pixels is not
    measured. `distance` calls `check` between tiles, and whatever `check` raises is raised here too.
    """
    if distance is not None and min(target.shape[:2]) < smallest_side:
        return Figure(
            None, ("lpips_too_small", f"LPIPS needs pictures of at least {smallest_side} × {smallest_side} pixels.")
        )
    if distance is None:
        return Figure(None, ("lpips_unavailable", "LPIPS was not measured: no perceptual model is installed."))
    try:
        return _figure("LPIPS", float(distance(_resized(output, target.shape[1], target.shape[0]), target, check)))
    except Exception as error:
        check()  # raises again where it was the check that ended the measurement
        return _failed("LPIPS", error)


def measure(output: _Array, target: _Array, *, perceptual: Figure, reference: Reference = "input") -> Figures:
    """Compare `output` with `target`, both RGB (H, W, 3) float32 in [0, 1], at the size of the target.

    A larger output is area-resampled, a smaller one interpolated. `reference` says what the target is: the input
    photo (the figures then say how much it was changed) or an uploaded ground truth (how good the result is).
    A metric that fails costs only its own figure.
    """
    resized = cache(lambda: _resized(output, target.shape[1], target.shape[0]))
    psnr_figure = _measured(
        "PSNR",
        lambda: psnr(resized(), target),
        ("psnr_identical", "The pictures are equal, so that PSNR has no bound."),
    )
    ssim_figure = _measured(
        "SSIM",
        lambda: ssim(resized(), target),
        ("ssim_too_small", f"SSIM needs pictures of at least {SMALLEST_WINDOW} × {SMALLEST_WINDOW} pixels."),
    )
    figures = (psnr_figure, ssim_figure, perceptual)
    missing = tuple(figure.missing for figure in figures if figure.missing is not None)
    return Figures(
        psnr=psnr_figure.value,
        ssim=ssim_figure.value,
        lpips=perceptual.value,
        reference=reference,
        missing=missing,
    )


def _measured(name: str, metric: Callable[[], float | None], undefined: Missing) -> Figure:
    """The metric's value, or why there is none; `undefined` where the metric itself gives None."""
    try:
        value = metric()
    except Exception as error:
        return _failed(name, error)
    return Figure(None, undefined) if value is None else _figure(name, value)


def _figure(name: str, value: float) -> Figure:
    if not math.isfinite(value):
        return Figure(None, ("metric_failed", f"{name} could not be measured (it gave {value})."))
    return Figure(value)


def _failed(name: str, error: Exception) -> Figure:
    logger.error("%s could not be measured", name, exc_info=error)
    return Figure(None, ("metric_failed", f"{name} could not be measured ({type(error).__name__})."))


def _resized(image: _Array, width: int, height: int) -> _Array:
    if image.shape[:2] == (height, width):
        return image
    shrinks = image.shape[0] >= height and image.shape[1] >= width
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(np.clip(resized, 0, 1), np.float32)  # cubic interpolation overshoots
