"""The file that a result is written as."""

from __future__ import annotations

import pytest

from app.options import OutputOptions
from app.work.errors import BadParameter
from app.work.output_file import check_output, output_file
from pipeline.codec.formats import INPUT_FORMATS
from pipeline.options import OutputFormat

BY_NAME = {row.name: row for row in INPUT_FORMATS}


@pytest.mark.parametrize("name", BY_NAME)
def test_the_format_that_is_asked_for_goes_before_that_of_the_photo(name: str) -> None:
    file = output_file(OutputOptions(output_format="webp", lossless=True), BY_NAME[name])
    assert (file.output_format, file.options.lossless, file.notices) == ("webp", True, ())


def test_an_option_that_contradicts_the_format_is_refused() -> None:
    with pytest.raises(BadParameter, match=r"^bit_depth=16 is for PNG and TIFF, not for JPEG\.$"):
        output_file(OutputOptions(output_format="jpeg", bit_depth="16"), BY_NAME["PNG"])
    with pytest.raises(BadParameter, match=r"^lossless=true is .* for JPEG; bit_depth=16 is .* for JPEG\.$"):
        check_output(OutputOptions(output_format="jpeg", bit_depth="16", lossless=True))
    check_output(OutputOptions(output_format="same", bit_depth="16", progressive=True))


@pytest.mark.parametrize(
    ("name", "output_format", "replaced"),
    [
        ("PNG", "png", False),
        ("JPEG", "jpeg", False),
        ("WebP", "webp", False),
        ("TIFF", "tiff", False),
        ("AVIF", "avif", False),
        ("BMP", "png", True),
        ("GIF", "png", True),
        ("HEIC", "jpeg", True),
    ],
)
def test_the_same_format_or_the_nearest_that_is_written(name: str, output_format: OutputFormat, replaced: bool) -> None:
    file = output_file(OutputOptions(output_format="same"), BY_NAME[name])
    assert file.output_format == output_format
    message = f"{name} files are read only; the result is a {output_format.upper()} file."
    assert [(notice.code, notice.message) for notice in file.notices] == (
        [("output_format_replaced", message)] if replaced else []
    )


def test_in_the_same_format_an_option_that_does_not_fit_has_no_effect() -> None:
    asked = OutputOptions(output_format="same", bit_depth="16", progressive=True, quality=80)
    of_jpeg, of_png = (output_file(asked, BY_NAME[name]) for name in ("JPEG", "PNG"))
    assert (of_jpeg.options.bit_depth, of_jpeg.options.progressive, of_jpeg.options.quality) == ("8", True, 80)
    assert (of_png.options.bit_depth, of_png.options.progressive) == ("16", False)
    assert [(notice.code, notice.message) for file in (of_jpeg, of_png) for notice in file.notices] == [
        ("option_unused", "bit_depth=16 is for PNG and TIFF, not for JPEG: it had no effect."),
        ("option_unused", "progressive=true is for JPEG, not for PNG: it had no effect."),
    ]
