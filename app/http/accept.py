"""What a client prefers: its `Accept` and `Accept-Encoding` headers."""

import re

from starlette.datastructures import Headers

_QUALITY = re.compile(r'q\s*=\s*"?([01](?:\.\d*)?)"?')  # RFC 9110 has no quotes here, but some clients send them


def by_preference(headers: Headers, name: str) -> list[str]:
    """The values of a header, in lower case, the most wanted first, without those of quality 0 or a malformed one."""
    wanted = []
    for part in ",".join(headers.getlist(name)).lower().split(","):
        value, *parameters = (piece.strip() for piece in part.split(";"))
        stated = next((parameter for parameter in parameters if parameter.startswith("q")), "q=1")
        quality = _QUALITY.fullmatch(stated)
        weight = float(quality[1]) if quality else 0.0
        if value and weight > 0:
            wanted.append((weight, value))
    return [value for _, value in sorted(wanted, key=lambda item: -item[0])]
