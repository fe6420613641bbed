"""The record of one request: what metrics, the log and traces say about it."""

from dataclasses import dataclass

from starlette.types import Scope

from app.work.dry_report import DryRun
from app.work.report import Report
from pipeline.run import Run

QUEUE = "queue"  # a stage of a run, but one of waiting and not of work

CLIENT_CLOSED_REQUEST = 499  # nginx's status for a client that left before its answer; it is logged and never sent


@dataclass(slots=True)
class RequestRecord:
    """One request. Middleware and routes fill it while they handle the request. None: unknown, or does not apply."""

    key: str | None = None  # the name of the API key; for a token a hash of its subject, which may name a person
    owner: str | None = None  # the same in full: whose jobs, answers and counts these are; never logged
    code: str | None = None  # of an error
    stage: str | None = None  # of an error
    stream_status: int | None = None  # of an error in a stream of events, whose response began with status 200
    run: Run | None = None  # of an accepted photo
    report: Report | DryRun | None = None  # of a finished photo, or of one that was looked at
    photo_pixels: int = 0  # of a finished photo, as it came in
    from_cache: bool = False  # the report is that of an answer that was kept

    # These are known at the end. The client cannot choose their values freely: an unknown one becomes "other".
    method: str = "other"
    route: str = "unmatched"  # a template
    status: int = 500  # `CLIENT_CLOSED_REQUEST` if the client left before its answer began
    seconds: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0

    @property
    def queue_seconds(self) -> float | None:
        """How long an accepted photo waited; None for any other request."""
        waited_ms = None if self.run is None else self.run.timings_ms.get(QUEUE)
        return None if waited_ms is None else waited_ms / 1000

    @property
    def stage_seconds(self) -> dict[str, float]:
        """Seconds of each stage of work. A stage that still runs after the answer counts up to now."""
        return {} if self.run is None else stage_seconds(self.run)

    @property
    def warnings(self) -> list[str]:
        """The codes of the warnings of a finished photo."""
        return [] if self.report is None else [warning.code for warning in self.report.warnings]


def stage_seconds(run: Run) -> dict[str, float]:
    """Seconds of each stage of work so far."""
    seconds: dict[str, float] = {}
    for stage in run.stages:
        if stage.name != QUEUE:
            seconds[stage.name] = seconds.get(stage.name, 0.0) + stage.seconds
    return seconds


def record_of(scope: Scope) -> RequestRecord:
    """The record of the request with this ASGI scope; a new one where no middleware made one."""
    record: RequestRecord = scope.setdefault("record", RequestRecord())
    return record
