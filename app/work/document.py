"""The JSON document of a finished photo, without its picture."""

import orjson

from app.work.dry_report import DryRun
from app.work.report import Report


def report_document(report: Report | DryRun) -> bytes:
    """What there is to say about a photo, as the answers to a client say it."""
    return orjson.dumps({"status": "success", "data": report})
