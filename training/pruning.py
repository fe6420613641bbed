"""Initialises a student as a shallower copy of the teacher, fitted layer by layer, instead of at random.

The student keeps some of the teacher's hidden layers. From first to last each kept layer is refitted: the 3×3
convolution of the student's own features with the least mean squared error to the output of the teacher's layer before
its activation. That is linear least squares, solved by its normal equations; the activations' slopes are the teacher's.
No gradient is needed, and later layers correct errors of earlier ones, as in layer-wise compression (Dong, Chen and
Pan, "Learning to prune deep neural networks via layer-wise optimal brain surgeon", 2017).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.students import State

RIDGE = 1e-4  # times the mean diagonal; else features that never vary would get arbitrary weights
BATCH = 4  # images whose patches are unfolded at a time


def kept_layers(depth: int, wanted: int) -> list[int]:
    """Layer 0 and `wanted` of the hidden layers 1 … `depth`, evenly spaced, including the last."""
    return [0, *(round(depth * (index + 1) / wanted) for index in range(wanted))]


def pruned(teacher: State, wanted: int, images: Tensor) -> State:
    """The state of a student with `wanted` hidden layers, fitted on `images` (N, 3, H, W) in [0, 1].

    `teacher` is the state dict of a compact network (`body.0.weight`, …); the student's has the same form.
    """
    depth = (len({key.split(".")[1] for key in teacher}) - 3) // 2
    kept = kept_layers(depth, wanted)
    state: State = {}
    with torch.inference_mode():
        targets, answer = _activations(teacher, depth, images, set(kept))
        features = images
        for position, layer in enumerate(kept):
            weight, bias = (
                (teacher["body.0.weight"], teacher["body.0.bias"])
                if layer == 0
                else fitted(features, targets.pop(layer))
            )
            slopes = teacher[f"body.{2 * layer + 1}.weight"]
            state |= {f"body.{2 * position}.weight": weight, f"body.{2 * position}.bias": bias}
            state[f"body.{2 * position + 1}.weight"] = slopes
            features = functional.prelu(functional.conv2d(features, weight, bias, padding=1), slopes)
        head = 2 * len(kept)
        state[f"body.{head}.weight"], state[f"body.{head}.bias"] = fitted(features, answer)
    return {key: tensor.clone() for key, tensor in state.items()}


def fitted(features: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Weight (out, in, 3, 3) and bias (out,) of the convolution that best maps `features` to `target`.

    `features` is (N, in, H, W), `target` (N, out, H, W); border pixels do not count.
    """
    channels, outputs = features.shape[1], target.shape[1]
    size = channels * 9 + 1
    gram, products = torch.zeros(size, size), torch.zeros(size, outputs)
    for part, wanted in zip(torch.split(features, BATCH), torch.split(target, BATCH), strict=True):
        patches = functional.unfold(part, 3).transpose(1, 2).reshape(-1, channels * 9)
        patches = torch.cat([patches, torch.ones(len(patches), 1)], dim=1)
        inner = wanted[:, :, 1:-1, 1:-1].permute(0, 2, 3, 1).reshape(-1, outputs)
        gram += patches.T @ patches / len(patches)
        products += patches.T @ inner / len(patches)
    gram += torch.eye(size) * RIDGE * gram.diagonal().mean()
    solution = torch.linalg.solve(gram.double(), products.double()).float()
    return solution[:-1].T.reshape(outputs, channels, 3, 3).contiguous(), solution[-1].contiguous()


def _activations(teacher: State, depth: int, images: Tensor, kept: set[int]) -> tuple[dict[int, Tensor], Tensor]:
    """Outputs of the kept layers before their activation, by layer, and the output of the head."""
    targets, features = {}, images
    for layer in range(depth + 1):
        weight, bias = teacher[f"body.{2 * layer}.weight"], teacher[f"body.{2 * layer}.bias"]
        before = functional.conv2d(features, weight, bias, padding=1)
        if layer in kept:
            targets[layer] = before
        features = functional.prelu(before, teacher[f"body.{2 * layer + 1}.weight"])
    head = 2 * depth + 2
    answer = functional.conv2d(features, teacher[f"body.{head}.weight"], teacher[f"body.{head}.bias"], padding=1)
    return targets, answer
