"""GFPGAN's restored crop against the package `gfpgan`'s, with the same random weights and its noise held fixed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.models.restorers.gfpgan import GfpganRestorer
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import Crop, Image
from tests import checkpoints
from tests.parity.published import published

arch = published("gfpgan.archs.gfpganv1_clean_arch")
gfpgan = published("gfpgan")

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)


@pytest.fixture(scope="module")
def state_dict() -> dict[str, Any]:
    return checkpoints.gfpgan()


@pytest.fixture(scope="module")
def theirs(state_dict: dict[str, Any]) -> Any:
    """`GFPGANer` without its constructor, which would download a detector and a parser."""
    network = arch.GFPGANv1Clean(
        out_size=512,
        num_style_feat=512,
        channel_multiplier=2,
        decoder_load_path=None,
        fix_decoder=False,
        num_mlp=8,
        input_is_latent=True,
        different_w=True,
        narrow=1,
        sft_half=True,
    )
    network.load_state_dict(state_dict["params_ema"], strict=True)
    network.eval()
    network.forward = partial(network.forward, randomize_noise=False)
    restorer = object.__new__(gfpgan.GFPGANer)
    restorer.gfpgan, restorer.device = network, torch.device("cpu")
    faces: list[np.ndarray] = []
    restorer.face_helper = SimpleNamespace(
        clean_all=faces.clear, cropped_faces=[], restored_faces=faces, add_restored_face=faces.append
    )
    return restorer


def crop(image: Image) -> Crop:
    return Crop(image, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))


def test_the_restored_crop_is_the_published_packages(state_dict: dict[str, Any], theirs: Any, astronaut: Image) -> None:
    ours = GfpganRestorer("gfpgan-v1.4", state_dict, FP32).restore([crop(astronaut)])[0]
    _, restored, _ = theirs.enhance(np.round(astronaut[..., ::-1] * 255).astype(np.uint8), has_aligned=True)
    assert 0.1 < ours.std() < 0.5  # neither grey nor saturated, so that the comparison is meaningful
    difference = np.abs(ours * 255 - restored[0][..., ::-1].astype(np.float32))
    assert difference.max() <= 1  # their crop is rounded down or to the nearest level
    with torch.inference_mode():
        direct = theirs.gfpgan(torch.from_numpy(astronaut.copy()).permute(2, 0, 1)[None] * 2 - 1, return_rgb=False)[0]
    exact = ((direct + 1) / 2).clamp(0, 1)[0].permute(1, 2, 0).numpy()
    assert np.abs(ours - exact).max() <= 1e-4


def test_bf16_stays_close(state_dict: dict[str, Any], astronaut: Image) -> None:
    precise, quick = (
        GfpganRestorer("gfpgan-v1.4", state_dict, replace(FP32, dtype=dtype)).restore([crop(astronaut)])[0]
        for dtype in (torch.float32, torch.bfloat16)
    )
    assert -10 * np.log10(np.mean((precise - quick) ** 2)) >= 40
