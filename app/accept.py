"""What a client would rather have: `Accept` and `Accept-Encoding`."""

from __future__ import annotations


def by_preference(header: str) -> list[str]:
    """The names in an `Accept` header or its like, in lower case, most wanted first, without those of quality 0."""
    wanted = []
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        try:
            weight = float(quality)
        except ValueError:
            weight = 0.0
        if weight > 0:
            wanted.append((weight, name))
    return [name for _, name in sorted(wanted, key=lambda item: -item[0])]
