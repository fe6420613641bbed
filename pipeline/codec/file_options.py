"""Which options of a file each format knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from pipeline.options import FileOptions, OutputFormat

# `quality` is missing: every format has a default for it, so a value for another format does no harm.
_KNOWN_TO: Mapping[str, tuple[OutputFormat, ...]] = {
    "lossless": ("webp", "png", "tiff"),  # the last two always are
    "chroma_subsampling": ("jpeg", "avif"),
    "progressive": ("jpeg",),
    "bit_depth": ("png", "tiff"),
}


def unfit_options(options: FileOptions, output_format: OutputFormat) -> dict[str, str]:
    """The options with another value than their default that a file in this format cannot have: name → a clause why."""
    unfit = {
        field.name: _KNOWN_TO[field.name]
        for field in fields(FileOptions)
        if field.name in _KNOWN_TO
        and getattr(options, field.name) != field.default
        and output_format not in _KNOWN_TO[field.name]
    }
    return {
        name: f"{name}={_written(getattr(options, name))} is for {_named(known)}, not for {output_format.upper()}"
        for name, known in unfit.items()
    }


def without(options: FileOptions, names: Mapping[str, str]) -> FileOptions:
    """The options with the defaults of these names."""
    defaults: dict[str, Any] = {field.name: field.default for field in fields(FileOptions) if field.name in names}
    return replace(options, **defaults)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _named(formats: tuple[OutputFormat, ...]) -> str:
    *others, last = (name.upper() for name in formats)
    return f"{', '.join(others)} and {last}" if others else last
