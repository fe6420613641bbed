"""Batches: work on many crops or tiles, several at once, and fewer at once after memory ran out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pipeline.errors import DeviceOutOfMemory
from pipeline.run import Run, memory_ran_out
from pipeline.types import Notice

Item = TypeVar("Item")
Result = TypeVar("Result")

MEMORY_LOW = Notice(
    "device_memory_low", "Memory ran low: the photo was worked on in smaller portions, which takes longer."
)


class Batches:
    """Batches of one photo's items. `size` items are worked on at once; it is halved each time memory runs out."""

    def __init__(self, size: int, run: Run) -> None:
        self.size = max(1, size)
        self._run = run

    def apply(self, work: Callable[[Sequence[Item]], Result], items: Sequence[Item]) -> Iterator[Result]:
        """The result of `work` for each batch of `items`, in their order.

        A batch that does not fit into memory, on the device or the host, is tried again in halves, and the run notes
        `MEMORY_LOW`. Raises `DeviceOutOfMemory` where a single item does not fit, and whatever else `work` raises.
        """
        start = 0
        while start < len(items):
            batch = items[start : start + self.size]
            try:
                result = work(batch)
            except Exception as error:
                if not memory_ran_out(error):
                    raise
                if len(batch) == 1:
                    raise DeviceOutOfMemory("Not enough memory for this photo right now.") from error
                self.size = len(batch) // 2
                self._run.note(MEMORY_LOW)
            else:
                start += len(batch)
                yield result
                del result  # otherwise it stays in memory while the next one is computed
                continue
            # Leaving the except block has released the error, and with it the batch's memory. Other photos, for which
            # the check makes way, need it.
            self._run.check()
