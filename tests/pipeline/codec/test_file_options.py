"""Which options of a file a format knows."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from pipeline.codec.file_options import unfit_options, without
from pipeline.options import FileOptions, OutputFormat

FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)
CHANGED: dict[str, Any] = {
    "quality": 50,
    "lossless": True,
    "chroma_subsampling": "4:2:0",
    "progressive": True,
    "bit_depth": "16",
}
KNOWN = {
    "png": {"quality", "lossless", "bit_depth"},
    "jpeg": {"quality", "chroma_subsampling", "progressive"},
    "webp": {"quality", "lossless"},
    "avif": {"quality", "chroma_subsampling"},
    "tiff": {"quality", "lossless", "bit_depth"},
}


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("name", CHANGED)
def test_an_option_that_a_format_does_not_know_is_found(output_format: OutputFormat, name: str) -> None:
    options = FileOptions(**{name: CHANGED[name]})
    assert set(unfit_options(options, output_format)) == {name} - KNOWN[output_format]
    assert without(options, unfit_options(options, output_format)) == (
        options if name in KNOWN[output_format] else FileOptions()
    )


@pytest.mark.parametrize("output_format", FORMATS)
def test_defaults_fit_every_format(output_format: OutputFormat) -> None:
    assert unfit_options(FileOptions(), output_format) == {}


def test_each_option_has_a_clause_of_its_own() -> None:
    assert unfit_options(FileOptions(**CHANGED), "avif") == {
        "lossless": "lossless=true is for WEBP, PNG and TIFF, not for AVIF",
        "progressive": "progressive=true is for JPEG, not for AVIF",
        "bit_depth": "bit_depth=16 is for PNG and TIFF, not for AVIF",
    }
    assert unfit_options(FileOptions(chroma_subsampling="4:4:4"), "png") == {
        "chroma_subsampling": "chroma_subsampling=4:4:4 is for JPEG and AVIF, not for PNG"
    }
