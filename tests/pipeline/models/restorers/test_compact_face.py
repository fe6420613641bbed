from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.geometry import resize
from pipeline.models.restorers.compact_face import CompactFaceRestorer
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import CROP_SIZE, SHARP_BLUR, Crop, Image
from tests.pipeline.models.compact import network, noise, without_difference

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)


def crop(native: float, image: Image | None = None) -> Crop:
    """A crop whose square in the photo has this side in pixels."""
    scale = CROP_SIZE / native
    return Crop(
        np.full((CROP_SIZE, CROP_SIZE, 3), 0.5, np.float32) if image is None else image,
        np.array([[scale, 0.0, 0.0], [0.0, scale, 0.0]]),
    )


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
    """A network that only repeats pixels gives the crop's block means, enlarged: the photo's own pixels."""
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


def test_a_blurred_face_larger_than_the_crop_is_seen_at_the_size_of_its_detail() -> None:
    restorer = CompactFaceRestorer("face", without_difference(4).state_dict(), FP32)
    image = noise(CROP_SIZE, CROP_SIZE)
    large = replace(crop(1024, image), blur=SHARP_BLUR * 8)
    (restored,) = restorer.restore([large])
    (of_that_size,) = restorer.restore([crop(128, image)])
    assert np.array_equal(restored, of_that_size)


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
