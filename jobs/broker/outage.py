"""Times in which the broker does not answer: each is logged once by whoever notices it, and each failure is counted."""

import logging

from jobs.observer import Observer

logger = logging.getLogger("likeness")


class Outage:
    """Logs the first failure of a row, with its `consequence`, and the first answer after them. One thread uses it.

    The `observer` is told of every failure.
    """

    def __init__(self, consequence: str, observer: Observer) -> None:
        self._consequence, self._observer = consequence, observer
        self._goes_on = False

    def noticed(self, error: Exception) -> None:
        """The broker has failed. The error itself is not logged, because it may name the broker's URL."""
        if not self._goes_on:
            logger.warning("the broker does not answer (%s): %s", type(error).__name__, self._consequence)
        self._goes_on = True
        self._observer.unavailable("broker")

    def over(self) -> None:
        """The broker has answered."""
        if self._goes_on:
            logger.info("the broker answers again")
        self._goes_on = False
