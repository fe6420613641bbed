"""A photo as an AVIF file. Pillow writes it: OpenCV's encoder has colours at half the size only."""

from __future__ import annotations

from io import BytesIO

import PIL.Image

from pipeline.codec.levels import Levels
from pipeline.codec.tiff_directory import exif_of_density
from pipeline.options import FileOptions
from pipeline.types import FileTags

# libaom's speed. Measured on 1 megapixel of enlarged photo at quality 95, 4:4:4, in one thread: speed 6 takes 0.66 s
# for 263 KB, 7 0.43 s for 273 KB, 8 0.24 s for 275 KB, 9 and 10 0.08 s for 286 KB; at quality 75 9 writes a tenth more
# than 8.
_SPEED = 8


def avif_output(levels: Levels, options: FileOptions, tags: FileTags) -> bytes:
    """The file with `levels`, grey, BGR or BGRA of 8 bits, and `tags` other than IPTC. EXIF tells the density."""
    height, width, channels = levels.shape
    mode, stored = {1: ("L", "L"), 3: ("RGB", "BGR"), 4: ("RGBA", "BGRA")}[channels]
    picture = PIL.Image.frombuffer(mode, (width, height), levels, "raw", stored, 0, 1)
    exif = tags.exif or exif_of_density(tags.density)
    # Pillow takes an orientation out of the EXIF block and writes the rest anew, with other types of values. So it gets
    # an empty block of the same length, in whose place the real one is put.
    stand_in = b"II*\0\x08\0\0\0".ljust(len(exif), b"\0") if exif else b""
    target = BytesIO()
    picture.save(
        target,
        "AVIF",
        quality=options.quality,
        speed=_SPEED,
        subsampling="4:0:0" if channels == 1 else options.chroma,
        # The bytes of the file depend on both.
        max_threads=1,
        autotiling=False,
        exif=stand_in,
        xmp=tags.xmp,
        icc_profile=tags.profile,
    )
    return target.getvalue().replace(stand_in, exif, 1)
