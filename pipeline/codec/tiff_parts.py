"""The first picture of a TIFF file, without the metadata and further pictures that Pillow would read.

Pillow gets the same file with a directory appended that lists only what the pixels need: the bytes stay where they are,
so all offsets stay right. Source of tags and rules: Adobe's TIFF 6.0 and its supplements.
"""

from __future__ import annotations

import struct
import zlib

from PIL.TiffImagePlugin import OPEN_INFO

from pipeline.codec.file_parts import Block, Parts
from pipeline.codec.limits import MAX_TIFF_BLOCKS, MAX_TILE_MARGIN, MAX_TILE_PIXELS
from pipeline.codec.tiff_directory import Directory, read_directory
from pipeline.errors import BrokenImage, UnsupportedMediaType
from pipeline.types import FileTags, Notice

SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
FILL_ORDER, STRIP_OFFSETS, ORIENTATION, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES = 266, 273, 274, 277, 278, 279
PLANAR, PREDICTOR, COLOR_MAP, TILE_WIDTH, TILE_HEIGHT = 284, 317, 320, 322, 323
TILE_OFFSETS, TILE_BYTES, EXTRA_SAMPLES, SAMPLE_FORMAT, JPEG_TABLES = 324, 325, 338, 339, 347
YCBCR_COEFFICIENTS, YCBCR_SUBSAMPLING, YCBCR_POSITIONING, REFERENCE_BLACK_WHITE = 529, 530, 531, 532
XMP, IPTC, PROFILE, DNG_VERSION = 700, 33723, 34675, 50706

# How many values a tag may have that Pillow gets; those of strips and tiles are checked against the picture's size.
_KEPT = {
    **dict.fromkeys((WIDTH, HEIGHT, COMPRESSION, PHOTOMETRIC, FILL_ORDER, SAMPLES, PLANAR, PREDICTOR), 1),
    **dict.fromkeys((BITS, EXTRA_SAMPLES, SAMPLE_FORMAT), 8),
    COLOR_MAP: 3 * 256,
    JPEG_TABLES: 65_536,
    YCBCR_COEFFICIENTS: 3,
    YCBCR_SUBSAMPLING: 2,
    YCBCR_POSITIONING: 1,
    REFERENCE_BLACK_WHITE: 6,
}
_STRIPS = {STRIP_OFFSETS: MAX_TIFF_BLOCKS, ROWS_PER_STRIP: 1, STRIP_BYTES: MAX_TIFF_BLOCKS}
_TILES = {TILE_WIDTH: 1, TILE_HEIGHT: 1, TILE_OFFSETS: MAX_TIFF_BLOCKS, TILE_BYTES: MAX_TIFF_BLOCKS}

_PLAIN, _LZW, _JPEG, _DEFLATE, _OLD_DEFLATE, _PACK_BITS = 1, 5, 7, 8, 32946, 32773
# The most bytes of pixels that one byte can hold. JPEG: a block of 8 × 8 pixels takes at least one bit.
_GROWTH = {_PLAIN: 1, _LZW: 2_560, _JPEG: 512 * 4, _DEFLATE: 1_032, _OLD_DEFLATE: 1_032, _PACK_BITS: 64}
_YCBCR, _REDUCED = 6, 1
_MODES = {"1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I;16B", "YCbCr"}
_BLOCK = 2**16
_DATASET = b"\x1c"  # the first byte of each IPTC dataset


def tiff_parts(data: bytes) -> Parts:
    """The parts of a TIFF file. Of several pages only the first is read, with the notice `first_page`.

    Raises `BrokenImage`, `struct.error` where the file ends too early, and `UnsupportedMediaType` where the picture is
    stored in a way that is not accepted.
    """
    directory = read_directory(data)
    _check_kind(directory)
    blocks = _blocks(directory)
    orientation = directory.number(ORIENTATION, 1)
    tags = {**_KEPT, **(_TILES if TILE_WIDTH in directory.entries else _STRIPS)}
    return Parts(
        directory.reduced(tags),
        exif=b"II*\0" + struct.pack("<IHHHIHxx", 8, 1, ORIENTATION, 3, 1, orientation if orientation <= 8 else 1),
        profile=directory.bytes_of(PROFILE),
        notices=_notices(directory),
        # The file is an EXIF block too: both are TIFF structures with the same tags.
        tags=FileTags(exif=data, xmp=directory.bytes_of(XMP) or b"", iptc=_iptc(directory)),
        deflated=blocks if directory.number(COMPRESSION, 1) in (_DEFLATE, _OLD_DEFLATE) else (),
    )


def check_tiff_kind(head: bytes) -> None:
    """Raise `UnsupportedMediaType` where the first bytes of a file show a raw photo, or another that is not read."""
    try:
        _check_kind(read_directory(head))
    except (BrokenImage, struct.error):  # damaged, or the rest tells
        return


def check_deflated(pixels: bytes, blocks: tuple[Block, ...]) -> None:
    """Check that each compressed block of the file `pixels` gives all its bytes, in the memory of a 64 KiB piece.

    Raises `BrokenImage` where bytes are missing, and `zlib.error` where a block cannot be decompressed.
    """
    for block in blocks:
        unpacker, missing, position = zlib.decompressobj(), block.unpacked, block.start
        while missing > 0:
            piece = unpacker.unconsumed_tail or pixels[position : min(position + _BLOCK, block.end)]
            if not piece or unpacker.eof:
                raise BrokenImage("This TIFF file is damaged: rows of its picture are missing.")
            if not unpacker.unconsumed_tail:
                position += len(piece)
            missing -= len(unpacker.decompress(piece, min(_BLOCK, missing)))


