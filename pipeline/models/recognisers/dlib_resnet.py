"""`dlib-resnet`: the embedded recogniser, dlib's face recognition network (Davis King, 2017; CC0)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from pipeline.errors import ModelUnavailable, StageFailed
from pipeline.models.recognisers.dlib_network import LENGTH, SIZE, DlibNetwork
from pipeline.models.recognisers.face_alignment import align
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import FloatArray, Image

MEAN = "mean_embedding"  # the tensor's name in the file
FACE_BYTES = 8 << 20  # upper bound of the working memory for one face

# Left eye, right eye, nose tip, left and right mouth corner in faces that dlib aligned by its 5-point predictor: the
# mean over the 800 portraits of ../shared/faces (`python -m training.recogniser_template`).
TEMPLATE: FloatArray = np.array(
    [[46.34, 44.58], [100.71, 44.34], [72.9, 77.69], [46.64, 99.1], [100.96, 99.09]], dtype=np.float32
)


class DlibRecogniser:
    """A recogniser from the tensors of a `DlibNetwork` and the mean embedding of many people.

    dlib's embeddings all have similar directions, which is why dlib compares them by distance. With the mean
    subtracted, their cosine similarity is comparable to that of other recognisers. `threshold` is the cosine under
    which two faces count as two people. Raises `ModelUnavailable` for any other tensors.

    Always computes in float32: in bfloat16 the outputs changed by up to 0.006 on 42 aligned faces, and the similarity
    of a face to itself fell to 0.9988; similarities must not depend on the processor.
    """

    working_bytes = 32 * 2**20  # of eight faces, measured by `bench.model_memory`

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime, threshold: float) -> None:
        self.name = name
        self.threshold = threshold
        self._runtime = runtime
        tensors = dict(state_dict)
        self._mean = _mean(name, tensors.pop(MEAN, None))
        self._network = runtime.prepare(_network(name, tensors), torch.float32)

    def embed(self, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
        """N images (H, W, 3) of any size, RGB in [0, 1], with landmarks (5, 2) in their pixels → embeddings (N, 128).

        Embeddings are L2-normalised: the similarity of two faces is their dot product. Raises `StageFailed` if
        landmarks allow no alignment or an embedding is zero or not finite, and `DeviceOutOfMemory`.
        """
        centred = self.descriptors(images, landmarks) - self._mean
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            raise StageFailed(f"The recogniser {self.name} answered with something that is no embedding.")
        return np.asarray(centred / lengths, dtype=np.float32)

    def descriptors(self, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
        """dlib's own descriptors (N, 128) of the same faces: without the mean subtracted, not normalised.

        Raises `StageFailed` if landmarks allow no alignment, and `DeviceOutOfMemory`.
        """
        aligned = [align(image, points, TEMPLATE, SIZE) for image, points in zip(images, landmarks, strict=True)]
        batch_size = self._runtime.batch_size(FACE_BYTES)
        batches = [aligned[start : start + batch_size] for start in range(0, len(aligned), batch_size)]
        return np.concatenate([np.empty((0, LENGTH), dtype=np.float32), *(self._forward(batch) for batch in batches)])

    def _forward(self, faces: Sequence[Image]) -> FloatArray:
        with self._runtime.inference():
            batch = torch.from_numpy(np.stack(faces)).permute(0, 3, 1, 2)  # so it is channels-last
            output = self._network(batch.to(self._runtime.device))
            return np.asarray(output.cpu().numpy(), dtype=np.float32)


def _mean(name: str, mean: Any) -> FloatArray:
    """The mean embedding (128,) from the file. Raises `ModelUnavailable` for anything else."""
    if not isinstance(mean, torch.Tensor) or mean.shape != (LENGTH,) or not torch.isfinite(mean.float()).all():
        raise ModelUnavailable(f"{name}: the file holds no mean embedding of {LENGTH} numbers.", stage="models")
    return np.asarray(mean.float().cpu().numpy(), dtype=np.float32)


def _network(name: str, tensors: Mapping[str, Any]) -> DlibNetwork:
    """The network with these weights, on the CPU, in float32."""
    with torch.device("meta"):  # skips the random initial weights
        network = DlibNetwork()
    try:
        network.load_state_dict(dict(tensors), strict=True, assign=True)
    except Exception as error:  # RuntimeError for wrong names and shapes, others for values that are no tensors
        raise ModelUnavailable(f"{name}: the file holds no whole face recognition network.", stage="models") from error
    return network.float()
