"""Sample files, made in memory: every accepted format, unusual files and hostile ones.

Pictures are arrays (H, W, 3) or (H, W), uint8 unless said otherwise; the functions return the bytes of a file.
"""

from __future__ import annotations

import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from tests.compressed import zeros

Pixels = npt.NDArray[Any]
Maker = Callable[..., bytes]

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, COLOR, GREY_ALPHA, COLOR_ALPHA = 0, 2, 4, 6
ORIENTATIONS = range(1, 9)
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def gradient(width: int = 48, height: int = 32) -> Pixels:
    """A smooth picture (lossy formats keep it) without symmetry (a wrong orientation shows)."""
    x = np.linspace(0, 1, width)[np.newaxis, :]
    y = np.linspace(0, 1, height)[:, np.newaxis]
    planes = (20 + 215 * x + 0 * y, 230 - 200 * y + 0 * x, 60 + 150 * x * y)
    return np.round(np.stack(planes, axis=-1)).astype(np.uint8)


def saved(pixels: Pixels, file_format: str, mode: str | None = None, **options: Any) -> bytes:
    """The picture written by Pillow, converted to `mode` first."""
    picture = Image.fromarray(pixels)
    return _written(picture if mode is None else picture.convert(mode), file_format, **options)


def jpeg(pixels: Pixels, **options: Any) -> bytes:
    return saved(pixels, "JPEG", **{"quality": 95, "subsampling": 0, **options})


def png(pixels: Pixels, **options: Any) -> bytes:
    return saved(pixels, "PNG", **options)


def webp(pixels: Pixels, **options: Any) -> bytes:
    return saved(pixels, "WEBP", **{"lossless": True, **options})


def oriented(pixels: Pixels, orientation: int, file_format: str = "JPEG") -> bytes:
    """A file that shows `pixels` once its EXIF orientation (1–8) is applied."""
    turn, mirror = {1: (0, 0), 2: (0, 1), 3: (2, 0), 4: (2, 1), 5: (1, 1), 6: (1, 0), 7: (3, 1), 8: (3, 0)}[orientation]
    stored = np.rot90(pixels, turn)
    stored = stored[:, ::-1] if mirror and orientation in (2, 4) else stored[::-1] if mirror else stored
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = {"quality": 95, "subsampling": 0} if file_format == "JPEG" else {"lossless": True}
    return saved(np.ascontiguousarray(stored), file_format, exif=exif.tobytes(), **options)


def with_exif(file: bytes, *blocks: bytes) -> bytes:
    """A JPEG file with these EXIF blocks before all other segments, each in a segment of its own."""
    return file[:2] + b"".join(segment(0xE1, b"Exif\0\0" + block) for block in blocks) + file[2:]


def grey(pixels: Pixels, file_format: str = "PNG", **options: Any) -> bytes:
    return saved(pixels, file_format, "L", **options)


def palette(transparency: int | bytes | None = None) -> bytes:
    """A PNG of four pixels (red, green, blue, white) with a palette; `transparency`: an entry, or all alphas."""
    picture = Image.new("P", (4, 1))
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])
    picture.putdata([0, 1, 2, 3])
    return _written(picture, "PNG", **({} if transparency is None else {"transparency": transparency}))


def png_16(pixels: Pixels, color_type: int, *chunks: bytes) -> bytes:
    """A PNG of 16-bit values, `pixels` (H, W) or (H, W, channels) uint16, with `chunks` before the pixels."""
    height, width = pixels.shape[:2]
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in pixels.astype(">u2").reshape(height, -1)))
    return png_file(width, height, [*chunks, chunk(b"IDAT", data)], depth=16, color_type=color_type)


def cmyk(ink: Pixels) -> bytes:
    """A CMYK JPEG with Adobe's marker and Adobe's inverted values; `ink` is (H, W, 4), 255 is full ink."""
    return _written(Image.fromarray(ink, "CMYK"), "JPEG", quality=100, subsampling=0)


def ycck(ink: Pixels) -> bytes:
    """The same stored as YCCK: CMY converted to YCbCr as if it were RGB, and inverted black."""
    converted = np.asarray(Image.fromarray(np.ascontiguousarray(ink[..., :3])).convert("YCbCr"))
    stored = np.dstack((converted, 255 - ink[..., 3]))
    plain = cmyk(255 - stored)
    marker = plain.index(b"Adobe")
    return plain[: marker + 11] + b"\x02" + plain[marker + 12 :]  # the transform flag: 2 is YCCK


def interlaced(pixels: Pixels) -> bytes:
    """A PNG interlaced with Adam7, which Pillow can read but not write."""
    height, width = pixels.shape[:2]
    rows = b""
    for left, top, across, down in ADAM7:
        taken = pixels[top::down, left::across]
        rows += b"".join(b"\0" + row.tobytes() for row in taken) if taken.shape[1] else b""
    return png_file(width, height, [chunk(b"IDAT", zlib.compress(rows))], interlace=1)


