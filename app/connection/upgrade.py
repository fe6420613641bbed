"""Offers to change the protocol of a connection: hidden from the parser, and shown to the application."""

import re
from collections.abc import Sequence

_NAME = re.compile(rb"(?<=\r\n)upgrade(?=[ \t]*:)", re.IGNORECASE)
# The beginning of such a header, or of the line before its end, where a read ends.
_BEGUN = re.compile(rb"\r(\n(u(p(g(r(a(d(e[ \t]*)?)?)?)?)?)?)?)?\Z", re.IGNORECASE)
_HIDDEN = b"X-Asked"  # as long as the name that it replaces


class HiddenUpgrade:
    """The Upgrade headers of one connection's requests.

    Java's client offers HTTP/2 in ordinary requests, by an Upgrade header. httptools would then stop parsing and lose
    the body. A server may ignore the offer (RFC 9110, 7.8), so it is hidden from the parser.
    """

    def __init__(self) -> None:
        self._begun = b""
        self._found = 0  # headers in the present head

    def hide(self, part: bytes, is_end: bool) -> bytes:
        """A part of a head, for the parser. Of a header whose name is not whole yet, it gets nothing. `is_end`: the
        part ends with the end of the head.
        """
        part, found = _NAME.subn(_HIDDEN, self._begun + part)
        self._found += found
        begun = None if is_end else _BEGUN.search(part)
        self._begun = b"" if begun is None else begun.group()
        return part[: len(part) - len(self._begun)]

    def offered(self, headers: Sequence[tuple[bytes, bytes]]) -> str | None:
        """What the head that has ended offers, in lower case, such as `websocket`. None if it does not have exactly
        one such header, so that a client that sends the hidden name itself offers nothing.
        """
        values = [value for name, value in headers if name == _HIDDEN.lower()]
        found, self._found = self._found, 0
        return values[0].decode("latin-1").strip().lower() if found == len(values) == 1 else None
