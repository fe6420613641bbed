"""ICC profiles that are made here: of sRGB, and of the colours that a photo tells without a profile.

Version 4.3 of ISO 15076-1: a matrix and one curve (8.3.3), or the curve alone for grey (8.3.4).
"""

from __future__ import annotations

import struct
from functools import cache

import numpy as np

from pipeline.codec import transfer
from pipeline.codec.primaries import BT_709, D50, Matrix, Primaries, adaptation, to_xyz
from pipeline.codec.transfer import Parametric
from pipeline.options import OutputFormat

_VERSION, _DATE = 0x0430_0000, (2024, 1, 1, 0, 0, 0)  # a fixed date: the same photo always gives the same bytes
_HEAD, _ENTRY = 128, 12


def icc_profile(primaries: Primaries, curve: Parametric, channels: int = 3, name: str = "RGB") -> bytes:
    """The profile of colours with these primaries and this curve; of grey with their white where `channels` is 1.

    The same arguments always give the same bytes, fewer than 600. Raises `ValueError` where the primaries make no
    sense.
    """
    own = to_xyz(primaries)
    adapted = adaptation(own.sum(axis=1), D50)
    tags = {
        b"desc": _text(name),
        b"cprt": _text("CC0"),
        b"wtpt": _xyz(D50),
        b"chad": b"sf32" + bytes(4) + _fixed(adapted),
    }
    if channels == 1:
        tags[b"kTRC"] = _curve(curve)
    else:
        columns = (adapted @ own).T
        tags |= {kind: _xyz(column) for kind, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(curve))
    return _file(tags, b"GRAY" if channels == 1 else b"RGB ")


@cache
def srgb_profile(channels: int) -> bytes:
    """The profile that says that numbers are sRGB's (IEC 61966-2-1): of colours, or of grey where `channels` is 1."""
    return icc_profile(BT_709, transfer.SRGB, channels, name="sRGB")


def srgb_tag(output_format: OutputFormat, channels: int) -> bytes | None:
    """The profile that a result in sRGB gets; None for PNG, which has a chunk for it.

    AVIF has code points for it, but OpenCV leaves them open for grey and at quality 100.
    """
    return None if output_format == "png" else srgb_profile(channels)


def is_own_srgb(profile: bytes) -> bool:
    """Whether this is a profile of `srgb_profile`."""
    return profile in (srgb_profile(1), srgb_profile(3))


def _file(tags: dict[bytes, bytes], space: bytes) -> bytes:
    """The profile with these tags. Tags with equal contents share them."""
    start = _HEAD + 4 + _ENTRY * len(tags)
    listed, body, places = [struct.pack(">I", len(tags))], b"", dict[bytes, int]()
    for kind, content in tags.items():
        if content not in places:
            places[content] = start + len(body)
            body += content + bytes(-len(content) % 4)
        listed.append(struct.pack(">4sII", kind, places[content], len(content)))
    head = struct.pack(">I4xI4s4s4s6H4s", start + len(body), _VERSION, b"mntr", space, b"XYZ ", *_DATE, b"acsp")
    head += bytes(28) + _fixed(D50)  # no platform, flags, device; perceptual intent
    return b"".join((head.ljust(_HEAD, b"\0"), *listed, body))


def _text(words: str) -> bytes:
    """A text in English (mluc)."""
    return b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", 2 * len(words), 28) + words.encode("utf-16-be")


def _xyz(values: Matrix) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(values)


def _curve(curve: Parametric) -> bytes:
    """A parametric curve of type 0 (a power) or 3."""
    if curve.start == 0:
        return b"para" + struct.pack(">4xH2x", 0) + _fixed(np.array([curve.exponent]))
    numbers = np.array([curve.exponent, curve.slope, curve.offset, curve.toe, curve.start])
    return b"para" + struct.pack(">4xH2x", 3) + _fixed(numbers)


def _fixed(numbers: Matrix) -> bytes:
    """Numbers as signed 16.16 fixed point."""
    return np.round(numbers * 65_536).astype(">i4").tobytes()
