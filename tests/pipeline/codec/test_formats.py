"""The table of accepted formats: each file is known by its first bytes."""

from __future__ import annotations

import pytest

from pipeline.codec.formats import INPUT_FORMATS, InputFormat, accepted_names, format_of
from pipeline.codec.output_formats import OUTPUT_FORMATS
from pipeline.errors import UnsupportedMediaType
from tests import containers, images

MAKERS = {
    "PNG": images.png,
    "JPEG": images.jpeg,
    "WebP": images.webp,
    "TIFF": images.tiff,
    "BMP": lambda pixels: images.saved(pixels, "BMP"),
    "GIF": images.gif,
    "AVIF": containers.avif,
    "HEIC": containers.heic,
}
PLUGINS = {"HEIC": "HEIF"}  # the names that differ
SIGNATURE = 18  # bytes at most


@pytest.mark.parametrize("row", INPUT_FORMATS, ids=lambda row: row.name)
def test_a_file_is_known_by_its_signature_and_its_media_type_is_that_of_the_plugin(row: InputFormat) -> None:
    file = MAKERS[row.name](images.gradient())
    assert format_of(file) is row
    assert format_of(file[:SIGNATURE] + b"nothing else is looked at") is row
    assert row.plugin.format == PLUGINS.get(row.name, row.name.upper())


@pytest.mark.parametrize("row", INPUT_FORMATS, ids=lambda row: row.name)
def test_a_cut_signature_is_no_signature(row: InputFormat) -> None:
    whole = MAKERS[row.name](images.gradient())
    longest = next(length for length in range(SIGNATURE + 1) if row.signature.match(whole[:length]))
    for length in range(longest):
        with pytest.raises(UnsupportedMediaType, match=f"send {accepted_names()}"):
            format_of(whole[:length])


def test_the_names_are_listed_as_in_a_sentence() -> None:
    assert accepted_names() == "AVIF, BMP, GIF, HEIC, JPEG, PNG, TIFF or WebP"


def test_whatever_is_written_can_be_read() -> None:
    assert {info.media_type for info in OUTPUT_FORMATS.values()} <= {row.media_type for row in INPUT_FORMATS}
    read = {suffix for row in INPUT_FORMATS for suffix in row.suffixes}
    assert {suffix for info in OUTPUT_FORMATS.values() for suffix in info.suffixes} <= read
