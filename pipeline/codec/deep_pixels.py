"""Colours, and grey with opacity, of 16 bits in PNG and TIFF. OpenCV reads them: Pillow cuts them to 8 bits."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image

from pipeline.codec.inspect import Header
from pipeline.codec.tiff_directory import read_directory
from pipeline.codec.tiff_parts import BITS, COMPRESSION, EXTRA_SAMPLES, PHOTOMETRIC, PLANAR, SAMPLES
from pipeline.codec.turning import turned
from pipeline.errors import BrokenImage
from pipeline.types import FloatArray

_DEPTH, _GREY_ALPHA = 16, 4
_PNG_KINDS = {2, _GREY_ALPHA, 6}  # RGB; grey and RGB with opacity
_RGB, _CONTIGUOUS, _JPEG, _UNASSOCIATED = 2, 1, 7, 2  # in TIFF
_MOST = 2**_DEPTH - 1

# It holds for the whole process: of a damaged file OpenCV would write lines of its own between those of the log.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


@dataclass(frozen=True, slots=True)
class DeepPixels:
    """The upright pixels: `colors` (H, W, 3) RGB or (H, W) grey, and the opacity `alpha` (H, W) or None, all uint16."""

    colors: npt.NDArray[np.uint16]
    alpha: npt.NDArray[np.uint16] | None

    def opacity(self) -> FloatArray | None:
        """`alpha` as float32 in [0, 1]; None where every pixel is opaque."""
        if self.alpha is None or self.alpha.min() == _MOST:
            return None
        return np.divide(self.alpha, np.float32(_MOST), dtype=np.float32)

    @property
    def mode(self) -> str:
        """Pillow's mode of the colours in 8 bits."""
        return "L" if self.colors.ndim == 2 else "RGB"

    def rounded(self) -> PIL.Image.Image:
        """The colours in 8 bits, in `mode`."""
        return PIL.Image.fromarray(cv2.convertScaleAbs(self.colors, alpha=255 / _MOST))


def deep_pixels(header: Header, pixels: bytes) -> DeepPixels | None:
    """The pixels of the file `pixels`, to which `header` belongs; None where they are no colours of 16 bits.

    None too for a TIFF whose colours are stored one by one or multiplied by the opacity. Raises `BrokenImage` where the
    pixels cannot be read.
    """
    if not (_is_deep_png(header.parts.header) if header.parts.header else _is_deep_tiff(header, pixels)):
        return None
    levels = cv2.imdecode(np.frombuffer(pixels, np.uint8), cv2.IMREAD_UNCHANGED)
    if levels is None or levels.dtype != np.uint16 or levels.shape[:2] != (header.height, header.width):
        name = header.file_format.name
        raise BrokenImage(f"This {name} file is damaged or incomplete and cannot be read.")
    upright = turned(levels, header.orientation)
    is_grey = header.parts.header[9:10] == bytes((_GREY_ALPHA,))  # of which OpenCV makes three equal channels
    return DeepPixels(
        upright[..., 0 if is_grey else slice(2, None, -1)], upright[..., 3] if levels.shape[2] == 4 else None
    )


def _is_deep_png(chunk: bytes) -> bool:
    """Whether the body of IHDR says so."""
    return chunk[8] == _DEPTH and chunk[9] in _PNG_KINDS


def _is_deep_tiff(header: Header, pixels: bytes) -> bool:
    if header.file_format.name != "TIFF":
        return False
    directory = read_directory(pixels)
    samples, extra = directory.number(SAMPLES, 1), directory.numbers(EXTRA_SAMPLES, (), 8)
    return (
        directory.number(PHOTOMETRIC, 0) == _RGB
        and {*directory.numbers(BITS, (1,), 8)} == {_DEPTH}
        and directory.number(PLANAR, _CONTIGUOUS) == _CONTIGUOUS
        and directory.number(COMPRESSION, 1) != _JPEG
        and (samples, extra) in {(3, ()), (4, (_UNASSOCIATED,))}
    )
