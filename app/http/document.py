"""The JSON document, the body of an answer to a finished photo."""

from collections.abc import Iterable
from itertools import chain

import orjson
import pybase64

from app.http.content_coding import ContentCoding, compressor
from app.work.document import report_document
from app.work.dry_report import DryRun
from app.work.photo import Finished
from pipeline.run import Run

BASE64_PIECE = 3 * 2**20  # bytes, a multiple of 3


def json_document(done: Finished | DryRun, run: Run, coding: ContentCoding | None = None) -> bytes:
    """The JSON document, compressed where a `coding` is given. That of a dry run has no picture.

    It takes several times the picture's memory, so it is a stage in which memory may run out.
    """
    if isinstance(done, DryRun):
        body = report_document(done)
        return body if coding is None else _packed((body,), coding)
    with run.stage("answer"):
        # Base64 needs no escaping in JSON, so it is inserted as it is. It is made in pieces, because one call for a
        # large picture would hold the interpreter lock, and so stop the event loop, for a second.
        data = memoryview(done.picture.data)
        starts = range(0, len(data), BASE64_PIECE)
        pieces = (pybase64.b64encode(data[start : start + BASE64_PIECE]) for start in starts)
        head, tail = b'{"status":"success","data":{"restored_image":"', orjson.dumps(done.report)
        parts = chain((head,), pieces, (b'",', tail[1:], b"}"))
        return b"".join(parts) if coding is None else _packed(parts, coding)


def _packed(parts: Iterable[bytes], coding: ContentCoding) -> bytes:
    packing = compressor(coding)
    return b"".join((*(packing.compress(part) for part in parts), packing.flush()))
