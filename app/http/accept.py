"""What a client prefers: its `Accept` and `Accept-Encoding` headers."""

import re

from starlette.datastructures import Headers

_QUALITY = re.compile(r'"?([01](?:\.\d*)?)"?')  # RFC 9110 has no quotes here, but some clients send them


def qualities(headers: Headers, name: str) -> dict[str, float]:
    """The values of a header, in lower case and in their order, each with its quality; 0 for a malformed quality.

    Other parameters than the quality are left out. Of equal values the highest quality counts.
    """
    found: dict[str, float] = {}
    for part in ",".join(headers.getlist(name)).lower().split(","):
        value, *parameters = (piece.strip() for piece in part.split(";"))
        pairs = (parameter.partition("=") for parameter in parameters)
        stated = next((weight for key, _, weight in pairs if key.strip() == "q"), "1")
        quality = _QUALITY.fullmatch(stated.strip())
        if value:
            found[value] = max(found.get(value, 0.0), float(quality[1]) if quality else 0.0)
    return found


def by_preference(headers: Headers, name: str) -> list[str]:
    """The values of a header, in lower case, the most wanted first, without those of quality 0 or a malformed one."""
    found = qualities(headers, name)
    return sorted((value for value, quality in found.items() if quality > 0), key=lambda value: -found[value])
