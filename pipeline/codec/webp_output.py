"""A photo as a WebP file."""

from __future__ import annotations

import cv2

from pipeline.codec.levels import Levels
from pipeline.codec.opencv_encoder import opencv_file
from pipeline.codec.tiff_directory import exif_of_density
from pipeline.options import FileOptions
from pipeline.types import FileTags


def webp_output(levels: Levels, options: FileOptions, tags: FileTags) -> bytes:
    """The file with `levels`, BGR or BGRA of 8 bits, and `tags` other than IPTC. EXIF tells the density."""
    # Also the colours under opacity 0, which libwebp else makes black.
    settings = (
        (cv2.IMWRITE_WEBP_LOSSLESS_MODE, cv2.IMWRITE_WEBP_LOSSLESS_PRESERVE_COLOR)
        if options.lossless
        else (cv2.IMWRITE_WEBP_QUALITY, options.quality)
    )
    blocks = {
        cv2.IMAGE_METADATA_EXIF: tags.exif or exif_of_density(tags.density),
        cv2.IMAGE_METADATA_XMP: tags.xmp,
        cv2.IMAGE_METADATA_ICCP: tags.profile or b"",
    }
    return bytes(opencv_file(".webp", levels, settings, blocks))
