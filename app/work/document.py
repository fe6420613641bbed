"""The answer to a photo that was done: its figures, the picture encoded, and the JSON document with both."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pybase64

from app.work.order import Answer, Order
from metrics.report import Figure, Reference, Report, measure
from pipeline.codec.encode import encode
from pipeline.models.roles import Models
from pipeline.run import Run
from pipeline.types import Enhanced, FaceReport, Notice, Photo

BASE64_PIECE = 3 * 2**20  # bytes, a multiple of 3


def finish(
    order: Order,
    enhanced: Enhanced,
    photo: Photo,
    reference: Photo | None,
    perceptual: Figure | None,
    models: Models,
    run: Run,
    start: float,
) -> Answer:
    """The other metrics, the encoded picture, and the figures of a photo that the networks are done with.

    `start` is a reading of `time.perf_counter()`. Raises `StageFailed`, `DeviceOutOfMemory`, `DeadlineExceeded` and
    `Cancelled`.
    """
    report = None
    if perceptual is not None:
        with run.stage("metrics"):
            compared: Reference = "input" if reference is None else "upload"
            target = photo if reference is None else reference
            report = measure(enhanced.image, target.image, perceptual=perceptual, reference=compared)
    with run.stage("encode"):
        picture = encode(enhanced.image, enhanced.alpha, output_format=order.output_format, quality=order.quality)
    notices = [*enhanced.notices, *picture.notices]
    if reference is not None:
        notices += [Notice(notice.code, f"Reference: {notice.message}") for notice in reference.notices]
    if report is not None:
        notices += [Notice(code, message) for code, message in report.missing]
    height, width = enhanced.image.shape[:2]
    used = dict(enhanced.models)
    if perceptual is not None and perceptual.value is not None and models.perceptual is not None:
        used["perceptual"] = models.perceptual.name
    facts = {
        "media_type": picture.media_type,
        "width": width,
        "height": height,
        "metrics": None if report is None else _metrics(report, enhanced.faces),
        "faces": [_face(face) for face in enhanced.faces],
        "processing_time_ms": round((time.perf_counter() - start) * 1000),
        "timings_ms": rounded(run.timings_ms),
        "models": used,
        "warning": notices[0].message if notices else None,
        "warnings": [{"code": notice.code, "message": notice.message} for notice in notices],
    }
    photo_pixels = photo.width * photo.height
    if not order.as_document:
        return Answer(picture.data, facts, photo_pixels)
    # Written here, in the thread, as it takes a while; and it takes as much memory as the picture several times over,
    # which may be missing here as in any other stage.
    with run.stage("answer"):
        return Answer(_document(picture.data, facts), facts, photo_pixels)


def _document(picture: bytes, facts: dict[str, Any]) -> bytes:
    """The JSON document. Base64 needs no escaping, so it is laid in as it is, and made in pieces: one call for a large
    picture would hold the interpreter, and with it the event loop, for a second.
    """
    data = memoryview(picture)
    pieces = [pybase64.b64encode(data[start : start + BASE64_PIECE]) for start in range(0, len(data), BASE64_PIECE)]
    head, tail = b'{"status":"success","data":{"restored_image":"', orjson.dumps(facts)
    return b"".join((head, *pieces, b'",', tail[1:], b"}"))


def rounded(timings_ms: dict[str, float]) -> dict[str, float]:
    """Milliseconds to a tenth: the rest is noise."""
    return {stage: round(value, 1) for stage, value in timings_ms.items()}


def _metrics(report: Report, faces: tuple[FaceReport, ...]) -> dict[str, Any]:
    similarities = [
        face.verdict.identity_similarity
        for face in faces
        if face.verdict.action != "kept" and face.verdict.identity_similarity is not None
    ]
    return {
        "psnr": report.psnr,
        "ssim": report.ssim,
        "lpips": report.lpips,
        "identity_similarity": min(similarities, default=None),
        "reference": report.reference,
    }


def _face(report: FaceReport) -> dict[str, Any]:
    face, verdict = report.face, report.verdict
    return {
        "box": [round(float(value), 2) for value in face.box],
        "landmarks": [[round(float(x), 2), round(float(y), 2)] for x, y in face.landmarks],
        "landmarks_estimated": face.landmarks_estimated,
        "score": round(face.score, 4),
        "identity_similarity": verdict.identity_similarity,
        "strength": verdict.strength,
        "action": verdict.action,
        "reason": verdict.reason,
    }
