"""The face parser and its mask against facexlib's, with the same random weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pipeline.models.parsers.parsenet import FaceParser
from pipeline.models.parsers.parsenet_network import build_parsenet
from pipeline.models.runtime.runtime import Runtime
from pipeline.steps.blending import parsed_mask
from pipeline.types import CROP_SIZE, Image
from tests.parity.published import published

parsing = published("facexlib.parsing.parsenet")
helper = published("facexlib.utils.face_restoration_helper")

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
FADING = 30  # pixels along the border, where facexlib clears the mask abruptly and ours fades out


@pytest.fixture(scope="module")
def crop(astronaut: Image) -> Image:
    """A crop of 8-bit values, as in facexlib."""
    return astronaut[:CROP_SIZE, :CROP_SIZE]


@pytest.fixture(scope="module")
def theirs(crop: Image) -> Any:
    """facexlib's network with random weights, non-trivial batch norm, and all classes spread over the crop."""
    torch.manual_seed(0)
    network = parsing.ParseNet(in_size=512, out_size=512, parsing_ch=19).eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.3, 1)
            module.weight.uniform_(0.5, 1.5)
            module.bias.normal_(0, 0.2)
    head = network.out_mask_conv.conv2d
    logits = network(tensor(crop[::4, ::4]))[0]
    spread, mean = logits.std((0, 2, 3)), logits.mean((0, 2, 3))
    head.bias.copy_((head.bias - mean) / spread)
    head.weight /= spread[:, None, None, None]
    return network


def tensor(crop: Image) -> torch.Tensor:
    return torch.from_numpy(crop * 2 - 1).permute(2, 0, 1)[None]


def test_logits_and_classes_are_facexlibs(theirs: Any, crop: Image) -> None:
    part = tensor(crop[:256, 128:384])
    with torch.inference_mode():
        expected = theirs(part)[0]
        found = build_parsenet(theirs.state_dict()).eval()(part)
    assert expected.std() > 0.8
    assert (found - expected).abs().max() < 2e-3  # measured: 2e-4, of logits between -8 and 8
    classes = found.argmax(dim=1)
    assert (classes != expected.argmax(dim=1)).float().mean() < 1e-4  # ties
    assert len(classes.unique()) == 19


def test_the_blurred_mask_is_the_one_that_facexlib_pastes_with(theirs: Any, crop: Image) -> None:
    """Pasting over white that is much brighter than any face shows how much of it facexlib's mask lets through."""
    white = 60_000.0
    restorer = object.__new__(helper.FaceRestoreHelper)  # its constructor would download a detector
    restorer.upscale_factor, restorer.face_size, restorer.use_parse = 1, (CROP_SIZE, CROP_SIZE), True
    restorer.face_parse, restorer.device = theirs, torch.device("cpu")
    restorer.input_img = np.full((CROP_SIZE, CROP_SIZE, 3), white)
    face = np.rint(crop[..., ::-1] * 255).astype(np.uint8)
    restorer.restored_faces = [face]
    restorer.inverse_affine_matrices = [np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])]
    pasted = restorer.paste_faces_to_input_image().astype(np.float64)
    expected = ((white - pasted) / (white - face))[..., 0]
    found = parsed_mask(FaceParser("parser", theirs.state_dict(), FP32).parse([crop])[0])
    inner = slice(FADING, -FADING)
    assert expected[inner, inner].std() > 0.02
    assert np.abs(found - expected)[inner, inner].max() < 1e-3
    assert (found <= expected + 1e-3).all()
