"""A photo's IPTC datasets → those that a result may keep.

Source: IPTC-NAA Information Interchange Model, version 4.2.
"""

from __future__ import annotations

MAX_IPTC_BYTES = 60_000  # a JPEG segment holds some 65,500
_MAX_READ = 2**18  # bytes; more datasets than that are not searched for those that may be kept
_MARK, _HEAD = 0x1C, 5  # what a dataset starts with, and the bytes before its content
_EXTENDED = 0x8000  # a length of more than two bytes

_CHARACTERS = {(1, 90)}
# Record 2 without previews (200 to 202), sound (150 to 154), captions as pictures (125) and what single programs store.
_ABOUT = {
    *(0, 3, 4, 5, 7, 8, 10, 12, 15, 20, 22, 25, 30, 35, 37, 38, 40, 42, 45, 47, 50, 55, 60, 62, 63, 65, 70, 75, 80, 85),
    *(103, 105, 110, 115, 116, 118, 120, 121, 122, 130, 131, 135),
}
_PLACE = {26, 27, 90, 92, 95, 100, 101}  # codes and names of places, city, sublocation, state and country
_EMPTY = {(1, 90), (2, 0)}  # these only say how others are written


def kept_iptc(data: bytes, *, keep_location: bool = False) -> tuple[bytes, bool]:
    """The datasets that a result may keep, at most `MAX_IPTC_BYTES`, and whether none is damaged or too large for it.

    What follows a damaged dataset is left out. Zeros at the end are padding.
    """
    allowed = _CHARACTERS | {(2, number) for number in (_ABOUT | _PLACE if keep_location else _ABOUT)}
    kept, size, says_something, position = [], 0, False, 0
    while position + _HEAD <= len(data) and data[position] == _MARK:
        length = int.from_bytes(data[position + 3 : position + 5], "big")
        end = position + _HEAD + length
        if length & _EXTENDED or end > min(len(data), _MAX_READ):
            break
        name = data[position + 1], data[position + 2]
        if name in allowed:
            size += end - position
            if size > MAX_IPTC_BYTES:
                break
            kept.append(data[position:end])
            says_something = says_something or name not in _EMPTY
        position = end
    whole = not data[position : position + _MAX_READ].strip(b"\0")
    return b"".join(kept) if says_something else b"", whole
