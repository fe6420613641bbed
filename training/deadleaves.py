"""Dead-leaves pictures: overlapping shapes of all sizes, with the edge and scale statistics of photographs.

They add what a few photographs lack: every pair of neighbouring colours, edges at every angle, fine strands and
lettering. Pictures are drawn at twice the size and area-averaged, so that edges are as smooth as in a photograph.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from training.photos import Image

_OVERSAMPLE = 2
_GLYPHS = "abcdefghkmnorstuwxyzABEGHKMNRSTW0123456789&%?"


def fractal_noise(rng: np.random.Generator, side: int, exponent: float) -> npt.NDArray[np.float32]:
    """(side, side) noise with the spectrum 1/f**exponent, mean 0, standard deviation 1."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    frequency[0, 0] = 1.0
    spectrum = np.fft.rfft2(rng.standard_normal((side, side))) / frequency**exponent
    spectrum[0, 0] = 0.0
    noise = np.fft.irfft2(spectrum, s=(side, side))
    return np.asarray(noise / (noise.std() + 1e-8), np.float32)


def _colour(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """A random RGB colour in [0, 1]: mostly muted, sometimes grey, sometimes saturated."""
    base = rng.beta(1.2, 1.2)
    spread = rng.choice([0.0, 0.12, 0.4], p=[0.15, 0.5, 0.35])
    return np.asarray(np.clip(base + spread * rng.standard_normal(3), 0, 1), np.float32)


def _shape(rng: np.random.Generator, mask: npt.NDArray[np.uint8], radius: float) -> None:
    """Draw a random filled ellipse, polygon or bar of about this radius into ``mask``, in place."""
    side = mask.shape[0]
    centre = rng.uniform(-0.05 * side, 1.05 * side, 2)
    kind = rng.random()
    if kind < 0.5:
        axes = (int(radius) + 1, int(radius * rng.uniform(0.3, 1.0)) + 1)
        at = (int(centre[0]), int(centre[1]))
        cv2.ellipse(mask, at, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1, cv2.LINE_AA)
        return
    if kind < 0.8:
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
        reach = radius * rng.uniform(0.5, 1.2, angles.size)
        points = centre + np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None]
    else:
        turn = rng.uniform(0, np.pi)
        along = np.array([np.cos(turn), np.sin(turn)]) * radius * 1.8
        across = np.array([-np.sin(turn), np.cos(turn)]) * radius * rng.uniform(0.08, 0.5)
        points = centre + np.stack([along + across, along - across, -along - across, across - along])
    cv2.fillPoly(mask, [points.astype(np.int32)], 255, cv2.LINE_AA)


def _strands(rng: np.random.Generator, canvas: Image) -> None:
    """Draw a tuft of thin curved lines, like hair or grass, into ``canvas``, in place."""
    side = canvas.shape[0]
    origin, turn, length = rng.uniform(0, side, 2), rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.4) * side
    bend, base = rng.normal(0, 0.8), _colour(rng)
    steps = np.linspace(0, 1, 16)
    for _ in range(int(rng.integers(15, 80))):
        start = origin + rng.normal(0, 0.05 * side, 2)
        angle = turn + rng.normal(0, 0.12) + bend * steps
        path = start + np.cumsum(np.stack([np.cos(angle), np.sin(angle)], 1), 0) * length / steps.size
        colour: Any = np.clip(base * rng.uniform(0.6, 1.3), 0, 1).tolist()
        cv2.polylines(canvas, [path.astype(np.int32)], False, colour, int(rng.integers(1, 5)), cv2.LINE_AA)


def _lettering(rng: np.random.Generator, canvas: Image) -> None:
    """Draw a short word of random glyphs into ``canvas``, in place."""
    side = canvas.shape[0]
    word = "".join(rng.choice(list(_GLYPHS), int(rng.integers(3, 10))))
    at = (int(rng.uniform(0, 0.7) * side), int(rng.uniform(0.1, 1.0) * side))
    colour: Any = _colour(rng).tolist()
    thick = int(rng.integers(1, 6))
    cv2.putText(canvas, word, at, int(rng.integers(0, 8)), float(rng.uniform(0.6, 3.0)), colour, thick, cv2.LINE_AA)


def dead_leaves(rng: np.random.Generator, side: int = 384, leaves: int = 350) -> Image:
    """A picture: RGB float32 (side, side, 3) in [0, 1]. The same generator state gives the same picture."""
    big = side * _OVERSAMPLE
    canvas = np.ones((big, big, 3), np.float32) * _colour(rng)
    textures = [fractal_noise(rng, big, exponent) for exponent in (0.3, 0.9, 1.4, 2.0)]
    across = np.linspace(-1, 1, big, dtype=np.float32)
    smallest, largest = 0.006 * big, 0.35 * big
    # The density of radii falls as r**-2, so that every scale covers the same area. Large shapes come first and do not
    # hide small ones.
    draws = rng.random(leaves)
    radii = np.sort(smallest / (1 - draws * (1 - smallest / largest)))[::-1]
    mask = np.zeros((big, big), np.uint8)
    for radius in radii:
        mask[:] = 0
        _shape(rng, mask, float(radius))
        x, y, w, h = cv2.boundingRect(mask)
        if w == 0 or h == 0:
            continue
        area = (slice(y, y + h), slice(x, x + w))
        leaf = np.ones((h, w, 3), np.float32) * _colour(rng)
        if rng.random() < 0.5:
            slope = rng.normal(0, 0.15, 2)
            leaf += (slope[0] * across[area[1]][None, :] + slope[1] * across[area[0]][:, None])[:, :, None]
        if rng.random() < 0.6:
            grain = textures[int(rng.integers(4))][area] * rng.uniform(0.01, 0.12)
            leaf += grain[:, :, None] * (1 + 0.3 * rng.standard_normal(3)).astype(np.float32)
        cover = (mask[area].astype(np.float32) / 255)[:, :, None]
        canvas[area] = canvas[area] * (1 - cover) + leaf * cover
    for _ in range(int(rng.integers(0, 10))):
        _strands(rng, canvas)
    for _ in range(int(rng.integers(0, 4))):
        _lettering(rng, canvas)
    return np.clip(cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA), 0, 1).astype(np.float32)
