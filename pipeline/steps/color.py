"""White balance and contrast of faded photos."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.strips import Check, strips, unchecked
from pipeline.types import Image

CLIPPED_PERCENT = 0.5  # of the pixels at either end of the range are ignored as dust and glare
FADED_SPAN = 0.55  # a photo whose brightness spans at most this is corrected in full
FULL_SPAN = 0.80  # a photo whose brightness spans at least this is not corrected
FLAT_SPAN = 0.02  # below this the photo is uniform, and stretching would only amplify noise
MAX_GAIN = 3.0
_SAMPLE_SIDE = 256

_Statistic = npt.NDArray[np.float64]


def correct(image: Image, check: Check = unchecked) -> Image:
    """The photo (H, W, 3), RGB in [0, 1], with its faded tones stretched and its colour cast reduced.

    Each channel's robust range is stretched to [0, 1], as in Limare, Lisani, Morel, Petro and Sbert, "Simplest
    Color Balance", IPOL 2011. Three limits protect good photos: the correction becomes weaker the more of the range
    the brightness spans; no gain exceeds 3; and a channel differs from the stretch common to all three only as far as
    that brings its mean closer to grey (Buchsbaum, "A spatial processor model for object colour perception", 1980),
    so that a sunset keeps its colour. A photo that needs no correction is returned as the same array.
    `check` is called between the strips of a large photo and may raise.
    """
    sample = _sample(image)
    low, high = np.percentile(sample, (CLIPPED_PERCENT, 100 - CLIPPED_PERCENT), axis=(0, 1))
    darkest, lightest = np.percentile(sample.mean(axis=2), (CLIPPED_PERCENT, 100 - CLIPPED_PERCENT))
    span = lightest - darkest
    strength = np.clip((FULL_SPAN - span) / (FULL_SPAN - FADED_SPAN), 0, 1)
    if strength == 0 or span < FLAT_SPAN:
        return image

    own_gain, own_offset = _stretch(low, high)
    common_gain, common_offset = _stretch(low.min(keepdims=True), high.max(keepdims=True))
    mean = sample.mean(axis=(0, 1), dtype=np.float64)
    share = _share(mean * common_gain + common_offset, mean * own_gain + own_offset)
    gain = share * own_gain + (1 - share) * common_gain
    offset = share * own_offset + (1 - share) * common_offset

    factor, shift = (1 + strength * (gain - 1)).astype(np.float32), (strength * offset).astype(np.float32)
    corrected = np.empty(image.shape, dtype=np.float32)
    for rows in strips(*image.shape[:2]):
        check()
        part = np.multiply(image[rows], factor, out=corrected[rows])
        part += shift
        np.clip(part, 0, 1, out=part)
    return corrected


def _sample(image: Image) -> Image:
    """A copy (h, w, 3) of at most 256 px a side for statistics, area-averaged so that noise does not count as tones."""
    height, width = image.shape[:2]
    size = min(width, _SAMPLE_SIDE), min(height, _SAMPLE_SIDE)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)


def _stretch(low: _Statistic, high: _Statistic) -> tuple[_Statistic, _Statistic]:
    """Gain and offset, each (1,) or (3,), that stretch [low, high] to [0, 1], or as far as `MAX_GAIN` allows.

    Where the gain is limited, the rest of the range stays free below and above in the same proportion as before.
    """
    span = high - low
    gain = np.minimum(1 / np.maximum(span, 1e-6), MAX_GAIN)
    room_below = low / np.maximum(1 - span, 1e-6)
    return gain, room_below * (1 - gain * span) - low * gain


def _share(common: _Statistic, own: _Statistic) -> _Statistic:
    """How far, in [0, 1], each channel's mean (3,) moves from `common` to `own`: towards grey, and no further."""
    step = own - common
    wanted = common.mean() - common
    same_way = np.sign(step) == np.sign(wanted)
    return np.where(same_way, np.minimum(np.abs(wanted) / np.maximum(np.abs(step), 1e-6), 1), 0)