def _check_kind(directory: Directory) -> None:
    """Raise `UnsupportedMediaType` for what is no photo of 8 or 16 bits that Pillow reads with the right values."""
    if DNG_VERSION in directory.entries or directory.number(SUBFILE, 0) & _REDUCED:
        raise UnsupportedMediaType("This TIFF file is a raw photo; develop it first, and send the result.")
    photometric, compression = directory.number(PHOTOMETRIC, 0), directory.number(COMPRESSION, 1)
    samples, fill_order = directory.number(SAMPLES, 1), directory.number(FILL_ORDER, 1)
    bits, formats = directory.numbers(BITS, (1,), 8), directory.numbers(SAMPLE_FORMAT, (1,), 8)
    bits = bits * samples if len(bits) == 1 and samples <= 8 else bits[:samples]
    prefix, extra = directory.data[:2], directory.numbers(EXTRA_SAMPLES, (), 8)
    mode, raw_mode = OPEN_INFO.get((prefix, photometric, (1,), fill_order, bits, extra), ("", ""))
    accepted = compression in _GROWTH and mode in _MODES and set(formats) == {1} and len(bits) == samples
    # Pillow takes these for 16-bit grey as it is: negatives, 12 bits, and bits in reverse.
    wrong_grey = mode.startswith("I;16") and (photometric == 0 or raw_mode != mode)
    # The colours may have fewer samples than the brightness, which Pillow knows in JPEG only.
    wrong_colors = photometric == _YCBCR and compression != _JPEG
    if not accepted or wrong_grey or wrong_colors:
        raise UnsupportedMediaType(
            "This TIFF file is stored in a way (compression, depth or colours) that is not accepted."
        )


def _blocks(directory: Directory) -> tuple[Block, ...]:
    """Strips or tiles, in the file's order. Raises `BrokenImage` where they cannot hold the picture."""
    width, height = directory.number(WIDTH, 0), directory.number(HEIGHT, 0)
    if not width or not height:
        raise BrokenImage("This TIFF file is damaged: its picture has no pixels.")
    compression, planes = directory.number(COMPRESSION, 1), 1
    samples = directory.number(SAMPLES, 1)
    if directory.number(PLANAR, 1) == 2:
        planes, samples = samples, 1
    tiled = TILE_WIDTH in directory.entries
    if tiled:
        across, down = directory.number(TILE_WIDTH, 0), directory.number(TILE_HEIGHT, 0)
    else:
        across, down = width, min(directory.number(ROWS_PER_STRIP, height), height)
    if not across or not down or max(across - width, down - height) > MAX_TILE_MARGIN:
        raise BrokenImage("This TIFF file is damaged: the size of its strips or tiles makes no sense.")
    columns, rows = -(-width // across), -(-height // down)
    if tiled and columns * across * rows * down > 2 * width * height + MAX_TILE_PIXELS:
        raise BrokenImage("This TIFF file is damaged: its tiles are far larger than its picture.")
    count = columns * rows * planes
    if count > MAX_TIFF_BLOCKS:
        raise BrokenImage(f"This TIFF file has more than {MAX_TIFF_BLOCKS} strips or tiles, which no real photo has.")
    starts = directory.numbers(TILE_OFFSETS if tiled else STRIP_OFFSETS, (), MAX_TIFF_BLOCKS)
    lengths = directory.numbers(TILE_BYTES if tiled else STRIP_BYTES, (), MAX_TIFF_BLOCKS)
    row_bytes = (across * directory.numbers(BITS, (1,), 8)[0] * samples + 7) // 8
    unpacked = [row_bytes * (down if tiled else min(down, height - down * (at % rows))) for at in range(count)]
    if compression == _PLAIN:
        lengths = tuple(unpacked)
    if len(starts) != count or len(lengths) != count:
        raise BrokenImage(
            f"This TIFF file is damaged: it lists {len(starts)} of its picture's {count} strips or tiles."
        )
    blocks = tuple(
        Block(start, start + length, size) for start, length, size in zip(starts, lengths, unpacked, strict=True)
    )
    end = len(directory.data)
    if any(block.end > end or (block.end - block.start) * _GROWTH[compression] < block.unpacked for block in blocks):
        raise BrokenImage("This TIFF file is incomplete: it is too short for its picture.")
    if sum(lengths) > end:
        raise BrokenImage("This TIFF file is damaged: its strips or tiles overlap.")
    return blocks


def _iptc(directory: Directory) -> bytes:
    """The IPTC datasets. Some programs store them as numbers of four bytes, in the order of the file's bytes."""
    stored = directory.bytes_of(IPTC) or b""
    if stored[:1] != _DATASET and stored[3:4] == _DATASET:
        words = len(stored) // 4
        return struct.pack(f">{words}I", *struct.unpack_from(f"<{words}I", stored))
    return stored


def _notices(directory: Directory) -> tuple[Notice, ...]:
    if not directory.next_offset:
        return ()
    try:
        following = read_directory(directory.data, directory.next_offset)
        if following.number(SUBFILE, 0) & _REDUCED:  # the same picture, smaller
            return ()
    except (BrokenImage, struct.error):  # it does not concern the first page
        return ()
    return (Notice("first_page", "The file has several pages; only the first is used."),)
