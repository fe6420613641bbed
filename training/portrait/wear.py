"""What time and cameras do to a photo of a face: out of focus, shaken, grainy, printed, scratched, scanned, compressed.

``random_wear`` draws it for training; ``GRADES`` has the three grades of the evaluation's tables. Lengths are given
for a face of 128 px (the side of the crop's square in the photo) and grow with the face.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from training.degradation import Degradation, degrade
from training.photos import Image

REFERENCE_SIDE = 128.0  # pixels


@dataclass(frozen=True)
class Wear:
    """Steps in the order of application; 0 skips one. Lengths in pixels of the photo, noise in 1/255."""

    defocus: float = 0.0  # diameter of the disk of confusion
    motion: float = 0.0  # length of a straight path
    angle: float = 0.0  # of that path and of the screen, in radians
    grain: float = 0.0  # of the film: noise of blurred dots, strongest in the middle tones
    screen: float = 0.0  # period of a printer's dots
    scratches: int = 0
    dust: int = 0
    shrunk: float = 1.0  # reduced by this factor and enlarged again, before the scan
    scan: Degradation = field(default_factory=Degradation)


GRADES: dict[str, Wear] = {
    "light": Wear(scan=Degradation(blur=0.8, noise=2.0, quality=85)),
    "medium": Wear(defocus=3.0, grain=3.0, scan=Degradation(blur=0.7, noise=5.0, quality=60)),
    "heavy": Wear(defocus=5.0, motion=3.0, grain=6.0, scan=Degradation(blur=1.0, noise=8.0, quality=35)),
}


def at_size(wear: Wear, native: float) -> Wear:
    """Wear that is given for a face of 128 px, for a face of `native` px; noise and blur of the scan stay in pixels."""
    factor = native / REFERENCE_SIDE
    return replace(wear, defocus=wear.defocus * factor, motion=wear.motion * factor)


def random_wear(rng: np.random.Generator) -> Wear:
    """Wear for a face of 128 px: an eighth is nearly none, in the rest each step is often skipped."""
    if rng.random() < 0.125:
        return Wear(scan=Degradation(noise=float(rng.choice([0.0, 1.0])), quality=int(rng.choice([0, 95, 90]))))
    severity = float(rng.uniform(0.2, 1.0))
    blurred = rng.random()
    return Wear(
        defocus=float(rng.uniform(0, 8)) * severity if blurred < 0.45 else 0.0,
        motion=float(rng.uniform(1, 8)) * severity if 0.35 < blurred < 0.6 else 0.0,
        angle=float(rng.uniform(0, np.pi)),
        grain=float(rng.gamma(2.0, 4.0)) * severity if rng.random() < 0.35 else 0.0,
        screen=float(rng.uniform(2.2, 4.5)) if rng.random() < 0.05 else 0.0,
        scratches=int(rng.integers(1, 5)) if rng.random() < 0.07 else 0,
        dust=int(rng.integers(1, 12)) if rng.random() < 0.07 else 0,
        shrunk=float(rng.uniform(1.1, 2.5)) if rng.random() < 0.2 else 1.0,
        scan=Degradation(
            blur=float(rng.uniform(0.3, 2.0)) * severity if rng.random() < 0.6 else 0.0,
            blur_ratio=float(rng.uniform(0.6, 1.6)) if rng.random() < 0.3 else 1.0,
            noise=float(rng.gamma(1.5, 5.0)) * severity if rng.random() < 0.6 else 0.0,
            grey_noise=bool(rng.random() < 0.4),
            quality=int(rng.integers(25, 96)) if rng.random() < 0.75 else 0,
            sharpen=float(rng.uniform(0.2, 0.8)) if rng.random() < 0.08 else 0.0,
        ),
    )


def worn(image: Image, wear: Wear, rng: np.random.Generator) -> Image:
    """RGB float32 (H, W, 3) in [0, 1] → the same shape and range, rounded to 8 bits."""
    out = image
    for kernel in (disk(wear.defocus), path(wear.motion, wear.angle)):
        if kernel is not None:
            out = np.asarray(cv2.filter2D(out, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.float32)
    if wear.grain > 0:
        dots = cv2.GaussianBlur(rng.standard_normal(out.shape[:2]).astype(np.float32), (0, 0), 0.6)
        tone = out.mean(2)
        out = out + (dots / dots.std() * (wear.grain / 255) * 4 * tone * (1 - tone))[:, :, None]
    if wear.screen > 0:
        out = screened(out, wear.screen, wear.angle)
    out = scratched(out, wear, rng)
    if wear.shrunk > 1:
        height, width = out.shape[:2]
        size = max(8, round(width / wear.shrunk)), max(8, round(height / wear.shrunk))
        small = cv2.resize(out, size, interpolation=int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR])))
        out = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    once = wear.scan
    if once.quality and rng.random() < 0.3:  # saved twice
        out = degrade(np.clip(out, 0, 1), Degradation(quality=min(95, once.quality + 15)), rng)
    return degrade(np.clip(out, 0, 1).astype(np.float32), once, rng)


def disk(diameter: float) -> Image | None:
    """The kernel of a lens that is out of focus: a disk with a soft edge; None under one pixel."""
    if diameter <= 1:
        return None
    reach = int(np.ceil(diameter / 2))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = np.clip(diameter / 2 + 0.5 - np.hypot(rows, columns), 0, 1).astype(np.float32)
    return np.asarray(kernel / kernel.sum(), np.float32)


def path(length: float, angle: float) -> Image | None:
    """The kernel of a camera that moved along a line; None under one pixel."""
    if length <= 1:
        return None
    reach = int(np.ceil(length / 2))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along = columns * np.cos(angle) + rows * np.sin(angle)
    across = columns * np.sin(angle) - rows * np.cos(angle)
    kernel = np.clip(length / 2 + 0.5 - np.abs(along), 0, 1) * np.clip(1 - np.abs(across), 0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)


def screened(image: Image, period: float, angle: float) -> Image:
    """The picture as a print of dots: each channel is compared with a wave of this period, softly."""
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    out = np.empty_like(image)
    for channel in range(3):
        turned = angle + channel * np.pi / 6
        along = (columns * np.cos(turned) + rows * np.sin(turned)) * (2 * np.pi / period)
        across = (rows * np.cos(turned) - columns * np.sin(turned)) * (2 * np.pi / period)
        wave = np.cos(along) * np.cos(across) * 0.25
        out[:, :, channel] = np.clip(0.5 + (image[:, :, channel] - 0.5 + wave) * 1.6, 0, 1)
    return 0.6 * image + 0.4 * out


def scratched(image: Image, wear: Wear, rng: np.random.Generator) -> Image:
    """The picture with bright or dark lines and specks, which cover what is below."""
    if not wear.scratches and not wear.dust:
        return image
    height, width = image.shape[:2]
    cover = np.zeros((height, width), np.float32)
    for _ in range(wear.scratches):
        start = rng.uniform(0, (width, height))
        end = start + rng.normal(0, 0.5, 2) * (width, height)
        points = [tuple(int(value * 16) for value in point) for point in (start, end)]
        cv2.line(cover, points[0], points[1], 1.0, 1, cv2.LINE_AA, 4)
    for _ in range(wear.dust):
        center = tuple(int(value * 16) for value in rng.uniform(0, (width, height)))
        cv2.circle(cover, center, int(rng.uniform(0.4, 1.6) * 16), 1.0, -1, cv2.LINE_AA, 4)
    cover = np.clip(cover * rng.uniform(0.5, 1.0), 0, 1)[:, :, None]
    return np.asarray(image * (1 - cover) + cover * (0.95 if rng.random() < 0.7 else 0.05), np.float32)
