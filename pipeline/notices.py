"""What the user should know about the faces of a finished photo."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.types import FaceReport, Notice

NO_FACE_ADVICE = (
    "A face must be at least 20 pixels wide, with eyes, nose and mouth mostly visible. If it is dark, or small in a "
    "large photo, mark it with face_boxes."
)


def face_notices(options: EnhanceOptions, reports: Sequence[FaceReport], models: Models) -> list[Notice]:
    """Notices on the faces of a photo that was enhanced with `options` and `models`, in a fixed order."""
    notices = []
    kept = [report for report in reports if not report.verdict.is_pasted]
    if not reports:
        notices.append(Notice("no_face_detected", f"No face was found; the photo was only upscaled. {NO_FACE_ADVICE}"))
    elif len(kept) == len(reports):
        notices.append(Notice("no_face_restored", "No face was restored; the face reports say why."))
    if len(kept) < len(reports) and models.recogniser is None:
        if options.identity_policy == "protect":
            message = "The likeness could not be protected: no face recognition model is in use."
            notices.append(Notice("identity_not_protected", message))
        message = "Identity is unknown: no face recognition model is in use."
        notices.append(Notice("identity_unavailable", message))
    softened = sum(report.verdict.action == "softened" for report in reports)
    if softened:
        notices.append(
            Notice("identity_protected", f"Strength was lowered on {softened} face(s) to keep the likeness.")
        )
    below = sum(r.verdict.action == "restored" and r.verdict.reason is not None for r in reports)
    if below:
        notices.append(Notice("identity_low", f"{below} face(s) may no longer look like the same person."))
    return notices
