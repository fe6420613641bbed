"""The report of a photo: figures of faces and metrics, rounded."""

from __future__ import annotations

import numpy as np
import pytest

from app.work.report import face_out, metrics_of, rounded
from metrics.report import Figures
from pipeline.types import Face, FaceReport, Verdict

FACE = Face(
    np.array([1.234, 2.346, 30.5, 40.126], np.float32),
    np.array([[10.001, 11.119], [20.0, 11.5], [15.0, 20.0], [11.0, 30.0], [19.0, 30.0]], np.float32),
    0.987654,
)
FIGURES = Figures(psnr=31.5, ssim=0.9, lpips=None, reference="upload")


def faces(*verdicts: Verdict) -> tuple[FaceReport, ...]:
    return tuple(FaceReport(FACE, verdict) for verdict in verdicts)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((), None),
        ((Verdict("restored", 1.0, 0.8), Verdict("softened", 0.5, 0.6)), 0.6),
        ((Verdict("restored", 1.0, 0.8), Verdict("kept", 0.0, 0.1)), 0.8),
        ((Verdict("restored", 1.0, None), Verdict("restored", 1.0, 0.7)), 0.7),
        ((Verdict("kept", 0.0, 0.1),), None),
        ((Verdict("restored", 1.0, -0.2), Verdict("restored", 1.0, 0.0)), -0.2),
    ],
)
def test_identity_similarity_is_the_lowest_of_the_changed_faces(
    verdicts: tuple[Verdict, ...], expected: float | None
) -> None:
    assert metrics_of(FIGURES, faces(*verdicts)).identity_similarity == expected


def test_figures_are_copied_into_the_metrics() -> None:
    metrics = metrics_of(FIGURES, ())
    assert (metrics.psnr, metrics.ssim, metrics.lpips, metrics.reference) == (31.5, 0.9, None, "upload")


def test_a_face_has_its_box_landmarks_and_verdict() -> None:
    found = face_out(FaceReport(FACE, Verdict("softened", 0.5, 0.61, "A reason.")))
    assert found.box == [1.23, 2.35, 30.5, 40.13]
    assert found.landmarks[0] == [10.0, 11.12]
    assert len(found.landmarks) == 5
    assert (found.score, found.landmarks_estimated) == (0.9877, FACE.landmarks_estimated)
    assert (found.action, found.strength, found.identity_similarity) == ("softened", 0.5, 0.61)
    assert found.reason == "A reason."


def test_timings_are_rounded_to_a_tenth_of_a_millisecond() -> None:
    assert rounded({"decode": 1.26, "encode": 0.04}) == {"decode": 1.3, "encode": 0.0}
