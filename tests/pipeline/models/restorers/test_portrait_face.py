from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.errors import ModelUnavailable
from pipeline.geometry import resize
from pipeline.models.restorers.portrait_face import PortraitFaceRestorer
from pipeline.models.restorers.portrait_network import SIDE, SMALLEST, PortraitNetwork
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import CROP_SIZE, Crop, Image
from tests.pipeline.models.compact import noise

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
BF16 = Runtime(torch.device("cpu"), torch.bfloat16, tile=64, max_batch=1)


def weights(seed: int = 0) -> dict[str, torch.Tensor]:
    """Random weights, in the number format of the shipped file."""
    torch.manual_seed(seed)
    return {key: tensor.half() for key, tensor in PortraitNetwork().state_dict().items()}


def crop(native: float, image: Image, blur: float = 3.0) -> Crop:
    """A crop whose square in the photo has this side in pixels."""
    scale = CROP_SIZE / native
    return Crop(image, np.array([[scale, 0.0, 0.0], [0.0, scale, 0.0]]), blur)


@pytest.mark.parametrize("native", [20, 192, 512, 900])
def test_restored_crops_are_crops(native: float) -> None:
    image = noise(CROP_SIZE, CROP_SIZE)
    image.flags.writeable = False
    for one in PortraitFaceRestorer("face", weights(), FP32).restore([crop(native, image)] * 2):
        assert one.shape == image.shape
        assert one.dtype == np.float32
        assert 0 <= one.min() <= one.max() <= 1
        assert not np.shares_memory(one, image)


def test_each_crop_of_a_batch_gets_its_own_change() -> None:
    restorer = PortraitFaceRestorer("face", weights(), FP32)
    crops = [crop(48, noise(CROP_SIZE, CROP_SIZE)), crop(150, noise(CROP_SIZE, CROP_SIZE) ** 2)]
    together = restorer.restore(crops)
    for one, found in zip(crops, together, strict=True):
        assert np.allclose(found, restorer.restore([one])[0], atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 0.1


def test_the_change_that_the_network_asks_for_is_added_to_the_crop() -> None:
    state = weights()
    network = PortraitNetwork()
    network.load_state_dict(state)
    image = resize(noise(64, 64), (CROP_SIZE, CROP_SIZE)) * np.float32(0.5) + np.float32(0.25)
    face = resize(image, (SIDE, SIDE))
    with torch.no_grad():
        change = network(torch.from_numpy(face).permute(2, 0, 1)[None], torch.tensor([64.0]))[0].permute(1, 2, 0)
    (restored,) = PortraitFaceRestorer("face", state, FP32).restore([crop(64, image)])
    # Compared at a quarter of its size: enlarging and reducing takes contrast from single pixels.
    expected, found = mean_of_squares(face + change.numpy()), mean_of_squares(resize(restored, (SIDE, SIDE)))
    assert np.abs(expected - mean_of_squares(face)).mean() > 5 * np.abs(expected - found).mean()


def mean_of_squares(image: Image) -> Image:
    """The means of 4 × 4 pixels."""
    return image.reshape(SIDE // 4, 4, SIDE // 4, 4, 3).mean(axis=(1, 3))


def test_a_network_without_effect_gives_the_crop() -> None:
    state = {key: torch.zeros_like(tensor) for key, tensor in weights().items()}
    image = noise(CROP_SIZE, CROP_SIZE)
    (restored,) = PortraitFaceRestorer("face", state, FP32).restore([crop(100, image)])
    assert np.array_equal(restored, image)


def test_the_native_size_matters_between_those_of_the_training() -> None:
    restorer = PortraitFaceRestorer("face", weights(), FP32)
    image = noise(CROP_SIZE, CROP_SIZE)
    sizes = (5, SMALLEST, 48, SIDE, 2 * SIDE)
    tiny, smallest, small, own, larger = (restorer.restore([crop(native, image)])[0] for native in sizes)
    assert np.abs(small - own).max() > 1e-3
    assert np.abs(small - smallest).max() > 1e-3
    assert np.array_equal(own, larger)
    assert np.array_equal(tiny, smallest)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_crop_of_one_colour_gives_a_crop(value: float) -> None:
    (restored,) = PortraitFaceRestorer("face", weights(), FP32).restore(
        [crop(64, np.full((CROP_SIZE, CROP_SIZE, 3), value, np.float32))]
    )
    assert np.isfinite(restored).all()
    assert 0 <= restored.min() <= restored.max() <= 1


@pytest.mark.skipif(not torch.cpu.get_capabilities().get("avx512_bf16", False), reason="bfloat16 is emulated here")
def test_half_precision_gives_nearly_the_same_face() -> None:
    image = noise(CROP_SIZE, CROP_SIZE)
    (exact,) = PortraitFaceRestorer("face", weights(), FP32).restore([crop(100, image)])
    (rounded,) = PortraitFaceRestorer("face", weights(), BF16).restore([crop(100, image)])
    assert np.abs(exact - rounded).mean() < 0.1 * np.abs(exact - image).mean()


def test_no_crops_no_faces() -> None:
    assert PortraitFaceRestorer("face", weights(), FP32).restore([]) == []


@pytest.mark.parametrize("state", [{}, {"first.weight": torch.zeros(1)}, {"first.weight": "text"}])
def test_other_weights_are_refused(state: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ModelUnavailable, match="face: the file holds no network of portrait-face"):
        PortraitFaceRestorer("face", state, FP32)
