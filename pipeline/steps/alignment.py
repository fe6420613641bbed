"""Alignment: each face warped upright into the 512 px square that the restorers were trained with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.blur import face_blur
from pipeline.geometry import FFHQ_512_TEMPLATE, Matrix, resize, similarity_transform, warp
from pipeline.run import Run
from pipeline.types import CROP_SIZE, Crop, Face, Image

# Pixels between the eyes. A smaller face has too little information: the result would be invented.
MIN_EYE_DISTANCE = 5.0


def eye_distance(face: Face) -> float:
    """The distance between the eyes in pixels of the photo."""
    return float(np.linalg.norm(face.landmarks[1] - face.landmarks[0]))


def align(image: Image, faces: Sequence[Face], run: Run) -> list[Crop | None]:
    """A crop (512, 512, 3) for each face of `image` (H, W, 3), in the same order.

    None stands for a face that cannot be aligned: its eyes are under `MIN_EYE_DISTANCE` pixels apart, or its
    landmarks fit no similarity transform. Method and constants are those of facexlib's `FaceRestoreHelper`. The blur of
    each face is measured.
    """
    crops: list[Crop | None] = []
    for done, face in enumerate(faces, start=1):
        matrix = None
        if eye_distance(face) >= MIN_EYE_DISTANCE:
            matrix = similarity_transform(face.landmarks, FFHQ_512_TEMPLATE)
        crops.append(None if matrix is None else _crop(image, matrix))
        run.progress(done, len(faces))
    return crops


def _crop(image: Image, matrix: Matrix) -> Crop:
    """The crop of one face, with its blur measured at the size that the face has in the photo."""
    crop = Crop(warp(image, matrix, (CROP_SIZE, CROP_SIZE)), matrix)
    side = round(min(crop.native_size, CROP_SIZE))
    return replace(crop, blur=face_blur(resize(crop.image, (side, side))) * crop.native_size / side)
