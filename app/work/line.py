"""The line of the photos that wait for the device, and the positions in it that their clients are told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from app.work.turns import Order
from pipeline.run import Run

OnPosition: TypeAlias = Callable[[int], None]  # called with the number of photos that go on the device before this one

_DECODED: Order = (-1,)  # lower than any other


@dataclass(slots=True)
class _Waiting:
    """A photo that is not on the device yet. `sent` is the last position that its client was sent."""

    order: Order
    on_position: OnPosition | None
    sent: int | None = None


class Line:
    """Where each photo is that is inside: in the line, or on one of the `slots` of the device."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._waiting: dict[Run, _Waiting] = {}  # in the order in which they go on the device
        self.on_device: set[Run] = set()

    @property
    def beyond_slots(self) -> int:
        """Photos that wait, but for those that have a free slot."""
        return max(0, len(self._waiting) - (self._slots - len(self.on_device)))

    def order_of(self, run: Run) -> Order:
        """The order of a photo that waits and is not decoded."""
        return self._waiting[run].order

    def enter(self, run: Run, order: Order, on_position: OnPosition | None) -> None:
        """A photo has come inside. `on_position` is called with its position, now and whenever it changes."""
        self._insert(run, _Waiting(order, on_position))

    def decoded(self, run: Run) -> None:
        """The photo is decoded: it goes on the device before all that are not, even if these are before it."""
        waiting = self._waiting.pop(run)
        waiting.order = _DECODED
        if len(self.on_device) >= self._slots:
            waiting.sent = None  # its client has been sent the stage "decode" since: send the position again
        self._insert(run, waiting)

    def start(self, run: Run) -> None:
        """The photo goes on the device."""
        self.on_device.add(run)
        self.leave(run)

    def finish(self, run: Run) -> None:
        """The photo leaves the device."""
        self.on_device.discard(run)
        self._send_positions()

    def leave(self, run: Run) -> None:
        """The photo leaves the line, if it is still there."""
        if self._waiting.pop(run, None) is not None:
            self._send_positions()

    def send_again(self) -> None:
        """Send every photo its position once more: something else about its wait has changed."""
        for waiting in self._waiting.values():
            if waiting.sent is not None and waiting.on_position is not None:
                waiting.on_position(waiting.sent)

    def _insert(self, run: Run, waiting: _Waiting) -> None:
        self._waiting[run] = waiting
        self._waiting = dict(sorted(self._waiting.items(), key=lambda entry: entry[1].order))
        self._send_positions()

    def _send_positions(self) -> None:
        free = max(0, self._slots - len(self.on_device) - 1)  # slots beside the one that the first in the line gets
        for index, waiting in enumerate(self._waiting.values()):
            position = max(0, index - free)
            if position != waiting.sent:
                waiting.sent = position
                if waiting.on_position is not None:
                    waiting.on_position(position)
