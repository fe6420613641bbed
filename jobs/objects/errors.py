"""What can go wrong with objects, and how the errors of obstore and the system become these."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError, PermissionDeniedError, PreconditionError, UnauthenticatedError

from jobs.errors import StoreUnavailable
from pipeline.errors import PipelineError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


class ObjectMissing(PipelineError):
    """There is no object of this name, or no longer, or another one has taken its place while it was read."""

    code = "object_missing"


class ObjectTooLarge(PipelineError):
    """The object has more bytes than its reader takes."""

    code = "object_too_large"


class RangeOutside(PipelineError):
    """The bytes that were asked for begin behind the object's end. `size` is how many it has."""

    code = "range_outside"

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size} bytes; the range that was asked for begins behind them.")
        self.size = size


class BadObjectsUrl(PipelineError):
    """The URL of the object store, or a setting that belongs to it, is wrong or missing."""

    code = "bad_objects_url"


def unavailable(error: Exception) -> StoreUnavailable:
    """The sentence for an error of the store. It holds no URL and no key: the cause is for the log."""
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return StoreUnavailable("The object store refuses this server: its credentials or their rights are wrong.")
    if isinstance(error, FileNotFoundError):
        return StoreUnavailable("The place of the object store is gone: there is no such folder, bucket or container.")
    number = getattr(error, "errno", None)
    if number in FULL:
        return StoreUnavailable("The object store takes nothing more: its disk is full.")
    if number in CLOSED:
        return StoreUnavailable("The folder of the object store cannot be written or read by this server.")
    return StoreUnavailable("The object store does not answer.")


@contextmanager
def writing() -> Iterator[None]:
    """Errors of the store as `StoreUnavailable`, where there is no object that may be missing."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise unavailable(error) from error


@contextmanager
def reading() -> Iterator[None]:
    """Errors of the store as `ObjectMissing` or `StoreUnavailable`."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectMissing("The file is not there, or no longer.") from error
    except PreconditionError as error:
        raise ObjectMissing("Another file has taken the place of this one while it was read.") from error
    except (BaseError, OSError) as error:
        raise unavailable(error) from error