def mended(file: bytes) -> bytes:
    """A damaged PNG file with corrected checksums, as far as its chunks can still be separated."""
    position = len(PNG_SIGNATURE)
    while position + 12 <= len(file):
        end = position + 12 + int.from_bytes(file[position : position + 4], "big")
        if end > len(file):
            break
        file = file[: end - 4] + struct.pack(">I", zlib.crc32(file[position + 4 : end - 4])) + file[end:]
        position = end
    return file


def animation(frames: Iterable[Pixels], file_format: str) -> bytes:
    """An animated WebP or PNG."""
    first, *others = [Image.fromarray(frame) for frame in frames]
    return _written(first, file_format, save_all=True, append_images=others, duration=100, lossless=True)


def gif(pixels: Pixels) -> bytes:
    return saved(pixels, "GIF")


def tiff(pixels: Pixels) -> bytes:
    return saved(pixels, "TIFF")


def noise(length: int = 5_000, seed: int = 7) -> bytes:
    return random.Random(seed).randbytes(length)


def archive() -> bytes:
    """A ZIP archive, which someone may upload under the name portrait.jpg."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as container:
        container.writestr(zipfile.ZipInfo("portrait.jpg"), jpeg(gradient()))
    return target.getvalue()


def cut(file: bytes, share: float = 0.6) -> bytes:
    """The first part of the file, as after an interrupted transfer."""
    return file[: int(len(file) * share)]


def pixel_bomb(side: int = 12_000) -> bytes:
    """A PNG of side² pixels in one colour: at the default side some 420 KB that decompress to 432 MB."""
    return png_file(side, side, [chunk(b"IDAT", zeros((1 + 3 * side) * side))])


def webp_canvas_bomb(side: int = 16_383) -> bytes:
    """An animated WebP of a few hundred bytes whose header claims a canvas of side² pixels."""
    picture = webp(np.zeros((16, 16, 3), np.uint8))[12:]
    size, edge = (side - 1).to_bytes(3, "little"), (15).to_bytes(3, "little")
    frame = bytes(6) + edge + edge + bytes(4) + picture
    body = b"WEBP" + riff(b"VP8X", b"\x02\0\0\0" + size + size) + riff(b"ANIM", bytes(6)) + riff(b"ANMF", frame) * 2
    return riff(b"RIFF", body)


def scan_bomb(pixels: Pixels, scans: int = 300) -> bytes:
    """A progressive JPEG whose last scan is repeated until there are `scans`."""
    file = jpeg(pixels, progressive=True)
    last = file.rindex(b"\xff\xda")
    return file[:-2] + file[last:-2] * (scans - file.count(b"\xff\xda")) + file[-2:]


def segment_bomb(pixels: Pixels, segments: int = 100_000) -> bytes:
    """A JPEG whose EXIF is split into very many small segments."""
    file = jpeg(pixels)
    return file[:2] + segment(0xE1, b"Exif\0\0" + bytes(10)) * segments + file[2:]


def text_bomb(pixels: Pixels, megabytes: int = 64) -> bytes:
    """A PNG with compressed text that grows a thousandfold."""
    return with_chunks(png(pixels), chunk(b"zTXt", b"Comment\0\0" + zeros(megabytes * 10**6)))


def profile_bomb(pixels: Pixels, megabytes: int = 64, copies: int = 1) -> bytes:
    """A PNG with `copies` of a compressed colour profile, each of which grows a thousandfold."""
    return with_chunks(png(pixels), chunk(b"iCCP", b"icc\0\0" + zeros(megabytes * 10**6)) * copies)


def swapped_profile() -> bytes:
    """A valid RGB profile that swaps red and blue, so that its use is visible."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = (
        profile[:24] + bytes(12) + profile[36:]
    )  # without the creation time, so that the bytes are always the same
    return profile.replace(b"rXYZ", b"swap").replace(b"bXYZ", b"rXYZ").replace(b"swap", b"bXYZ")


def linear_grey_profile() -> bytes:
    """A valid grey profile of gamma 1, which makes tones much lighter in sRGB."""
    white = struct.pack(">3i", 63_190, 65_536, 54_061)
    tags = {
        b"kTRC": b"curv" + bytes(4) + struct.pack(">IHxx", 1, 256),
        b"wtpt": b"XYZ " + bytes(4) + white,
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(79),
    }
    table, body, start = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content
    header = struct.pack(">II4s4s4s4s12x4s", start + len(body), 0, b"\x02\x10\0\0", b"mntr", b"GRAY", b"XYZ ", b"acsp")
    return header + bytes(28) + white + bytes(48) + table + body


def png_file(
    width: int, height: int, chunks: list[bytes], depth: int = 8, color_type: int = COLOR, interlace: int = 0
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, interlace)
    return PNG_SIGNATURE + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def with_chunks(file: bytes, *chunks: bytes) -> bytes:
    """A PNG file with these chunks after its header."""
    header_end = len(PNG_SIGNATURE) + 25
    return file[:header_end] + b"".join(chunks) + file[header_end:]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def riff(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _written(picture: Image.Image, file_format: str, **options: Any) -> bytes:
    target = BytesIO()
    picture.save(target, file_format, **options)
    return target.getvalue()
