"""Upscalers against the package `realesrgan`, with the same random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from spandrel import ModelLoader

from pipeline.models.runtime.runtime import Runtime
from pipeline.models.upscalers.compact import CompactUpscaler
from pipeline.models.upscalers.spandrel import SpandrelUpscaler
from pipeline.run import Run
from pipeline.steps.upscaling import upscale_tiled
from pipeline.types import Image
from tests import checkpoints
from tests.parity.published import published

rrdbnet = published("basicsr.archs.rrdbnet_arch")
srvgg = published("realesrgan.archs.srvgg_arch")
realesrgan = published("realesrgan")

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=96, max_batch=1)
LEVEL = 1 / 255


@pytest.fixture(scope="module")
def photo(astronaut: Image) -> Image:
    """A part of a photo with odd sides: the ×2 network needs even ones."""
    return np.ascontiguousarray(astronaut[100:135, 200:241])


def theirs(state_dict: dict[str, Any], scale: int, folder: Path, *, blocks: int = 23, tile: int = 0) -> Any:
    """`RealESRGANer` as in its script, but without padding at the photo's border, because ours differs."""
    torch.save(state_dict, folder / "model.pth")
    network = rrdbnet.RRDBNet(num_in_ch=3, num_out_ch=3, num_feat=64, num_block=blocks, num_grow_ch=32, scale=scale)
    return realesrgan.RealESRGANer(scale, str(folder / "model.pth"), model=network, tile=tile, pre_pad=0)


def enlarged(upscaler: Any, photo: Image) -> Image:
    output, _ = upscaler.enhance(np.round(photo[..., ::-1] * 255).astype(np.uint8))
    return np.asarray(output[..., ::-1], dtype=np.float32) / 255


@pytest.mark.parametrize("scale", [2, 4])
def test_without_tiles_the_picture_is_the_published_packages(scale: int, photo: Image, tmp_path: Path) -> None:
    state_dict = checkpoints.rrdb(scale)
    (ours,) = SpandrelUpscaler("realesrgan", state_dict, FP32).upscale([photo])
    assert 0.05 < ours.std() < 0.4
    assert np.abs(ours - enlarged(theirs(state_dict, scale, tmp_path), photo)).max() <= LEVEL


@pytest.mark.parametrize("scale", [2, 4])
def test_with_tiles_it_is_the_same_away_from_seams(scale: int, astronaut: Image, tmp_path: Path) -> None:
    photo = np.ascontiguousarray(astronaut[60:182, 150:278])
    state_dict = checkpoints.rrdb(scale, blocks=4)
    ours = upscale_tiled(photo, SpandrelUpscaler("realesrgan", state_dict, FP32), Run())
    published_tiles = enlarged(theirs(state_dict, scale, tmp_path, blocks=4, tile=64), photo)
    height, width = photo.shape[:2]
    rows, columns = (np.arange(side * scale) // scale for side in (height, width))

    def clear(positions: np.ndarray, length: int) -> np.ndarray:
        """Input pixels at least 20 from the photo's border and from the seams of the published tiles."""
        lines = np.array([0, 64, 128, length])
        return (np.abs(positions[:, None] - lines[None]) >= 20).all(axis=1)

    inside = clear(rows, height)[:, None] & clear(columns, width)[None]
    assert inside.mean() > 0.1
    assert np.abs(ours - published_tiles)[inside].max() <= 2 * LEVEL


@pytest.mark.parametrize("strength", [1.0, 0.5, 0.0])
def test_less_denoising_is_the_published_mixture(strength: float, photo: Image, tmp_path: Path) -> None:
    strong, weak = checkpoints.compact(seed=1), checkpoints.compact(seed=2)
    for name, state_dict in (("strong.pth", strong), ("weak.pth", weak)):
        torch.save(state_dict, tmp_path / name)
    network = srvgg.SRVGGNetCompact(num_in_ch=3, num_out_ch=3, num_feat=64, num_conv=32, upscale=4, act_type="prelu")
    files = [str(tmp_path / name) for name in ("strong.pth", "weak.pth")]
    published_one = realesrgan.RealESRGANer(
        4, files, dni_weight=[strength, 1 - strength], model=network, tile=0, pre_pad=0
    )
    ours = CompactUpscaler("realesr-general-x4v3", strong, FP32, weak).denoising(strength)
    assert ours is not None
    assert np.abs(ours.upscale([photo])[0] - enlarged(published_one, photo)).max() <= LEVEL


@pytest.mark.shared
def test_the_real_network_says_what_spandrel_and_the_package_say(shared_weights: Path, astronaut: Image) -> None:
    photo = np.ascontiguousarray(astronaut[80:180, 170:300])
    file = shared_weights / "realesr-general-x4v3.pth"
    state_dict = torch.load(file, map_location="cpu", weights_only=True)
    (ours,) = CompactUpscaler("realesr-general-x4v3", state_dict, FP32).upscale([photo])
    direct = ModelLoader().load_from_state_dict(state_dict)(torch.from_numpy(photo).permute(2, 0, 1)[None])
    assert np.abs(ours - direct[0].permute(1, 2, 0).numpy()).max() <= 1e-5
    network = srvgg.SRVGGNetCompact(num_in_ch=3, num_out_ch=3, num_feat=64, num_conv=32, upscale=4, act_type="prelu")
    published_one = realesrgan.RealESRGANer(4, str(file), model=network, tile=0, pre_pad=0)
    assert np.abs(ours - enlarged(published_one, photo)).max() <= LEVEL
