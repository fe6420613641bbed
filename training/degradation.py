"""Degradations of photos: blur, resampling, noise, JPEG.

``random_degradation`` draws one for training; ``FIXED`` has those of the evaluation's tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from training.photos import Image


@dataclass(frozen=True)
class Degradation:
    """Steps in the order of application. Lengths in pixels of the degraded picture, noise in 1/255; 0 skips a step."""

    blur: float = 0.0  # Gaussian, standard deviation along x
    blur_ratio: float = 1.0  # standard deviation along y over that along x
    shrink: float = 1.0  # reduced by this factor (area) and enlarged again (linear), like a thumbnail; 1 skips it
    noise: float = 0.0  # Gaussian, standard deviation
    grey_noise: bool = False  # the same noise on all channels
    quality: int = 0  # JPEG, with OpenCV's chroma subsampling 4:2:0
    sharpen: float = 0.0  # strength of an unsharp mask at the end, as phones apply it


FIXED: dict[str, Degradation] = {
    "clean": Degradation(),
    "degraded": Degradation(blur=1.0, noise=5.0, quality=65),
    "heavy": Degradation(blur=1.6, noise=12.0, quality=40),
}


def jpeg(image: Image, quality: int) -> Image:
    """The image after JPEG compression; RGB float32 (H, W, 3) in [0, 1]."""
    bgr = np.ascontiguousarray((image[:, :, ::-1] * 255).round().clip(0, 255).astype(np.uint8))
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR) if done else None
    if decoded is None:
        raise ValueError("OpenCV could not write or read back a JPEG")
    return np.ascontiguousarray(decoded[:, :, ::-1]).astype(np.float32) / np.float32(255)


def degrade(image: Image, degradation: Degradation, rng: np.random.Generator) -> Image:
    """RGB float32 (H, W, 3) in [0, 1] → the same shape and range, rounded to 8 bits like an uploaded file."""
    out: Image = image
    height, width = image.shape[:2]
    if degradation.blur > 0:
        along, across = degradation.blur, degradation.blur * degradation.blur_ratio
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), along, sigmaY=across), np.float32)
    if degradation.shrink > 1:
        small = (max(1, round(width / degradation.shrink)), max(1, round(height / degradation.shrink)))
        thumbnail = cv2.resize(out, small, interpolation=cv2.INTER_AREA)
        out = np.asarray(cv2.resize(thumbnail, (width, height)), np.float32)
    if degradation.noise > 0:
        channels = 1 if degradation.grey_noise else 3
        out = out + rng.standard_normal((height, width, channels)).astype(np.float32) * (degradation.noise / 255)
    if degradation.quality > 0:
        out = jpeg(out, degradation.quality)
    if degradation.sharpen > 0:
        out = out + degradation.sharpen * (out - np.asarray(cv2.GaussianBlur(out, (0, 0), 1.2), np.float32))
    return ((np.clip(out, 0, 1) * 255).round() / 255).astype(np.float32)


def random_degradation(rng: np.random.Generator) -> Degradation:
    """A random degradation for training: a fifth are (nearly) clean, in the others each step is often skipped."""
    if rng.random() < 0.2:
        return Degradation(noise=float(rng.choice([0.0, 1.0])), quality=int(rng.choice([0, 0, 95])))
    return Degradation(
        blur=float(rng.uniform(0.3, 2.2)) if rng.random() < 0.7 else 0.0,
        blur_ratio=float(rng.uniform(0.6, 1.6)) if rng.random() < 0.3 else 1.0,
        shrink=float(rng.uniform(1.1, 2.0)) if rng.random() < 0.25 else 1.0,
        noise=float(rng.gamma(1.5, 4.0)) if rng.random() < 0.65 else 0.0,
        grey_noise=bool(rng.random() < 0.4),
        quality=int(rng.integers(30, 96)) if rng.random() < 0.75 else 0,
        sharpen=float(rng.uniform(0.2, 0.8)) if rng.random() < 0.1 else 0.0,
    )
