"""Single numbers and words of an EXIF block (a TIFF structure), each read without taking the block apart."""

from __future__ import annotations

import struct

ORIENTATION, _EXIF_DIRECTORY, _INTEROPERABILITY, _INDEX = 0x0112, 0x8769, 0xA005, 0x0001
_ADOBE_RGB = b"R03"  # DCF's optional colour space


def orientation_tag(exif: bytes) -> int | None:
    """The orientation tag of an EXIF block; None where it has none or is damaged."""
    value = _value(exif, (ORIENTATION,))
    return None if value is None else int(struct.unpack_from(_order(exif) + "H", value)[0])


def tells_adobe_rgb(exif: bytes) -> bool:
    """Whether an EXIF block says that the photo is in Adobe RGB (DCF 2.0), which cameras do without a profile."""
    value = _value(exif, (_EXIF_DIRECTORY, _INTEROPERABILITY, _INDEX))
    return value is not None and value.startswith(_ADOBE_RGB)


def _value(exif: bytes, path: tuple[int, ...]) -> bytes | None:
    """The four bytes in the entry of the last tag of `path`; each before it points to the next directory.

    None where a tag is not there, or the block is cut off, which does not concern the pixels.
    """
    exif = exif.removeprefix(b"Exif\0\0")
    order, at = _order(exif), 4
    value: bytes | None = exif[at : at + 4]
    try:
        for wanted in path:
            if value is None:
                return None
            (directory,) = struct.unpack(order + "I", value)
            (count,) = struct.unpack_from(order + "H", exif, directory)
            entries = range(directory + 2, directory + 2 + 12 * count, 12)
            value = None
            for entry in entries:
                tag, found = struct.unpack_from(order + "H6x4s", exif, entry)
                if tag == wanted:
                    value = found
                    break
    except struct.error:
        return None
    return value


def _order(exif: bytes) -> str:
    """struct's sign for the byte order of the block."""
    return ">" if exif.removeprefix(b"Exif\0\0").startswith(b"MM") else "<"
