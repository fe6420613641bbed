"""Times in which the broker does not answer, each logged once by whoever notices it."""

import logging

logger = logging.getLogger("likeness")


class Outage:
    """Logs the first failure of a row, with its `consequence`, and the first answer after them. One thread uses it."""

    def __init__(self, consequence: str) -> None:
        self._consequence = consequence
        self._goes_on = False

    def noticed(self, error: Exception) -> None:
        """The broker has failed. The error itself is not logged, because it may name the broker's URL."""
        if not self._goes_on:
            logger.warning("the broker does not answer (%s): %s", type(error).__name__, self._consequence)
        self._goes_on = True

    def over(self) -> None:
        """The broker has answered."""
        if self._goes_on:
            logger.info("the broker answers again")
        self._goes_on = False
