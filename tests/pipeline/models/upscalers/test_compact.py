from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from spandrel.architectures.Compact import Compact
from spandrel.architectures.ESRGAN import ESRGAN

from pipeline.errors import DeviceOutOfMemory, ModelUnavailable
from pipeline.geometry import resize
from pipeline.models.runtime.runtime import Runtime
from pipeline.models.upscalers.compact import CompactFaceRestorer, CompactNetwork, CompactUpscaler
from pipeline.types import CROP_SIZE, Crop, Image
from tests import checkpoints

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
BF16 = replace(FP32, dtype=torch.bfloat16)


def network(scale: int, *, features: int = 16, convolutions: int = 4) -> Compact:
    """Random weights, none of them zero."""
    torch.manual_seed(scale)
    made = Compact(num_feat=features, num_conv=convolutions, upscale=scale)
    return made.eval().requires_grad_(False)


def without_difference(scale: int) -> Compact:
    """A network that only repeats pixels."""
    made = network(scale)
    made.body[-1].weight.zero_()
    made.body[-1].bias.zero_()
    return made


def noise(height: int, width: int, seed: int = 0) -> Image:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def crop(native: float, image: Image | None = None) -> Crop:
    """A crop whose square in the photo has this side."""
    scale = CROP_SIZE / native
    return Crop(
        np.full((CROP_SIZE, CROP_SIZE, 3), 0.5, np.float32) if image is None else image,
        np.array([[scale, 0.0, 0.0], [0.0, scale, 0.0]]),
    )


def direct(net: Compact, image: Image) -> Image:
    """What spandrel's network says to an image."""
    output = net(torch.from_numpy(image).permute(2, 0, 1)[None]).clamp(0, 1)
    return output[0].permute(1, 2, 0).numpy()


def psnr(first: Image, second: Image) -> float:
    return -10 * math.log10(float(np.mean((first - second) ** 2)))


# --- the network -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize("size", [(24, 31), (1, 1), (3, 7)])
def test_the_output_is_that_of_spandrels_network(scale: int, size: tuple[int, int]) -> None:
    net, image = network(scale), noise(*size)
    expected = direct(net, image)
    assert np.abs(expected - image.repeat(scale, 0).repeat(scale, 1)).mean() > 1e-3  # the weights matter
    (found,) = CompactNetwork("net", net.state_dict(), FP32).enlarge([image])
    assert found.shape == (size[0] * scale, size[1] * scale, 3)
    assert np.abs(found - expected).max() < 1e-5


@pytest.mark.parametrize("scale", [2, 4])
def test_bf16_is_close_to_the_full_precision(scale: int) -> None:
    net, image = network(scale), noise(40, 50)
    (found,) = CompactNetwork("net", net.state_dict(), BF16).enlarge([image])
    assert psnr(found, direct(net, image)) >= 45


def test_bf16_repeats_pixels_exactly_where_the_network_adds_nothing() -> None:
    image = noise(20, 30)
    (found,) = CompactNetwork("net", without_difference(2).state_dict(), BF16).enlarge([image])
    assert np.array_equal(found, image.repeat(2, 0).repeat(2, 1))


def test_a_batch_is_as_its_pictures_one_by_one() -> None:
    loaded = CompactNetwork("net", network(2).state_dict(), FP32)
    images = [noise(10, 12, seed) for seed in range(3)]
    for together, image in zip(loaded.enlarge(images), images, strict=True):
        assert np.abs(together - loaded.enlarge([image])[0]).max() < 1e-6


@pytest.mark.parametrize("layout", ["params", "params_ema", "plain"])
def test_weights_are_found_where_published_files_keep_them(layout: str) -> None:
    state = network(4).state_dict()
    loaded = CompactNetwork("net", state if layout == "plain" else {layout: state}, FP32)
    assert loaded.scale == 4


