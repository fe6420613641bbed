from __future__ import annotations

import torch
from spandrel.architectures.Compact import Compact

from training.pruning import fitted, kept_layers, pruned


def compact(hidden: int) -> Compact:
    torch.manual_seed(1)
    return Compact(num_feat=8, num_conv=hidden, upscale=2).requires_grad_(False)


def test_kept_layers_are_evenly_spaced_and_include_the_last() -> None:
    assert kept_layers(32, 16) == [0, *range(2, 33, 2)]
    assert kept_layers(5, 5) == [0, 1, 2, 3, 4, 5]
    for wanted in range(1, 33):
        kept = kept_layers(32, wanted)
        assert kept[-1] == 32
        assert len(set(kept)) == wanted + 1


def test_fitted_finds_a_convolution_that_exists() -> None:
    torch.manual_seed(0)
    features, weight, bias = torch.randn(3, 4, 20, 20), torch.randn(5, 4, 3, 3), torch.randn(5)
    found, offset = fitted(features, torch.nn.functional.conv2d(features, weight, bias, padding=1))
    assert (found - weight).abs().max() < 1e-2
    assert (offset - bias).abs().max() < 1e-2


def test_a_student_of_full_depth_is_the_teacher() -> None:
    teacher = compact(4)
    images = torch.rand(8, 3, 24, 24)
    student = compact(4)
    student.load_state_dict(pruned(teacher.state_dict(), 4, images))
    assert (student(images) - teacher(images)).abs().max() < 2e-2


def test_a_shallower_student_is_nearer_to_the_teacher_than_plain_enlargement() -> None:
    teacher = compact(6)
    images = torch.rand(8, 3, 24, 24)
    student = compact(4)
    student.load_state_dict(pruned(teacher.state_dict(), 4, images))
    wanted = teacher(images)
    plain = torch.nn.functional.interpolate(images, scale_factor=2)
    error, plain_error = ((result - wanted)[..., 4:-4, 4:-4].square().mean() for result in (student(images), plain))
    assert error < plain_error / 2
