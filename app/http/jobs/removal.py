"""Objects that belong to no job, or to none any more."""

import logging
from collections.abc import Collection, Iterable

from app.http.jobs.route import Jobs
from jobs.errors import StoreUnavailable

logger = logging.getLogger("likeness")


async def remove_objects(keys: Iterable[str], jobs: Jobs) -> None:
    """Delete objects whose rows are gone or never came. If the store does not answer, the sweeper does it later."""
    try:
        await jobs.objects.delete(keys)
    except StoreUnavailable as error:
        logger.warning("objects of jobs are left to the sweeper: %s", error.message)


async def remove_unowned(keys: Collection[str], jobs: Jobs) -> None:
    """Delete those of the objects that no row names, after a submission that has failed.

    Where the database has stopped answering, the job may have been added all the same, and needs its photo: then the
    sweeper decides later.
    """
    if not keys:
        return
    try:
        owned = await jobs.store.known(keys)
    except StoreUnavailable as error:
        logger.warning("objects of jobs are left to the sweeper: %s", error.message)
        return
    await remove_objects([key for key in keys if key not in owned], jobs)
