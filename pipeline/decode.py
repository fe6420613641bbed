"""Bytes of an uploaded file → an upright sRGB photo.

The file is first taken apart: only what its pixels need is handed to Pillow, while EXIF, colour profile and
animation are read here, within bounds, and everything else (text, thumbnails, further pictures) is left behind.
Pillow itself parses all of that, at a cost that a small hostile file can drive to minutes: EXIF spread over
many segments is joined in quadratic time, and thousands of compressed profiles are all inflated.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import PIL.Image
from PIL import ImageCms
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pipeline.errors import BrokenImage, PipelineError, TooManyPixels, UnsupportedMediaType
from pipeline.types import FloatArray, Image, Notice, Photo

MAX_SCANS = 100  # real progressive files have about ten; each costs a pass over all coefficients
MAX_SEGMENTS = 4_096  # a 10 MB photo whose colour profile and depth map fill JPEG segments has some 200
MAX_CHUNKS = 65_536  # PNG: 512 MB in the usual 8 KB pieces
MAX_PROFILE_BYTES = 4 * 2**20

_SCAN, _END, _APP1, _APP2 = 0xDA, 0xD9, 0xE1, 0xE2
_METADATA = {*range(0xE0, 0xF0), 0xFE} - {0xE0, 0xEE}  # APP0 (JFIF) and APP14 (Adobe) say how colour is stored
# A marker that starts a segment: neither a stuffed zero nor padding, nor one of those without a length
# (restarts D0 to D7, start of image D8, 01).
_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")
_PNG_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class _Parts:
    """A file taken apart: what Pillow is to decode, and what was read beside it."""

    pixels: bytes
    exif: bytes = b""
    profile: bytes | None = None
    animated: bool = False


def decode(data: bytes, *, max_pixels: int) -> Photo:
    """The photo in a JPEG, PNG or WebP file, upright and in sRGB.

    `image` is (H, W, 3) float32 RGB in [0, 1]; `alpha` is (H, W), or None where every pixel is opaque. The EXIF
    orientation is applied and an embedded colour profile converted; a profile that cannot be used leaves the
    pixels as they are, with the notice `color_profile_ignored`. Of an animation the first frame is taken, with the
    notice `animation_first_frame`. 16-bit grey keeps its precision, 16-bit colour is cut to 8 bits.

    Raises `UnsupportedMediaType` for anything else, `TooManyPixels` above `max_pixels` (before a pixel is
    decoded), and `BrokenImage` for a file that is damaged, cut off or built to be expensive.
    """
    name, take_apart, opener = _format(data)
    notices = []
    with _damage_reported(name, max_pixels):
        parts = take_apart(data)
        # The plugin itself instead of `Image.open`: no other decoder can be reached, and Pillow's process-wide
        # pixel limit, which at first only warns, stays out of the way of `max_pixels`.
        file = opener(BytesIO(parts.pixels))
        if file.width * file.height > max_pixels:
            raise TooManyPixels(
                f"The photo has {file.width * file.height / 1e6:.4g} megapixels ({file.width} × {file.height}); "
                f"at most {max_pixels / 1e6:.4g} are accepted."
            )
        file.load()
        if parts.animated or getattr(file, "is_animated", False):
            notices.append(Notice("animation_first_frame", "The file is an animation; only its first frame is used."))
        turn = _UPRIGHT.get(_orientation(parts.exif or file.info.get("exif", b"")))
        picture = file if turn is None else file.transpose(turn)
        alpha, picture = _alpha(picture), _opaque(picture)
        profile = file.info.get("icc_profile") if parts.profile is None else parts.profile
        if profile is not None:
            converted = _to_srgb(picture, profile)
            if converted is None:
                message = "The file's colour profile cannot be used; its colours are taken as sRGB."
                notices.append(Notice("color_profile_ignored", message))
            picture = converted or picture
        if picture.mode == "CMYK":
            picture = picture.convert("RGB")
    return Photo(_image(picture), alpha, tuple(notices))


@contextmanager
def _damage_reported(name: str, max_pixels: int) -> Iterator[None]:
    """Turn whatever a decoder trips over into `BrokenImage`; what is not the file's fault passes."""
    try:
        yield
    except (PipelineError, MemoryError):
        raise
    except PIL.Image.DecompressionBombError as error:  # WebP only: Pillow refuses some sizes before it tells them
        raise TooManyPixels(
            f"The photo is too large; at most {max_pixels / 1e6:.4g} megapixels are accepted."
        ) from error
    except Exception as error:
        raise BrokenImage(f"This {name} file is damaged or incomplete and cannot be read.") from error


