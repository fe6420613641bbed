"""IPTC datasets that go into a result."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.metadata.iptc import MAX_IPTC_BYTES, kept_iptc
from tests.pipeline.metadata.blocks import iptc

ENCODING, KEYWORD, BY_LINE = (1, 90, b"\x1b%G"), (2, 25, "Größe".encode()), (2, 80, b"Ann")
PLACES = [(2, number, b"x") for number in (26, 27, 90, 92, 95, 100, 101)]


def test_what_is_about_the_photo_stays_in_its_order() -> None:
    datasets = (ENCODING, (2, 0, b"\0\4"), KEYWORD, (2, 25, b"lake"), BY_LINE, (2, 116, b"(c)"))
    assert kept_iptc(iptc(*datasets)) == (iptc(*datasets), True)


@pytest.mark.parametrize("number", [125, 150, 200, 201, 202, 221, 225, 230, 232, 255])
def test_previews_sound_and_what_programs_store_is_left_out(number: int) -> None:
    assert kept_iptc(iptc((2, number, bytes(100)), BY_LINE), keep_location=True) == (iptc(BY_LINE), True)


@pytest.mark.parametrize("record", [1, 3, 6, 7, 8, 9, 240])
def test_other_records_are_left_out(record: int) -> None:
    assert kept_iptc(iptc((record, 25, b"x"), BY_LINE)) == (iptc(BY_LINE), True)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_places_stay_only_where_they_are_asked_for(place: tuple[int, int, bytes]) -> None:
    assert kept_iptc(iptc(place, BY_LINE)) == (iptc(BY_LINE), True)
    assert kept_iptc(iptc(place, BY_LINE), keep_location=True) == (iptc(place, BY_LINE), True)


@pytest.mark.parametrize("datasets", [(), (ENCODING,), (ENCODING, (2, 0, b"\0\4")), ((2, 90, b"Berlin"),)])
def test_nothing_to_keep_gives_nothing(datasets: tuple[tuple[int, int, bytes], ...]) -> None:
    assert kept_iptc(iptc(*datasets)) == (b"", True)


def test_zeros_at_the_end_are_padding() -> None:
    assert kept_iptc(iptc(BY_LINE) + bytes(3)) == (iptc(BY_LINE), True)


DAMAGED = {
    "no dataset": b"Ann",
    "cut off": iptc(BY_LINE, KEYWORD)[:-1],
    "a length beyond the end": iptc(BY_LINE) + struct.pack(">BBBH", 0x1C, 2, 25, 0x7FFF),
    "an extended length": iptc(BY_LINE) + struct.pack(">BBBHI", 0x1C, 2, 25, 0x8004, 1) + b"x",
    "other bytes": iptc(BY_LINE) + b"x",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_damage_is_said_and_what_is_before_it_stays(data: bytes) -> None:
    assert kept_iptc(data) == (iptc(BY_LINE) if data.startswith(b"\x1c") else b"", False)


def test_no_more_stays_than_fits_into_a_segment() -> None:
    many = iptc(*[(2, 25, b"x" * 995)] * 61)
    assert kept_iptc(many) == (many[:MAX_IPTC_BYTES], False)


def test_ten_megabytes_of_datasets_take_little_time() -> None:
    started = time.process_time()
    kept_iptc(iptc((2, 255, b"")) * 2**21)
    assert time.process_time() - started < 0.5


@given(st.binary(max_size=100), st.booleans())
def test_whatever_the_bytes_are_there_is_an_answer(data: bytes, location: bool) -> None:
    written, _ = kept_iptc(iptc(BY_LINE) + data, keep_location=location)
    assert written.startswith(iptc(BY_LINE))


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=20)), max_size=20))
def test_no_place_stays(datasets: list[tuple[int, int, bytes]]) -> None:
    written, whole = kept_iptc(iptc(*datasets))
    assert whole
    assert kept_iptc(written) == (written, True)
    assert kept_iptc(written, keep_location=True) == (written, True)
