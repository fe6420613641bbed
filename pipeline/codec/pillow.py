"""Pillow's decoders for the accepted formats, and what their errors mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO

from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pipeline.codec.file_parts import Format
from pipeline.errors import BrokenImage, PipelineError

_PLUGINS: Mapping[Format, Callable[[BytesIO], ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WebP": WebPImageFile,
}


def open_file(data: bytes, file_format: Format) -> ImageFile:
    """The file with its header parsed and no pixel decoded. Raises whatever Pillow raises.

    The plugin is called instead of `PIL.Image.open`, so that no other decoder can be reached and Pillow's pixel
    limit for the whole process, which first only warns, does not interfere with the caller's.
    """
    return _PLUGINS[file_format](BytesIO(data))


@contextmanager
def damage_reported(file_format: Format) -> Iterator[None]:
    """Turn every exception of a decoder into `BrokenImage`, except those that are not the file's fault."""
    try:
        yield
    except (PipelineError, MemoryError):
        raise
    except Exception as error:
        raise BrokenImage(f"This {file_format} file is damaged or incomplete and cannot be read.") from error