@pytest.mark.parametrize("convolutions", [2, 8])
def test_the_reach_is_how_far_a_pixel_makes_a_difference(convolutions: int) -> None:
    """One pixel for each convolution. The last ones add so little that rounding may hide them."""
    loaded = CompactNetwork("net", network(2, convolutions=convolutions).state_dict(), FP32)
    image = noise(1, 60)
    changed = image.copy()
    changed[0, 0] = 1 - changed[0, 0]
    first, second = loaded.enlarge([image])[0], loaded.enlarge([changed])[0]
    seen = np.flatnonzero(np.abs(first - second).max(axis=(0, 2)))
    assert loaded.reach == convolutions + 2
    assert loaded.reach - 2 <= seen.max() // 2 <= loaded.reach


def test_the_weights_given_are_not_changed() -> None:
    state = network(2).state_dict()
    before = {name: tensor.clone() for name, tensor in state.items()}
    CompactNetwork("net", state, BF16).enlarge([noise(8, 8)])
    assert all(torch.equal(tensor, before[name]) for name, tensor in state.items())
    assert all(tensor.dtype == torch.float32 for tensor in state.values())


def test_another_kind_of_network_is_refused_by_name() -> None:
    other = ESRGAN(num_filters=8, num_blocks=1, scale=4)
    with pytest.raises(ModelUnavailable, match=r"net: .*ESRGAN") as caught:
        CompactNetwork("net", other.state_dict(), FP32)
    assert caught.value.stage == "models"


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"weight": torch.zeros(3)},
        {"params": 5},
        {"body.0.weight": torch.zeros(8, 3, 3, 3), "body.1.weight": torch.zeros(8)},
    ],
    ids=["empty", "unknown", "number", "cut"],
)
def test_what_is_no_network_is_refused_by_name(state: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ModelUnavailable, match="net: "):
        CompactNetwork("net", state, FP32)


# --- the upscaler ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("convolutions", "overlap"), [(2, 6), (4, 8), (20, 32), (40, 48)])
def test_the_upscaler_tells_what_tiling_must_know(convolutions: int, overlap: int) -> None:
    upscaler = CompactUpscaler("fine-x2", network(2, convolutions=convolutions).state_dict(), FP32)
    assert (upscaler.name, upscaler.scale, upscaler.tile, upscaler.overlap) == ("fine-x2", 2, FP32.tile, overlap)


def test_the_upscaler_enlarges_a_tile() -> None:
    net, image = network(4), noise(9, 14)
    assert np.abs(CompactUpscaler("x4", net.state_dict(), FP32).upscale([image])[0] - direct(net, image)).max() < 1e-5


def test_the_upscaler_enlarges_tiles_together() -> None:
    upscaler = CompactUpscaler("x4", network(4).state_dict(), FP32)
    tiles = [noise(9, 14, seed) for seed in range(3)]
    for together, tile in zip(upscaler.upscale(tiles), tiles, strict=True):
        assert np.abs(together - upscaler.upscale([tile])[0]).max() < 1e-5


