from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pipeline.batches import MEMORY_LOW
from pipeline.errors import Cancelled, DeviceOutOfMemory, StageFailed
from pipeline.face_region import EDGE, ellipse_mask
from pipeline.geometry import FFHQ_512_TEMPLATE
from pipeline.run import Run
from pipeline.steps.blending import parsed_mask, paste_back, with_masks
from pipeline.types import CROP_SIZE, Crop, FloatArray, Image, PlannedFace
from tests.pipeline.fakes import FakeParser, planned
from tests.pipeline.steps.blending_pictures import WHOLE, plain, to_crop


def test_the_ellipse_covers_the_face_and_fades_inside_the_crop() -> None:
    mask = ellipse_mask()
    assert mask.shape == (CROP_SIZE, CROP_SIZE)
    assert mask.dtype == np.float32
    assert 0 <= mask.min() <= mask.max() <= 1
    for x, y in FFHQ_512_TEMPLATE.round().astype(int):
        assert mask[y, x] > 0.95
    assert_zero_along_the_border(mask)


def test_the_ellipse_has_no_crease() -> None:
    steps = [np.abs(np.diff(ellipse_mask(), axis=axis)).max() for axis in (0, 1)]
    assert max(steps) < 0.06


def test_the_ellipse_is_shared_and_cannot_be_written() -> None:
    assert ellipse_mask() is ellipse_mask()
    with pytest.raises(ValueError, match="read-only"):
        ellipse_mask()[0, 0] = 1


def assert_zero_along_the_border(mask: FloatArray) -> None:
    inside = np.zeros(mask.shape, dtype=bool)
    inside[EDGE:-EDGE, EDGE:-EDGE] = True
    assert mask[~inside].max() == 0 < mask[inside].max()


def test_a_parsed_mask_is_soft_and_keeps_the_face() -> None:
    mask = parsed_mask(FakeParser(rows=(100, 400), columns=(150, 350)).mask())
    assert mask[250, 250] == pytest.approx(1, abs=1e-3)
    assert mask[250, 150] == pytest.approx(0.5, abs=0.05)
    assert mask[40, 250] == pytest.approx(0, abs=1e-3)
    assert max(np.abs(np.diff(mask, axis=axis)).max() for axis in (0, 1)) < 0.05


def test_a_parsed_mask_that_runs_out_of_the_crop_fades_before_its_border() -> None:
    mask = parsed_mask(WHOLE.mask())
    assert_zero_along_the_border(mask)
    assert max(np.abs(np.diff(mask, axis=axis)).max() for axis in (0, 1)) < 0.06


def test_a_parsers_answer_is_not_written() -> None:
    answer = WHOLE.mask()
    answer.flags.writeable = False
    parsed_mask(answer)
    assert (answer == 1).all()


@pytest.mark.parametrize(
    "answer",
    [np.ones((256, 256)), np.ones((512, 512, 1)), np.full((512, 512), np.nan), np.full((512, 512), np.inf)],
    ids=["small", "deep", "nan", "infinite"],
)
def test_what_is_no_mask_is_an_error(answer: FloatArray) -> None:
    with pytest.raises(StageFailed, match="mask"):
        parsed_mask(answer.astype(np.float32))


class Observant(FakeParser):
    """Calls those pixels face that are brighter than half."""

    def parse(self, crops: Sequence[Image]) -> list[FloatArray]:
        super().parse(crops)
        return [(crop[..., 0] > 0.5).astype(np.float32) for crop in crops]


def ramps(*strengths: float) -> list[PlannedFace]:
    """Faces of which each has its own part brighter than half, to be pasted with these strengths."""
    columns = np.linspace(0, 1, CROP_SIZE, dtype=np.float32)[None, :, None]
    crop = Crop(plain(CROP_SIZE, CROP_SIZE), to_crop(100, 50, 50))
    return [
        planned(
            crop,
            np.broadcast_to(columns * (0.6 + 0.08 * n), (CROP_SIZE, CROP_SIZE, 3)),
            index=n,
            strength=strength,
        )
        for n, strength in enumerate(strengths)
    ]


def masks_of(faces: Sequence[PlannedFace]) -> list[FloatArray]:
    assert all(face.mask is not None for face in faces)
    return [face.mask for face in faces if face.mask is not None]


@pytest.mark.parametrize(("batch_size", "expected"), [(1, [1] * 5), (3, [3, 2]), (8, [5])])
def test_faces_are_parsed_in_batches_each_to_its_own_mask(batch_size: int, expected: list[int]) -> None:
    parser = Observant(batch_size=batch_size)
    faces = with_masks(ramps(*[1.0] * 5), parser, Run())
    assert parser.batches == expected
    for mask, face in zip(masks_of(faces), faces, strict=True):
        assert np.array_equal(mask, parsed_mask((face.restored[..., 0] > 0.5).astype(np.float32)))


def test_faces_that_are_not_pasted_are_not_parsed() -> None:
    parser = Observant()
    faces = with_masks(ramps(0.0, 0.5, 0.0), parser, Run())
    assert parser.batches == [1]
    assert [face.mask is None for face in faces] == [True, False, True]


def test_without_a_parser_every_mask_is_the_ellipse() -> None:
    faces = ramps(1.0, 0.0)
    assert with_masks(faces, None, Run()) == faces
    background = plain(100, 100)
    explicit = [replace(face, mask=ellipse_mask()) for face in faces]
    results = [paste_back(background, (100, 100), some, Run()) for some in (faces, explicit)]
    assert results[0].tobytes() == results[1].tobytes() != background.tobytes()


def test_faces_that_do_not_fit_at_once_are_parsed_in_smaller_batches() -> None:
    parser, run = Observant(batch_size=8, failures=[DeviceOutOfMemory("No room.")]), Run()
    masks = masks_of(with_masks(ramps(*[1.0] * 4), parser, run))
    assert parser.batches == [4, 2, 2]
    assert run.notices == [MEMORY_LOW]
    assert np.array_equal(masks, masks_of(with_masks(ramps(*[1.0] * 4), Observant(batch_size=1), Run())))


def test_a_run_that_is_unwanted_stops_between_batches() -> None:
    run, parser = Run(), Observant(batch_size=1)
    run.cancelled.set()
    with pytest.raises(Cancelled):
        with_masks(ramps(*[1.0] * 3), parser, run)
    assert parser.batches == [1]


def test_a_lost_mask_is_an_error() -> None:
    class Forgetful(FakeParser):
        def parse(self, crops: Sequence[Image]) -> list[FloatArray]:
            return super().parse(crops)[1:]

    with pytest.raises(StageFailed, match="fake-parser"):
        with_masks(ramps(1.0, 1.0), Forgetful(), Run())
