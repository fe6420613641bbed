"""How large a coded picture in an AVIF or HEIC file is, as its own header says: the decoder takes memory for that.

Sources: AV1 bitstream specification, 5.3 to 5.5; ITU-T H.265, 7.3.1 and 7.3.2.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.codec.boxes import Reader
from pipeline.codec.limits import MAX_CODED_UNITS, MAX_FRAMES, MAX_SEQUENCE_HEADERS, MAX_SLICES
from pipeline.errors import BrokenImage

_HEVC_SPS, _HEVC_PICTURES = 33, range(32)
_AV1_SEQUENCE, _AV1_FRAMES = 1, {3, 6}
_HEVC_CONFIGURATION, _AV1_CONFIGURATION = 22, 4  # bytes before the parameter sets
_MOST_ZEROS = 32  # that start a number in Exp-Golomb code
_HEADER = 1_000  # bytes of a sequence header, which is read bit by bit


class Bits:
    """Numbers of any count of bits, first bit first. Raises `IndexError` at the end of the data."""

    def __init__(self, data: bytes) -> None:
        self._data, self._position = data, 0

    def number(self, count: int) -> int:
        """The next `count` bits as a number."""
        value = 0
        for _ in range(count):
            byte = self._data[self._position >> 3]
            value = value << 1 | byte >> (7 - (self._position & 7)) & 1
            self._position += 1
        return value

    def skip(self, count: int) -> None:
        """Leave `count` bits out."""
        self._position += count

    def exponential(self) -> int:
        """The next number in Exp-Golomb code (H.265, 9.2)."""
        zeros = 0
        while not self.number(1):
            zeros += 1
            if zeros > _MOST_ZEROS:
                raise BrokenImage("A header of the picture has a number of more than 32 bits.")
        return (1 << zeros) - 1 + self.number(zeros)


def hevc_sizes(configuration: bytes, data: bytes) -> Iterator[tuple[int, int]]:
    """(width, height) of each sequence header in an HEVC picture: the property `hvcC`, and its data.

    Raises `BrokenImage` where it has more slices than a photo has, or not one picture: libheif would show one without
    a slice in black.
    """
    length_size = (configuration[21] & 3) + 1
    units = [*_hevc_sets(configuration), *_hevc_units(data, length_size)]
    slices = pictures = headers = 0
    for unit in units:
        kind, layer = unit[0] >> 1 & 0x3F, (unit[0] & 1) << 5 | unit[1] >> 3
        if kind == _HEVC_SPS and layer == 0:
            headers = _bounded_headers(headers + 1)
            yield _hevc_size(unit[2:])
        elif kind in _HEVC_PICTURES:
            slices += 1
            pictures += unit[2] >> 7  # whether this is the first slice of a picture
    if not pictures:
        raise BrokenImage("This HEIC file is damaged: a part of its picture is empty.")
    if slices > MAX_SLICES or pictures > 1:
        raise BrokenImage("This HEIC file is damaged: a part of its picture holds several pictures.")


def av1_sizes(configuration: bytes, data: bytes) -> Iterator[tuple[int, int]]:
    """(width, height) of each sequence header in an AV1 picture: the property `av1C`, and its data.

    Raises `BrokenImage` where it has more frames than the layers of a photo.
    """
    frames = headers = 0
    for part in (configuration[_AV1_CONFIGURATION:], data):
        for kind, content in _av1_units(part):
            if kind == _AV1_SEQUENCE:
                headers = _bounded_headers(headers + 1)
                yield _av1_size(Bits(content[:_HEADER]))
            frames += kind in _AV1_FRAMES
    if frames > MAX_FRAMES:
        raise BrokenImage("This AVIF file is damaged: a part of its picture holds several pictures.")


def _hevc_sets(configuration: bytes) -> Iterator[bytes]:
    reader, sets = Reader(configuration, _HEVC_CONFIGURATION), 0
    for _ in range(reader.number(1)):
        reader.number(1)
        count = reader.number(2)
        sets = _bounded(sets + count)
        for _ in range(count):
            yield reader.bytes(reader.number(2))


def _hevc_units(data: bytes, length_size: int) -> Iterator[bytes]:
    reader, units = Reader(data), 0
    while reader.position < len(data):
        units = _bounded(units + 1)
        yield reader.bytes(reader.number(length_size))


def _hevc_size(header: bytes) -> tuple[int, int]:
    bits = Bits(header[:_HEADER].replace(b"\0\0\3", b"\0\0"))
    bits.skip(4)
    layers = bits.number(3)
    bits.skip(1 + 96)
    if layers:
        present = [(bits.number(1), bits.number(1)) for _ in range(layers)]
        bits.skip(2 * (8 - layers))
        for profile, level in present:
            bits.skip(88 * profile + 8 * level)
    bits.exponential()
    if bits.exponential() == 3:
        bits.skip(1)
    return bits.exponential(), bits.exponential()


def _av1_units(data: bytes) -> Iterator[tuple[int, bytes]]:
    reader, units = Reader(data), 0
    while reader.position < len(data):
        units = _bounded(units + 1)
        head = reader.number(1)
        reader.number(head >> 2 & 1)
        size = _leb128(reader) if head & 2 else len(data) - reader.position
        yield head >> 3 & 0x0F, reader.bytes(size)


def _leb128(reader: Reader) -> int:
    value = 0
    for at in range(8):
        byte = reader.number(1)
        value |= (byte & 0x7F) << 7 * at
        if byte < 0x80:
            break
    return value


def _av1_size(bits: Bits) -> tuple[int, int]:
    bits.skip(3 + 1)
    if bits.number(1):  # reduced still picture header
        bits.skip(5)
    else:
        delay_bits = _av1_timing(bits)
        delays = bits.number(1)
        for _ in range(bits.number(5) + 1):
            bits.skip(12)
            bits.skip(bits.number(5) > 7)
            if delay_bits and bits.number(1):
                bits.skip(2 * delay_bits + 1)
            if delays and bits.number(1):
                bits.skip(4)
    width_bits, height_bits = bits.number(4) + 1, bits.number(4) + 1
    return bits.number(width_bits) + 1, bits.number(height_bits) + 1


def _av1_timing(bits: Bits) -> int:
    """How many bits a decoder's delay has; 0 where there is none."""
    if not bits.number(1):
        return 0
    bits.skip(64)
    if bits.number(1):
        bits.exponential()
    if not bits.number(1):
        return 0
    delay_bits = bits.number(5) + 1
    bits.skip(32 + 5 + 5)
    return delay_bits


def _bounded_headers(count: int) -> int:
    if count > MAX_SEQUENCE_HEADERS:
        raise BrokenImage(
            f"A part of the picture has more than {MAX_SEQUENCE_HEADERS} headers, which no real photo has."
        )
    return count


def _bounded(count: int) -> int:
    if count > MAX_CODED_UNITS:
        raise BrokenImage(f"A part of the picture has more than {MAX_CODED_UNITS} units, which no real photo has.")
    return count
