"""All the figures for one picture."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
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
class Report:
    """The figures, each finite or None, and what they compare with; every None has its notice."""

    psnr: float | None
    ssim: float | None
    lpips: float | None
    reference: Reference
    notices: tuple[Notice, ...] = ()


def measure(
    output: _Array, target: _Array, *, network: Perceptual | None = None, reference: Reference = "input"
) -> Report:
    """Compare `output` with `target`, both RGB (H, W, 3) float32 in [0, 1], at the size of the target.

    A larger output is area-resampled, a smaller one interpolated. `reference` says what the target is: the input
    photo (the figures then tell how much it was changed) or an uploaded ground truth (how good the result is).
    A metric that fails costs only its own figure.
    """
    resized = _resized(output, target.shape[1], target.shape[0])
    psnr_value, psnr_notice = _figure(
        "PSNR",
        lambda: psnr(resized, target),
        Notice("psnr_identical", "The pictures are equal, so that PSNR has no bound."),
    )
    ssim_value, ssim_notice = _figure(
        "SSIM",
        lambda: ssim(resized, target),
        Notice("ssim_too_small", f"SSIM needs pictures of at least {SMALLEST_WINDOW} × {SMALLEST_WINDOW} pixels."),
    )
    lpips_value, lpips_notice = _figure(
        "LPIPS",
        lambda: lpips(resized, target, network),
        Notice("lpips_unavailable", "LPIPS was not measured: no perceptual model is installed."),
    )
    notices = (psnr_notice, ssim_notice, lpips_notice)
    return Report(psnr_value, ssim_value, lpips_value, reference, tuple(n for n in notices if n is not None))


def _figure(name: str, metric: Callable[[], float | None], absent: Notice) -> tuple[float | None, Notice | None]:
    """The metric's value, or None and why."""
    try:
        value = metric()
    except Exception as error:
        logger.exception("%s could not be measured", name)
        return None, Notice("metric_failed", f"{name} could not be measured ({type(error).__name__}).")
    if value is None:
        return None, absent
    if not math.isfinite(value):
        return None, Notice("metric_failed", f"{name} could not be measured (it gave {value}).")
    return value, None


def _resized(image: _Array, width: int, height: int) -> _Array:
    if image.shape[:2] == (height, width):
        return image
    shrinks = image.shape[0] >= height and image.shape[1] >= width
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(np.clip(resized, 0, 1), np.float32)  # cubic interpolation overshoots
