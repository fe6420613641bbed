"""The shipped restorers on a portrait that training never saw, by the measures of the evaluation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.models.roles import Recogniser
from pipeline.types import Crop, Image
from training.measures import psnr, shift
from training.portrait.evaluation import Figures, Judge, embedded, sharp_crop, table, unworn_crop, worn_crop
from training.portrait.portraits import Portrait
from training.portrait.wear import GRADES

Restorers = dict[str, Callable[[Crop], Image]]


@pytest.fixture(scope="module")
def loaded() -> tuple[Restorers, Recogniser]:
    return embedded()


@pytest.fixture(scope="module")
def restorers(loaded: tuple[Restorers, Recogniser]) -> Restorers:
    return loaded[0]


@pytest.fixture(scope="module")
def judge(loaded: tuple[Restorers, Recogniser]) -> Judge:
    return Judge(loaded[1], None)


def test_a_worn_face_comes_back_nearer_to_the_sharp_one_and_to_who_it_is(
    portrait: Portrait, restorers: Restorers, judge: Judge
) -> None:
    sharp = sharp_crop(portrait)
    for native, grade in ((64, "medium"), (96, "heavy"), (128, "medium")):
        crop = worn_crop(portrait, native, GRADES[grade], 0)
        assert crop.native_size == pytest.approx(native, rel=0.02)
        found = {name: judge(restore(crop), sharp, crop.image) for name, restore in restorers.items()}
        worn, ours = judge(crop.image, sharp, crop.image), found["portrait-face"]
        assert (worn.to_input, worn.change) == (pytest.approx(1, abs=1e-4), 0)
        assert ours.psnr > worn.psnr + 0.5
        assert ours.identity > worn.identity
        assert ours.features < 0.85 * worn.features
        assert ours.identity > found["compact-face"].identity


def test_a_sharp_face_comes_back_nearly_as_it_was(portrait: Portrait, restorers: Restorers) -> None:
    crop = unworn_crop(portrait)
    restored = restorers["portrait-face"](crop)
    assert psnr(restored, crop.image) > 35
    assert abs(shift(restored, crop.image)) < 0.5
    assert np.array_equal(restored, restorers["portrait-face"](crop))


def test_equal_crops_have_no_distance(astronaut: Image, judge: Judge) -> None:
    found = judge(astronaut, astronaut, astronaut)
    assert found.features == 0
    assert found.identity == pytest.approx(1, abs=1e-4)


def test_a_table_has_the_means_in_the_order_of_the_grades() -> None:
    found = {
        ("a", "medium", 48): [Figures(0.5, 0.9, 20.0, 25.0, 3.0), Figures(0.7, 0.9, 20.0, 25.0, 3.0)],
        ("a", "light", 48): [Figures(0.8, 0.9, 20.0, 25.0, 3.0)],
    }
    assert table(found, ["a"], "identity").splitlines() == [
        "| identity | light 48 | medium 48 | mean |",
        "|:--|--:|--:|--:|",
        "| a | 0.800 | 0.600 | 0.700 |",
    ]
