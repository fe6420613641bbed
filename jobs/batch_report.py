"""What became of the photos of a batch, one row for each, as CSV for people and as JSON for programs."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import orjson

from jobs.file_names import shown
from jobs.job import Job, State
from pipeline.types import PASTED

# Where commas are for decimals, Excel begins a cell behind each semicolon too, whatever is quoted.
BEGINS_FORMULA = re.compile(r"(^|; ?)(?=[=+\-@＝＋－＠'])")


@dataclass(frozen=True, slots=True)
class Row:
    """One photo. `result`: its file's name in the archive. `seconds`: of work, without waiting.

    `identity_similarity`: the lowest of the restored faces; it and the metrics are None where they were not measured.
    """

    job: str
    file: str
    state: State
    result: str | None
    width: int | None
    height: int | None
    faces: int | None
    restored: int | None
    identity_similarity: float | None
    psnr: float | None
    ssim: float | None
    lpips: float | None
    seconds: float | None
    error: str | None


def row_of(job: Job, *, result: str | None, report: Mapping[str, Any] | None, error: str | None = None) -> Row:
    """The row of a job. `report` is the document of its result, None where there is none; `error` adds to the job's."""
    made = job.result
    report = report or {}
    faces = report.get("faces") or []
    pasted = [face for face in faces if face.get("action") in PASTED]
    similarities = [face["identity_similarity"] for face in pasted if face.get("identity_similarity") is not None]
    metrics = report.get("metrics") or {}
    lasted = None if job.started_at is None or job.finished_at is None else job.finished_at - job.started_at
    return Row(
        job=str(job.id),
        file=shown(job.file_name),
        state=job.state,
        result=result,
        width=None if made is None else made.width,
        height=None if made is None else made.height,
        faces=None if made is None else made.faces,
        restored=len(pasted) if report else None,
        identity_similarity=min(similarities, default=None),
        psnr=metrics.get("psnr"),
        ssim=metrics.get("ssim"),
        lpips=metrics.get("lpips"),
        seconds=None if lasted is None else round(lasted, 1),
        error=error if job.error is None else job.error.message,
    )


def as_csv(rows: Iterable[Row]) -> bytes:
    """UTF-8 with a byte order mark, without which Excel shows wrong letters; CRLF as RFC 4180 has it."""
    text = io.StringIO(newline="")
    names = [field.name for field in fields(Row)]
    writer = csv.DictWriter(text, names, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in asdict(row).items()})
    return text.getvalue().encode("utf-8-sig")


def as_json(rows: Iterable[Row]) -> bytes:
    """A list of objects with the same names as the columns."""
    return orjson.dumps([asdict(row) for row in rows], option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _cell(value: object) -> object:
    """What a spreadsheet would take for a formula gets an apostrophe before it, by which it stays text."""
    if not isinstance(value, str):
        return value
    line = " ".join(value.split())
    return BEGINS_FORMULA.sub(r"\1'", line)
