"""Whether jobs can be kept, asked before anything that takes long."""

import asyncio

from app.settings import Settings


def places_fault(settings: Settings) -> str | None:
    """Why jobs cannot be kept where the settings say, as a sentence; None if they can, or if there are none."""
    if not settings.has_jobs:
        return None
    from jobs.places import fault_of_places  # not imported by a server without jobs

    return asyncio.run(fault_of_places(settings))
