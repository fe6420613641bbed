"""Adapter for ArcFace recognisers (Deng et al., 2019), as insightface publishes them: ONNX files of 112 px networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.errors import ModelUnavailable, PipelineError, StageFailed
from pipeline.geometry import Matrix
from pipeline.models.recognisers import face_alignment
from pipeline.models.runtime.onnx_network import OnnxNetwork
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import FloatArray, Image

SIZE = 112  # pixels, the side of the network's input
MAX_BATCH = 16

# Left eye, right eye, nose tip, left and right mouth corner of the aligned faces in training (insightface).
TEMPLATE: FloatArray = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    dtype=np.float32,
)


class FaceRecogniser:
    """A recogniser from an ONNX file (`data`) with input (N, 3, 112, 112) and one output (N, D).

    Raises `ModelUnavailable` for any other file. It is tried on blank faces: they show D, and whether a file that
    declares any N really computes batches; if not, faces are given to it one by one. `threshold`: the cosine similarity
    under which two faces count as two people.
    """

    working_bytes = 96 * 2**20  # of eight faces with ResNet-50, measured by `bench.model_memory`

    def __init__(self, name: str, data: bytes, runtime: Runtime, threshold: float) -> None:
        self.name = name
        self.threshold = threshold
        self._network = OnnxNetwork(name, data, runtime)
        shape = self._network.input_shape
        if len(shape) != 4 or shape[0] not in (None, 1) or shape[1:] != (3, SIZE, SIZE) or self._network.outputs != 1:
            raise ModelUnavailable(
                f"{name}: a network is expected that takes faces (N, 3, {SIZE}, {SIZE}) and has one output; "
                f"this one takes {shape} and has {self._network.outputs}.",
                stage="models",
            )
        try:
            self._length = self._forward(_blank(1)).shape[1]
        except PipelineError as error:
            raise ModelUnavailable(f"{name}: the network makes no embedding of a face.", stage="models") from error
        self._batch = MAX_BATCH if shape[0] is None and self._takes_many() else 1

    def embed(self, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
        """N images (H, W, 3) of any size, RGB in [0, 1], with landmarks (5, 2) in their pixels → embeddings (N, D).

        Embeddings are L2-normalised: the similarity of two faces is their dot product. Raises `StageFailed` if
        landmarks allow no alignment or an embedding is zero or not finite, and `DeviceOutOfMemory`.
        """
        aligned = [align(image, points) for image, points in zip(images, landmarks, strict=True)]
        embeddings = [np.empty((0, self._length), dtype=np.float32)]
        for start in range(0, len(aligned), self._batch):
            # [0, 1] → [-1, 1]
            batch = np.stack(aligned[start : start + self._batch]).transpose(0, 3, 1, 2) * np.float32(2) - np.float32(1)
            embeddings.append(self._forward(batch))
        found = np.concatenate(embeddings)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            raise StageFailed(f"The recogniser {self.name} answered with something that is no embedding.")
        return np.asarray(found / lengths, dtype=np.float32)

    def _takes_many(self) -> bool:
        try:
            return bool(self._forward(_blank(2)).shape[1] == self._length)
        except StageFailed:
            return False

    def _forward(self, batch: FloatArray) -> FloatArray:
        (output,) = self._network.run(batch)
        if output.ndim != 2 or len(output) != len(batch) or not output.size:
            raise StageFailed(f"The recogniser {self.name} answered with shape {output.shape} for {len(batch)} faces.")
        return output


def _blank(faces: int) -> FloatArray:
    return np.zeros((faces, 3, SIZE, SIZE), dtype=np.float32)


def align(image: Image, landmarks: FloatArray) -> Image:
    """The aligned face (112, 112, 3), RGB in [0, 1], black outside the image.

    Raises `StageFailed` if the landmarks allow no similarity transform.
    """
    return face_alignment.align(image, landmarks, TEMPLATE, SIZE)


def alignment(landmarks: FloatArray) -> Matrix:
    """The similarity transform (2, 3) from landmarks (5, 2) to the template; see `face_alignment`."""
    return face_alignment.alignment(landmarks, TEMPLATE)