def _format(data: bytes) -> tuple[str, Callable[[bytes], _Parts], Callable[[BytesIO], ImageFile]]:
    """Name, dismantler and decoder of the format whose signature the file begins with."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG", _jpeg_parts, JpegImageFile
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG", _png_parts, PngImageFile
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP", _Parts, WebPImageFile  # libwebp reads its parts by itself, and in time
    raise UnsupportedMediaType("This is not a JPEG, PNG or WebP picture; only these three are accepted.")


def _jpeg_parts(data: bytes) -> _Parts:
    kept, exif = [data[:2]], b""
    profile: list[bytes] = []
    segments = _jpeg_segments(data)
    for marker, start, end in segments:
        payload = data[start + 4 : end]
        if marker == _SCAN:
            # The two bytes can also be part of metadata between scans, so only a suspicious number is worth a walk.
            if data.count(b"\xff\xda", start) > MAX_SCANS and 1 + sum(s[0] == _SCAN for s in segments) > MAX_SCANS:
                raise BrokenImage(f"This JPEG file is stored in more than {MAX_SCANS} passes, which no real photo is.")
            kept.append(data[start:])
            joined = b"".join(part[2:] for part in sorted(profile))  # each part starts with its number and their count
            return _Parts(b"".join(kept), exif, joined if profile else None)
        if marker == _APP1 and payload.startswith(b"Exif\0\0"):
            exif = exif or payload
        elif marker == _APP2 and payload.startswith(b"ICC_PROFILE\0"):
            profile.append(payload[12:])
        elif marker not in _METADATA:
            kept.append(data[start:end])
    raise BrokenImage("This JPEG file ends before its picture begins.")


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment up to the end of the image; compressed pixels are skipped."""
    position = 2
    for _ in range(MAX_SEGMENTS):
        match = _MARKER.search(data, position)
        if match is None or data[match.start() + 1] == _END:
            return
        start = match.start()
        position = start + 2 + max(int.from_bytes(data[start + 2 : start + 4], "big"), 2)
        if position > len(data):
            return
        yield data[start + 1], start, position
    raise BrokenImage(f"This JPEG file has more than {MAX_SEGMENTS} segments, which no real photo has.")


def _png_parts(data: bytes) -> _Parts:
    kept, exif, frames = [data[:8]], b"", 1
    profile: bytes | None = None
    position = 8
    for _ in range(MAX_CHUNKS):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        body = data[position + 8 : end - 4]
        if kind in _PNG_PIXELS:
            # Pillow does not check the sums of the pixel data, so damage there would pass as pixels.
            if struct.unpack_from(">I", data, end - 4)[0] != zlib.crc32(body, zlib.crc32(kind)):
                raise BrokenImage("This PNG file is damaged: a checksum does not match.")
            kept.append(data[position:end])
        elif kind == b"eXIf":
            exif = exif or body
        elif kind == b"iCCP" and profile is None:
            profile = _inflated(body[body.find(b"\0") + 2 :])
        elif kind == b"acTL":
            frames = int.from_bytes(body[:4], "big")
        if kind == b"IEND":
            return _Parts(b"".join(kept), exif, profile, frames > 1)
        position = end
    raise BrokenImage(f"This PNG file has more than {MAX_CHUNKS} chunks, which no real photo has.")


def _inflated(packed: bytes) -> bytes:
    """A compressed profile, or nothing where it is damaged or too large to be one."""
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed, MAX_PROFILE_BYTES)
    except zlib.error:
        return b""
    return b"" if unpacker.unconsumed_tail else profile


def _orientation(exif: bytes) -> int:
    """The orientation tag of an EXIF block, or 1 where it has none that can be read."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = ">" if exif.startswith(b"MM") else "<"
    try:
        (directory,) = struct.unpack_from(f"{order}4xI", exif)
        (count,) = struct.unpack_from(f"{order}H", exif, directory)
        for entry in range(count):
            tag, value = struct.unpack_from(f"{order}H6xH2x", exif, directory + 2 + 12 * entry)
            if tag == _ORIENTATION_TAG:
                return int(value)
    except struct.error:  # cut off: the photo is still whole
        return 1
    return 1


def _alpha(picture: PIL.Image.Image) -> FloatArray | None:
    """Opacity (H, W) in [0, 1], or None where all is opaque."""
    if not picture.has_transparency_data:
        return None
    alpha: FloatArray
    if picture.mode == "I;16":  # Pillow's own conversion clips the pixels to 8 bits first
        alpha = (np.asarray(picture) != picture.info["transparency"]).astype(np.float32)
    else:
        layers = picture if "A" in picture.getbands() else picture.convert("RGBA")
        alpha = np.asarray(layers.getchannel("A")).astype(np.float32)
        alpha /= 255
    return None if alpha.min() == 1 else alpha


def _opaque(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The colours alone, as L, RGB, CMYK or I;16."""
    picture.info.pop("transparency", None)
    mode = {"1": "L", "LA": "L", "P": "RGB", "RGBA": "RGB"}.get(picture.mode)
    return picture if mode is None else picture.convert(mode)


def _to_srgb(picture: PIL.Image.Image, profile: bytes) -> PIL.Image.Image | None:
    """The picture with its colours converted from `profile`, or None where that cannot be done."""
    if len(profile) > MAX_PROFILE_BYTES:
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if picture.mode == "L" and source.profile.xcolor_space.strip() == "RGB":
            picture = picture.convert("RGB")
        return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None


def _image(picture: PIL.Image.Image) -> Image:
    pixels = np.asarray(picture)
    image: Image = np.empty((*pixels.shape[:2], 3), np.float32)
    grey_or_rgb = pixels if pixels.ndim == 3 else pixels[..., np.newaxis]
    np.divide(grey_or_rgb, np.float32(np.iinfo(pixels.dtype).max), out=image)
    return image
