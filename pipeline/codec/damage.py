"""Turns the exceptions of decoders into `BrokenImage`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import BrokenImage, PipelineError


@contextmanager
def damage_reported(format_name: str) -> Iterator[None]:
    """Turn every exception of a decoder into `BrokenImage`, except those that are not the file's fault."""
    try:
        yield
    except (PipelineError, MemoryError):
        raise
    except Exception as error:
        raise BrokenImage(f"This {format_name} file is damaged or incomplete and cannot be read.") from error
