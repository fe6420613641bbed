"""The positions of our five landmarks in faces that dlib has aligned for its network.

The command is ``python -m training.recogniser_template --faces ../shared/faces``.

dlib aligns a face by its own points (the corners of the eyes and the base of the nose, or 68 points), which our
detectors do not find. So dlib aligns each portrait, our detector's landmarks go through the same transform, and their
mean over all portraits is ``TEMPLATE`` in ``pipeline/models/recognisers/dlib_resnet.py``. This command needs dlib-bin
(``requirements-parity.txt``); the command that writes the embedded file does not.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np

from pipeline.geometry import Matrix, transform_points
from pipeline.models.recognisers.dlib_network import SIZE
from pipeline.models.runtime.runtime import choose_runtime
from training.recogniser import DISTRIBUTION, embedded_detector, portraits
from training.wheels import wheel_file

PREDICTORS = {points: f"shape_predictor_{points}_face_landmarks.dat" for points in (5, 68)}
PADDING = 0.25  # around the face, relative to its side: dlib's default


def chip_transform(shape: Any) -> Matrix:
    """The (2, 3) matrix from pixels of the photo to those of dlib's aligned picture of 150 px for these points.

    dlib gives the rectangle that it cuts out, before rotation about its centre, and the angle. The corners map to the
    centres of the picture's corner pixels (``get_mapping_to_chip`` in ``dlib/image_transforms/interpolation.h``).
    """
    details = dlib.get_face_chip_details(shape, SIZE, PADDING)
    left, top, right, bottom = (getattr(details.rect, side)() for side in ("left", "top", "right", "bottom"))
    center = np.array([left + right, top + bottom]) / 2
    cosine, sine = np.cos(details.angle), np.sin(details.angle)
    corners = np.array([[left, top], [right, top], [right, bottom]]) - center
    turned = corners @ np.array([[cosine, sine], [-sine, cosine]]) + center
    last = SIZE - 1
    target = np.array([[0, 0], [last, 0], [last, last]], np.float32)
    return np.asarray(cv2.getAffineTransform(turned.astype(np.float32), target))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, required=True, help="folder of portraits (JPEG), one person each")
    parser.add_argument("--points", type=int, choices=PREDICTORS, default=5, help="dlib's predictor of 5 or 68 points")
    arguments = parser.parse_args()
    with tempfile.NamedTemporaryFile(suffix=".dat") as file:
        file.write(wheel_file(DISTRIBUTION, f"face_recognition_models/models/{PREDICTORS[arguments.points]}"))
        file.flush()
        predictor = dlib.shape_predictor(file.name)
    find = dlib.get_frontal_face_detector()
    places = []
    for _, picture, landmarks in portraits(arguments.faces, embedded_detector(choose_runtime("cpu", "fp32"))):
        pixels = np.ascontiguousarray((picture * 255).round().astype(np.uint8))
        boxes = list(find(pixels, 1))
        if len(boxes) == 1 and landmarks is not None:
            places.append(transform_points(landmarks, chip_transform(predictor(pixels, boxes[0]))))
    print(f"{len(places)} portraits with one face for dlib and a face for our detector")
    print("mean:", np.mean(places, axis=0, dtype=np.float64).round(2).tolist())
    print("standard deviation:", np.std(places, axis=0, dtype=np.float64).round(2).tolist())


if __name__ == "__main__":
    main()
