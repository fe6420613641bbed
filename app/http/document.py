"""The JSON document, the body of an answer to a finished photo."""

import orjson
import pybase64

from app.work.photo import Finished
from pipeline.run import Run

BASE64_PIECE = 3 * 2**20  # bytes, a multiple of 3


def json_document(finished: Finished, run: Run) -> bytes:
    """The JSON document. It takes several times the picture's memory, so it is a stage in which memory may run out."""
    with run.stage("answer"):
        # Base64 needs no escaping in JSON, so it is inserted as it is. It is made in pieces, because one call for a
        # large picture would hold the interpreter lock, and so stop the event loop, for a second.
        data = memoryview(finished.picture.data)
        pieces = [pybase64.b64encode(data[start : start + BASE64_PIECE]) for start in range(0, len(data), BASE64_PIECE)]
        head, tail = b'{"status":"success","data":{"restored_image":"', orjson.dumps(finished.report)
        return b"".join((head, *pieces, b'",', tail[1:], b"}"))
