from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.errors import ModelUnavailable
from pipeline.models.restorers.gfpgan import GfpganRestorer
from pipeline.models.runtime.convolution import Convolution, packs
from pipeline.models.runtime.runtime import Runtime
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
    assert np.abs(first - second).max() > 0.05  # the two faces differ


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


def test_its_convolutions_are_packed(restorer: GfpganRestorer) -> None:
    layers = [layer for layer in restorer._network.modules() if isinstance(layer, Convolution)]
    assert len(layers) > 60
    assert all((layer.weight is None) == packs(torch.bfloat16) for layer in layers)


def test_a_face_takes_no_more_memory_than_batches_count_on(
    restorer: GfpganRestorer, astronaut: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runtime, "batch_size", lambda self, item_bytes: item_bytes)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        restorer.restore([crop(astronaut)])
    held = peak = 0
    for event in sorted(profile.profiler.kineto_results.events(), key=lambda event: event.start_ns()):
        if event.name() == "[memory]":
            held += event.nbytes()
            peak = max(peak, held)
    assert peak <= restorer.batch_size <= 1.5 * peak


def test_two_at_once_do_not_disturb_each_other(restorer: GfpganRestorer, astronaut: Image) -> None:
    crops = [crop(astronaut), crop(np.ascontiguousarray(astronaut[::-1]))]
    alone = [restorer.restore([each])[0] for each in crops]
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(lambda each: restorer.restore([each])[0], crops))
    for first, second in zip(alone, together, strict=True):
        assert np.array_equal(first, second)


def test_surplus_weights_are_refused(state_dict: dict[str, Any]) -> None:
    larger = state_dict["params_ema"] | {"conv_body_up.7.skip.weight": torch.zeros(1)}
    with pytest.raises(ModelUnavailable, match="gfpgan"):
        GfpganRestorer("gfpgan-v1.4", larger, FP32)
