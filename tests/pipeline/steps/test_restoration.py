from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pipeline.batches import MEMORY_LOW
from pipeline.errors import Cancelled, DeviceOutOfMemory, StageFailed
from pipeline.run import Run
from pipeline.steps.restoration import restore, restore_crops
from pipeline.types import CROP_SIZE, Crop, Image
from tests.pipeline.fakes import FakeRestorer, planned

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def crops(*values: float) -> list[Crop]:
    """One-coloured crops."""
    return [Crop(np.full((CROP_SIZE, CROP_SIZE, 3), value, np.float32), IDENTITY) for value in values]


def inverted(image: Image) -> Image:
    return 1 - image


def smaller(image: Image) -> Image:
    return image[:256, :256]


def grey(image: Image) -> Image:
    return image[..., 0]


def with_a_hole(image: Image) -> Image:
    broken = image.copy()
    broken[100, 200, 1] = np.nan
    return broken


def overflown(image: Image) -> Image:
    return image + np.float32(np.inf)


@pytest.mark.parametrize(
    ("batch_size", "expected"), [(1, [1, 1, 1, 1, 1]), (2, [2, 2, 1]), (5, [5]), (8, [5])]
)  # fmt: skip
def test_every_crop_is_restored_once_in_order_and_in_batches(batch_size: int, expected: list[int]) -> None:
    restorer = FakeRestorer(inverted, batch_size=batch_size)
    restored = restore_crops(crops(0, 0.1, 0.2, 0.3, 0.4), restorer, Run())
    assert [round(float(image[0, 0, 0]), 3) for image in restored] == [1, 0.9, 0.8, 0.7, 0.6]
    assert restorer.batches == expected


def test_each_face_gets_its_restored_image_and_keeps_the_rest() -> None:
    faces = [planned(crop, index=index) for index, crop in enumerate(crops(0, 0.25))]
    restored = restore(faces, FakeRestorer(inverted), Run())
    assert [float(face.restored[0, 0, 0]) for face in restored] == [1, 0.75]
    assert [float(face.restored[0, 0, 0]) for face in faces] == [0, 0.25]
    for face, before in zip(restored, faces, strict=True):
        assert (face.index, face.crop, face.strength, face.verdict) == (
            before.index,
            before.crop,
            before.strength,
            before.verdict,
        )


def test_no_crops_no_call() -> None:
    restorer = FakeRestorer()
    assert restore_crops([], restorer, Run()) == []
    assert restorer.batches == []


def test_values_beyond_the_range_are_clipped() -> None:
    (low,) = restore_crops(crops(0.5), FakeRestorer(lambda image: image - 3), Run())
    (high,) = restore_crops(crops(0.5), FakeRestorer(lambda image: image * 7), Run())
    assert (low.max(), high.min()) == (0, 1)


def test_a_restorer_that_changes_nothing_gives_copies() -> None:
    (crop,) = crops(0.5)
    (image,) = restore_crops([crop], FakeRestorer(), Run())
    assert np.array_equal(image, crop.image)
    assert not np.shares_memory(image, crop.image)
    assert image.flags.c_contiguous


@pytest.mark.parametrize("change", [smaller, grey, with_a_hole, overflown])
def test_what_is_no_face_crop_is_an_error_that_names_the_restorer(change: Callable[[Image], Image]) -> None:
    run = Run()
    with pytest.raises(StageFailed, match="fake-restorer") as caught, run.stage("restoration"):
        restore_crops(crops(0.2, 0.4), FakeRestorer(change), run)
    assert caught.value.stage == "restoration"


class Forgetful(FakeRestorer):
    """Loses one face of each batch."""

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        return super().restore(crops)[1:]


def test_a_lost_face_is_an_error() -> None:
    with pytest.raises(StageFailed):
        restore_crops(crops(0.2, 0.4), Forgetful(), Run())


def test_faces_that_do_not_fit_at_once_are_restored_in_smaller_batches() -> None:
    values = [0, 0.1, 0.2, 0.3, 0.4]
    restorer = FakeRestorer(inverted, batch_size=8, failures=[DeviceOutOfMemory("No room."), None, MemoryError()])
    run = Run()
    restored = restore_crops(crops(*values), restorer, run)
    assert restorer.batches == [5, 2, 2, 1, 1, 1]
    assert run.notices == [MEMORY_LOW]
    for image, same in zip(restored, restore_crops(crops(*values), FakeRestorer(inverted), Run()), strict=True):
        assert np.array_equal(image, same)


def test_a_restorer_without_memory_fails_the_stage_as_such() -> None:
    class Greedy(FakeRestorer):
        def restore(self, crops: Sequence[Crop]) -> list[Image]:
            raise DeviceOutOfMemory("No memory.")

    run = Run()
    with pytest.raises(DeviceOutOfMemory) as caught, run.stage("restoration"):
        restore_crops(crops(0.2), Greedy(), run)
    assert caught.value.stage == "restoration"


def test_a_cancelled_run_stops_after_the_batch_in_hand() -> None:
    run = Run()
    restorer = FakeRestorer(lambda image: run.cancelled.set() or image, batch_size=1)
    with pytest.raises(Cancelled):
        restore_crops(crops(0.1, 0.2, 0.3), restorer, run)
    assert restorer.batches == [1]


def test_progress_tells_the_share_of_the_crops() -> None:
    heard: list[float] = []
    run = Run(on_progress=lambda stage, fraction: heard.append(fraction))
    with run.stage("restoration"):
        restore_crops(crops(0.1, 0.2, 0.3), FakeRestorer(batch_size=2), run)
    assert heard == [0.0, pytest.approx(2 / 3), 1.0]
