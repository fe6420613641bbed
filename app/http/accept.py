"""What a client would rather have: `Accept` and `Accept-Encoding`."""

from __future__ import annotations

import re

from starlette.datastructures import Headers

_QUALITY = re.compile(r'q\s*=\s*"?([01](?:\.\d*)?)"?')  # quoted it is not as the standard has it, but plain enough


def by_preference(headers: Headers, name: str) -> list[str]:
    """What the header `name` asks for, in lower case, most wanted first, without what has the quality 0, or none that
    makes sense.
    """
    wanted = []
    for part in ",".join(headers.getlist(name)).lower().split(","):
        value, *parameters = (piece.strip() for piece in part.split(";"))
        stated = next((parameter for parameter in parameters if parameter.startswith("q")), "q=1")
        quality = _QUALITY.fullmatch(stated)
        weight = float(quality[1]) if quality else 0.0
        if value and weight > 0:
            wanted.append((weight, value))
    return [value for _, value in sorted(wanted, key=lambda item: -item[0])]
