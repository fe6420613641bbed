"""Figures rounded for reading, and Markdown tables of them."""

from __future__ import annotations

from collections.abc import Sequence

MISSING = "–"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, padded for a terminal; the first column is left-aligned, the others right-aligned."""
    lines = [list(header), *map(list, rows)]
    if any(len(line) != len(header) for line in lines):
        raise ValueError("every row of a table needs as many cells as its header")
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(header))]
    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [
        [line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))] for line in lines
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in (padded[0], rule, *padded[1:]))


def seconds(value: float | None) -> str:
    """Seconds with three significant digits, at most two of them decimals."""
    if value is None:
        return MISSING
    return f"{value:.0f} s" if value >= 99.5 else f"{value:.1f} s" if value >= 9.95 else f"{value:.2f} s"


def milliseconds(value: float | None) -> str:
    """Milliseconds; whole ones from ten on, else one decimal."""
    if value is None:
        return MISSING
    return f"{value:.0f} ms" if value >= 9.95 else f"{value:.1f} ms"


def megabytes(value: float | None) -> str:
    """MB (10⁶ bytes)."""
    return MISSING if value is None else f"{value:.0f} MB"


def percent(value: float | None) -> str:
    """A share in [0, 1] as a percentage."""
    return MISSING if value is None else f"{100 * value:.0f} %"


def ratio(theirs: float | None, ours: float | None) -> str:
    """`theirs` divided by `ours`."""
    if theirs is None or not ours:
        return MISSING
    times = theirs / ours
    return f"{times:.0f}×" if times >= 99.5 else f"{times:.1f}×" if times >= 9.95 else f"{times:.2f}×"
