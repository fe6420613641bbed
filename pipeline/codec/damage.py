"""Turns the exceptions of decoders into `BrokenImage`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PIL.Image import DecompressionBombError

from pipeline.errors import BrokenImage, PipelineError, TooManyPixels


@contextmanager
def damage_reported(format_name: str) -> Iterator[None]:
    """Turn every exception of a decoder into `BrokenImage`, except those that are not the file's fault.

    Where Pillow's own limit for some formats, twice its `MAX_IMAGE_PIXELS`, is lower than the caller's, that is
    `TooManyPixels`.
    """
    try:
        yield
    except (PipelineError, MemoryError):
        raise
    except DecompressionBombError as error:
        raise TooManyPixels(f"The photo is too large for a {format_name} file; send it as PNG or JPEG.") from error
    except Exception as error:
        raise BrokenImage(f"This {format_name} file is damaged or incomplete and cannot be read.") from error
