"""The `Prefer` header (RFC 7240): how long a client would wait for a job."""

import re

from starlette.datastructures import Headers

MAX_WAIT_S = 60

_WAIT = re.compile(r'wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?', re.IGNORECASE)


def wait_of(headers: Headers) -> int:
    """The seconds of `Prefer: wait=20`, at most `MAX_WAIT_S`; 0 without it. Other preferences are not for us."""
    for preference in ",".join(headers.getlist("prefer")).split(","):
        found = _WAIT.fullmatch(preference.strip())
        if found:
            return min(int(found[1]), MAX_WAIT_S)
    return 0
