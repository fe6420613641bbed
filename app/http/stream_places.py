"""How many clients may follow a job. Each of them looks at it once a second, which takes about 2 ms of a core."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from app.http.refusals import TooManyStreams

EVERYBODY = 200  # which take half a core while nothing happens
ONE_CLIENT = 60  # more than the jobs of an ordinary batch


class StreamPlaces:
    """The WebSockets and event streams of jobs of one server. Belongs to one event loop."""

    def __init__(self, everybody: int = EVERYBODY, one_client: int = ONE_CLIENT) -> None:
        self._everybody, self._one_client = everybody, one_client
        self._open: Counter[str] = Counter()

    @contextmanager
    def held(self, client: str) -> Iterator[None]:
        """A place for a stream of `client`. Raises `TooManyStreams`."""
        if self._open[client] >= self._one_client or self._open.total() >= self._everybody:
            raise TooManyStreams
        self._open[client] += 1
        try:
            yield
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]