@pytest.mark.parametrize("runtime", [FP32, BF16, replace(FP32, tile=128)], ids=["fp32", "bf16", "large"])
def test_the_batch_is_what_the_runtime_has_memory_for(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    upscaler = CompactUpscaler("x4", network(4, features=16).state_dict(), runtime)
    assert upscaler.batch_size == runtime.max_batch
    monkeypatch.setattr(Runtime, "batch_size", lambda self, item_bytes: item_bytes)
    features, pictures = 2 * 16 * runtime.dtype.itemsize, 3 * 3 * 4**2 * 4
    assert upscaler.batch_size == runtime.tile**2 * (features + pictures)


# --- the face restorer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("native", [20, 32, 100.4, 512, 900])
def test_restored_crops_are_crops(native: float) -> None:
    restorer = CompactFaceRestorer("face", network(4, features=4, convolutions=1).state_dict(), FP32)
    images = restorer.restore([crop(native), crop(native)])
    assert len(images) == 2
    for image in images:
        assert image.shape == (CROP_SIZE, CROP_SIZE, 3)
        assert image.dtype == np.float32
        assert 0 <= image.min() <= image.max() <= 1


@pytest.mark.parametrize(("native", "block"), [(64, 8), (128, 4), (256, 2)])
def test_the_network_sees_the_face_at_the_size_it_has_in_the_photo(native: int, block: int) -> None:
    """A network that only repeats pixels gives the crop's block means, enlarged: what the photo itself held."""
    restorer = CompactFaceRestorer("face", without_difference(4).state_dict(), FP32)
    image = noise(CROP_SIZE, CROP_SIZE)
    means = image.reshape(native, block, native, block, 3).mean(axis=(1, 3))
    (restored,) = restorer.restore([crop(native, image)])
    expected = resize(means.repeat(4, axis=0).repeat(4, axis=1), (CROP_SIZE, CROP_SIZE))
    assert np.abs(restored - expected).max() < 1e-4


def test_a_tiny_face_is_seen_at_the_least_size_the_network_knows() -> None:
    restorer = CompactFaceRestorer("face", without_difference(4).state_dict(), FP32)
    image = noise(CROP_SIZE, CROP_SIZE)
    (tiny,) = restorer.restore([crop(5, image)])
    (smallest,) = restorer.restore([crop(restorer.min_size, image)])
    assert np.array_equal(tiny, smallest)
    assert tiny.std() > 0.001


def test_the_restorer_writes_no_crop() -> None:
    restorer = CompactFaceRestorer("face", network(4, features=4, convolutions=1).state_dict(), FP32)
    image = noise(CROP_SIZE, CROP_SIZE)
    image.flags.writeable = False
    for native in (64, 512):
        (restored,) = restorer.restore([crop(native, image)])
        assert not np.shares_memory(restored, image)


def test_no_crops_no_faces() -> None:
    restorer = CompactFaceRestorer("face", network(4, features=4, convolutions=1).state_dict(), FP32)
    assert restorer.restore([]) == []


# --- less denoising ----------------------------------------------------------------------------------------------


def denoised(strength: float, upscaler: CompactUpscaler) -> Image:
    assert upscaler.adjustable
    adjusted = upscaler.denoising(strength)
    assert (adjusted.name, adjusted.scale, adjusted.overlap) == (upscaler.name, upscaler.scale, upscaler.overlap)
    return adjusted.upscale([noise(9, 11)])[0]


def test_the_strength_leads_from_one_network_to_its_twin() -> None:
    strong, mild = (
        checkpoints.compact(features=8, convolutions=2, seed=1),
        checkpoints.compact(features=8, convolutions=2, seed=2),
    )
    upscaler = CompactUpscaler("strong", strong, FP32, mild["params"])
    assert upscaler.denoising(1) is upscaler
    assert np.array_equal(denoised(0, upscaler), CompactUpscaler("mild", mild, FP32).upscale([noise(9, 11)])[0])
    halfway = denoised(0.5, upscaler)
    assert np.abs(halfway - denoised(0, upscaler)).max() > 0.01
    assert np.abs(halfway - upscaler.upscale([noise(9, 11)])[0]).max() > 0.01


def test_without_a_twin_it_denoises_as_it_does() -> None:
    upscaler = CompactUpscaler("strong", checkpoints.compact(features=8, convolutions=2), FP32)
    assert not upscaler.adjustable
    assert upscaler.denoising(0.5) is upscaler


def test_memory_that_runs_out_while_mixing_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = checkpoints.compact(features=8, convolutions=2)
    upscaler = CompactUpscaler("strong", weights, FP32, weights)

    def exhausted(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(Runtime, "prepare", exhausted)
    with pytest.raises(DeviceOutOfMemory):
        upscaler.denoising(0.5)


def test_a_twin_of_another_shape_is_refused() -> None:
    strong, other = (checkpoints.compact(features=8, convolutions=count) for count in (2, 3))
    with pytest.raises(ModelUnavailable, match="strong: the weights for less denoising"):
        CompactUpscaler("strong", strong, FP32, other)
