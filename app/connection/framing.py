"""Where heads and bodies end in what arrives, so that limits for all that is not body hold however it is split."""

MAX_HEAD_BYTES = 32 * 1024  # of a request line with its headers; also of chunk sizes and trailers, beyond the body

_BLANK_LINE = b"\r\n\r\n"  # ends a head, and a chunked body with its trailers


class Framing:
    """The message that arrives on a connection. It knows what the parser reports, and counts the bytes between reports.

    The parser gets what arrives in parts. A part never reaches beyond a head, and never beyond what may still arrive of
    a head or of the frame of a body: so a head that is too large is noticed before the parser completes it.
    """

    def __init__(self) -> None:
        self.in_head = True
        self.at_blank_line = False  # whether the last part ended with one
        self._overhead = 0  # bytes of the present head; in a chunked body, those that are not body, minus the body
        self._body_left = 0  # bytes of a body whose length was declared
        self._tail = b""  # the last bytes of the part before, which may begin a blank line

    @property
    def is_full(self) -> bool:
        """Whether the present head, or the frame of the present body, has all the bytes that it may have."""
        return self._overhead >= MAX_HEAD_BYTES

    def part(self, data: bytes, start: int) -> bytes:
        """The next part of `data`, from `start`. The parser must be given it, and its reports passed on, at once."""
        if self._body_left:
            self._tail, self.at_blank_line = b"", False
            return data[start : start + self._body_left]
        within = data[start : start + min(MAX_HEAD_BYTES, MAX_HEAD_BYTES - self._overhead)]
        # A chunked body may be full of blank lines, so it is cut at its last one.
        seen = self._tail + within
        found = (seen.find if self.in_head else seen.rfind)(_BLANK_LINE)
        self.at_blank_line = found >= 0
        if self.at_blank_line:
            within = within[: found + len(_BLANK_LINE) - len(self._tail)]
        self._tail = b"" if self.at_blank_line else seen[1 - len(_BLANK_LINE) :]
        self._overhead += len(within)
        return within

    def head_complete(self, body_length: int) -> None:
        """The head has ended. `body_length`: as declared; 0 where it was not, as in a chunked body."""
        self.in_head, self._overhead, self._body_left = False, 0, body_length

    def body(self, size: int) -> None:
        """The part held `size` bytes of the body."""
        if self._body_left:
            self._body_left -= size
        else:
            self._overhead -= 2 * size  # which `part` has counted as overhead

    def trailer(self) -> None:
        """The part held a line behind a chunked body. The trailers may not be larger because the body was large."""
        self._overhead = max(0, self._overhead)

    def message_complete(self) -> None:
        """The message has ended, and the next bytes begin a head."""
        self.in_head, self._overhead, self._body_left = True, 0, 0
