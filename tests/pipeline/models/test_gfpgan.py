from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.errors import ModelUnavailable
from pipeline.models.gfpgan import GfpganRestorer
from pipeline.models.runtime import Runtime
from pipeline.types import Crop, Image
from tests import checkpoints

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=2)


@pytest.fixture(scope="module")
def state_dict() -> dict[str, Any]:
    return checkpoints.gfpgan()


@pytest.fixture(scope="module")
def restorer(state_dict: dict[str, Any]) -> GfpganRestorer:
    return GfpganRestorer("gfpgan-v1.4", state_dict, replace(FP32, dtype=torch.bfloat16))


def crop(image: Image) -> Crop:
    return Crop(image, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))


def test_crops_in_faces_out(restorer: GfpganRestorer, astronaut: Image) -> None:
    mirrored = np.ascontiguousarray(astronaut[:, ::-1])
    first, second = restorer.restore([crop(astronaut), crop(mirrored)])
    for image in (first, second):
        assert (image.shape, image.dtype) == ((512, 512, 3), np.float32)
        assert image.flags.c_contiguous
        assert 0 <= image.min() < image.max() <= 1
    assert np.abs(first - second).max() > 0.05  # each its own face


def test_the_same_crop_gives_the_same_face(restorer: GfpganRestorer, astronaut: Image) -> None:
    torch.manual_seed(1)
    first = restorer.restore([crop(astronaut)])[0]
    torch.manual_seed(2)
    assert np.array_equal(first, restorer.restore([crop(astronaut)])[0])


def test_it_restores_faces_of_any_size(restorer: GfpganRestorer) -> None:
    assert restorer.max_native_size > 10_000
    assert restorer.batch_size == FP32.max_batch


def test_half_precision_that_would_hurt_is_not_used(state_dict: dict[str, Any]) -> None:
    half = GfpganRestorer("gfpgan-v1.4", state_dict, replace(FP32, dtype=torch.float16))
    assert {parameter.dtype for parameter in half._network.parameters()} == {torch.float32}


@pytest.mark.parametrize("other", [{"weight": torch.zeros(3)}, checkpoints.compact(features=4, convolutions=1), {}])
def test_other_weights_are_refused_by_name(other: dict[str, Any]) -> None:
    with pytest.raises(ModelUnavailable, match=r"gfpgan-v1\.4: the file holds"):
        GfpganRestorer("gfpgan-v1.4", other, FP32)


def test_weights_that_miss_a_tensor_are_refused(state_dict: dict[str, Any]) -> None:
    broken = dict(state_dict["params_ema"])
    del broken["final_linear.weight"]
    with pytest.raises(ModelUnavailable, match="gfpgan"):
        GfpganRestorer("gfpgan-v1.4", {"params_ema": broken}, FP32)
