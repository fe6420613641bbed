from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.geometry import FFHQ_512_TEMPLATE, similarity_transform, warp
from pipeline.models.restorers.portrait_network import SIDE
from training.measures import psnr, resized
from training.portrait.portraits import Portrait
from training.portrait.samples import LARGEST, SMALLEST, aligned, batch, inner, photographed
from training.portrait.wear import GRADES, Wear


def test_an_aligned_portrait_is_the_crop_of_the_service(portrait: Portrait) -> None:
    picture = portrait.picture.astype(np.float32) / 255
    matrix = similarity_transform(portrait.landmarks, FFHQ_512_TEMPLATE)
    assert matrix is not None
    crop = resized(warp(picture, matrix, (512, 512), border=None), SIDE, SIDE)
    middle = slice(20, -40)  # the portrait ends below the chin
    assert psnr(inner(aligned(portrait))[middle, middle], crop[middle, middle]) > 30


@pytest.mark.parametrize("turn", [0.0, 0.3])
def test_a_photo_without_wear_shows_the_same_face_in_the_same_place(portrait: Portrait, turn: float) -> None:
    wide = aligned(portrait)
    found = photographed(wide, 192, Wear(), np.random.default_rng(0), turn)
    assert psnr(found, inner(wide)) > 28
    moved = np.roll(found, 1, axis=1)
    assert psnr(moved, inner(wide)) < psnr(found, inner(wide)) - 2


def test_a_worn_photo_is_worse_the_heavier_the_grade(portrait: Portrait) -> None:
    wide = aligned(portrait)
    found = [
        psnr(photographed(wide, 128, wear, np.random.default_rng(0)), inner(wide))
        for wear in (Wear(), GRADES["light"], GRADES["medium"], GRADES["heavy"])
    ]
    assert found == sorted(found, reverse=True)


def test_a_step_always_gets_the_same_batch(portrait: Portrait) -> None:
    first, again, other = (batch([portrait], seed=1, step=step, size=2) for step in (5, 5, 6))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])
    worn, sharp, native = first
    assert worn.shape == sharp.shape == (2, 3, SIDE, SIDE)
    assert worn.dtype == native.dtype == torch.float32
    assert all(SMALLEST <= size <= LARGEST for size in native)
    assert 0 <= worn.min() <= worn.max() <= 1
