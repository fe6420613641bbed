"""Objects that belong to no job any more."""

import logging
from collections.abc import Iterable

from app.http.jobs.route import Jobs
from jobs.errors import StoreUnavailable

logger = logging.getLogger("likeness")


async def remove_objects(keys: Iterable[str], jobs: Jobs) -> None:
    """Delete objects whose rows are gone or never came. If the store does not answer, the sweeper does it later."""
    try:
        await jobs.objects.delete(keys)
    except StoreUnavailable as error:
        logger.warning("objects of jobs are left to the sweeper: %s", error.message)
