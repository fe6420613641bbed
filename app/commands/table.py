"""Lines and tables on the terminal."""

from collections.abc import Sequence
from typing import TextIO


def say(text: str, file: TextIO | None = None) -> None:
    """Print without buffering: in a pipe, lines on stdout and stderr would else come late and out of order."""
    print(text, file=file, flush=True)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells in columns, left-aligned."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    for row in (header, *rows):
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def megabytes(size: int | None) -> str:
    """A number of bytes for people; - where it is not known."""
    return f"{size / 1e6:.2f} MB" if size else "-"
