"""Who waits for news of which job in this process."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID


class Watchers:
    """The events of those that watch a job. Belongs to one event loop."""

    def __init__(self) -> None:
        self._events: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self.ended = False

    @contextmanager
    def watching(self, job_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set at each change of the job; its reader clears it."""
        event = asyncio.Event()
        self._events[job_id].add(event)
        try:
            yield event
        finally:
            self._events[job_id].discard(event)
            if not self._events[job_id]:
                del self._events[job_id]

    def tell(self, job_id: UUID) -> None:
        """The job has changed."""
        for event in self._events.get(job_id, ()):
            event.set()

    def end(self) -> None:
        """There is no more news in this process."""
        self.ended = True
        for job_id in list(self._events):
            self.tell(job_id)
