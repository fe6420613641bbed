"""The shipped weights: their format, and their output for a photo that was not used in training."""

import cv2
import numpy as np
import pytest
from torch import nn

from training.evaluation import EMBEDDED
from training.measures import halved, resized, upscaled
from training.photos import Image, skimage_file
from training.students import load

FILES = {"compact-x2": 2, "compact-x4": 4}


@pytest.fixture(scope="module", params=FILES)
def shipped(request: pytest.FixtureRequest) -> tuple[nn.Module, int]:
    return load(EMBEDDED / f"{request.param}.safetensors")


@pytest.fixture(scope="module")
def face() -> Image:
    """A blurred quarter of astronaut at half its size, (128, 128, 3)."""
    photo = halved(skimage_file("astronaut.png"))[:128, 64:192]
    return cv2.GaussianBlur(photo, (0, 0), 0.8)


@pytest.mark.parametrize(("name", "scale"), FILES.items())
def test_files_are_small_and_of_their_scale(name: str, scale: int) -> None:
    file = EMBEDDED / f"{name}.safetensors"
    assert file.stat().st_size <= 1_000_000
    assert load(file)[1] == scale


def test_colour_does_not_shift(shipped: tuple[nn.Module, int], face: Image) -> None:
    output = upscaled(shipped[0], face)
    shift = np.abs(output.mean((0, 1)) - face.mean((0, 1))) * 255
    assert shift.max() < 0.5


def test_output_is_sharper_than_bicubic_and_the_same_picture(shipped: tuple[nn.Module, int], face: Image) -> None:
    network, scale = shipped
    output = upscaled(network, face)
    plain = resized(face, 128 * scale, 128 * scale)
    assert output.shape == plain.shape
    steps = [np.square(np.diff(image, axis=0)).mean() for image in (output, plain)]
    assert steps[0] > 1.2 * steps[1]
    assert np.abs(resized(output, 128, 128) - face).mean() < 0.03


def test_the_networks_of_both_scales_agree(face: Image) -> None:
    large, small = (upscaled(load(EMBEDDED / f"compact-x{scale}.safetensors")[0], face) for scale in (4, 2))
    assert np.abs(halved(large) - small).mean() < 0.01
