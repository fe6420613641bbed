"""Why a photo is refused before the pipeline sees it. Like `pipeline.errors`, these know nothing of HTTP."""

from app.settings import MEBIBYTE
from pipeline.errors import DeviceOutOfMemory, InputError, PipelineError


class BadParameter(InputError):
    """An option that this server does not offer, or an empty or repeated field."""

    code = "bad_parameter"
    stage = "parameters"


class UnknownParameter(InputError):
    """A name in the query that nothing reads there."""

    code = "unknown_parameter"
    stage = "parameters"


class MemoryLow(DeviceOutOfMemory):
    """The photo needs more memory than is free. `needed` and `free` are bytes."""

    code = "memory_low"
    stage = "queue"
    retry_after: int | None = None  # seconds; set by the caller that knows when memory will be free

    def __init__(self, needed: int, free: int) -> None:
        super().__init__(
            f"This photo takes about {needed / MEBIBYTE:.0f} MB of memory, of which {free / MEBIBYTE:.0f} MB are free. "
            "Try again in a moment, or with a smaller photo or result."
        )
        self.needed, self.free = needed, free


class Unavailable(PipelineError):
    """The photo cannot be taken now; the client may try again after `retry_after` seconds."""

    code = "unavailable"
    retry_after = 5


class Overloaded(Unavailable):
    """All slots and all places in the queue are taken."""

    code = "overloaded"
    stage = "queue"

    def __init__(self, retry_after: int) -> None:
        super().__init__("The server is busy: all its waiting places are taken. Try again in a moment.")
        self.retry_after = retry_after


class NotReady(Unavailable):
    """The models are not loaded yet, or could not be loaded."""

    code = "not_ready"
    stage = "startup"


class ShuttingDown(Unavailable):
    """The server is stopping. Another replica, or this one after its restart, can take the photo."""

    code = "shutting_down"
    stage = "shutdown"
    retry_after = 2

    def __init__(self) -> None:
        super().__init__("The server is shutting down. Try again in a moment.")
