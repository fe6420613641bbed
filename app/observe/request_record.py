"""One request and its answer, as an operator may see them: all that is measured, logged and traced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.http.errors import CLIENT_CLOSED_REQUEST
from app.work.order import Answer
from pipeline.errors import Cancelled
from pipeline.run import Run

QUEUE = "queue"  # a stage in a run's timings, but no work


@dataclass(frozen=True, slots=True)
class Exchange:
    """`route` is a template and `method` a known one: neither holds anything that a client made up.

    `status` is 499 if nobody was there any more to read the answer; of a stream of events that ended in an error it is
    the error's, `facts["status"]`, whatever its head had said. `facts` is what `scope["facts"]` came to.
    """

    method: str
    route: str
    status: int
    seconds: float
    bytes_in: int
    bytes_out: int
    facts: Mapping[str, Any]

    @property
    def code(self) -> str | None:
        """The code of an error; None of any other answer, and where a status says it all."""
        return Cancelled.code if self.status == CLIENT_CLOSED_REQUEST else self.facts.get("code")

    @property
    def run(self) -> Run | None:
        """The run of a photo that was taken in, whatever became of it."""
        return self.facts.get("run")

    @property
    def answer(self) -> Answer | None:
        """The answer to a photo that was done."""
        return self.facts.get("answer")

    @property
    def queue_seconds(self) -> float | None:
        """How long a photo waited for its turns; None if it never had one."""
        waited_ms = None if self.run is None else self.run.timings_ms.get(QUEUE)
        return None if waited_ms is None else waited_ms / 1000

    @property
    def stage_seconds(self) -> dict[str, float]:
        """Stage → how long it took, without the queue; of a stage that goes on behind an answer: so far."""
        seconds: dict[str, float] = {}
        for stage in () if self.run is None else self.run.stages:
            if stage.name != QUEUE:
                seconds[stage.name] = seconds.get(stage.name, 0.0) + stage.seconds
        return seconds

    @property
    def warnings(self) -> list[str]:
        """The codes of the warnings in the answer to a photo."""
        return [] if self.answer is None else [warning["code"] for warning in self.answer.facts["warnings"]]
