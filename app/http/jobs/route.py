"""Routes of jobs: they answer only where this server keeps jobs, and to each owner only about his own."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from uuid import UUID

from fastapi import Depends, Path, Request, Response
from fastapi.routing import APIRoute

from app.http.jobs.room import Room
from app.http.photo_request import PhotoRoute
from app.observe.request_record import record_of
from app.work.errors import ShuttingDown
from app.work.service import Service
from jobs.errors import JobsOff, UnknownJob
from jobs.quota import UNLIMITED, Load, Usage

if TYPE_CHECKING:
    from jobs.house import Jobs as Jobs
else:  # its database and object store need half a second to import, which a server without jobs does not pay
    Jobs: TypeAlias = Any

_UUID = {"format": "uuid"}


class JobRoute(APIRoute):
    """A route that is there only where jobs are kept, which is checked before anything else of the request."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As `APIRoute` calls it, to make the function that answers a request."""
        handle = super().get_route_handler()

        async def handle_job(request: Request) -> Response:
            _ = jobs_of(request)
            return await handle(request)

        return handle_job


class KeptPhotoRoute(PhotoRoute):
    """A route that takes a photo for later. It is refused before its body is read where no jobs are taken, or
    no more of its owner.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As `APIRoute` calls it, to make the function that answers a request."""
        handle = super().get_route_handler()

        async def handle_kept(request: Request) -> Response:
            check_accepting(request)
            if "idempotency-key" not in request.headers:  # a repeated request adds no job
                _ = await room_of(request)
            return await handle(request)

        return handle_kept


def jobs_of(request: Request) -> Jobs:
    """What keeps the jobs. Raises `JobsOff`."""
    found: Jobs | None = request.app.state.jobs
    if found is None:
        raise JobsOff(
            "This server keeps no jobs. Its operator turns them on with LIKENESS_DATA_DIR, a folder for their data."
        )
    return found


def check_accepting(request: Request) -> None:
    """Raises `ShuttingDown` where the server stops and so takes no new jobs, and what `jobs_of` raises."""
    _ = jobs_of(request)
    service: Service = request.app.state.service
    if service.draining:
        raise ShuttingDown


def owner_of(request: Request) -> str:
    """Whose jobs these are: the name of the API key, or `token:` and the subject of the token.

    Empty on a server without keys and tokens, where all share them.
    """
    return record_of(request.scope).owner or ""


async def room_of(request: Request, batch_key: str | None = None) -> Room:
    """The room that the owner has, at least for one more job.

    A batch that was taken under this (hashed) key already needs none. Raises `QuotaExceeded`, `StoreUnavailable`,
    `JobsOff`.
    """
    store, owner = jobs_of(request).store, owner_of(request)
    if not store.quota:
        return Room(UNLIMITED, Usage())
    room = Room(store.quota, await store.usage(owner))
    # After the usage was looked at: a batch that is counted there is known here.
    if batch_key is not None and await store.has_batch(owner, batch_key):
        return Room(UNLIMITED, Usage())
    room.check(Load())
    return room


async def _jobs(request: Request) -> Jobs:
    return jobs_of(request)


async def _owner(request: Request) -> str:
    return owner_of(request)


async def _job_id(
    text: Annotated[str, Path(alias="id", description="the `id` of a job", json_schema_extra=_UUID)],
) -> UUID:
    return _parsed(text, "job")


async def _batch_id(
    text: Annotated[str, Path(alias="id", description="the `id` of a batch", json_schema_extra=_UUID)],
) -> UUID:
    return _parsed(text, "batch")


def _parsed(text: str, what: str) -> UUID:
    """The id. Text that is none names nothing that there is: `UnknownJob`."""
    try:
        return UUID(text)
    except ValueError:
        raise UnknownJob(f"There is no such {what}.") from None


JobsDep = Annotated[Jobs, Depends(_jobs)]
OwnerDep = Annotated[str, Depends(_owner)]
JobIdDep = Annotated[UUID, Depends(_job_id)]
BatchIdDep = Annotated[UUID, Depends(_batch_id)]
