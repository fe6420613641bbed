"""A student that starts as a shallower copy of the teacher, solved layer by layer instead of drawn at random.

The student keeps some of the teacher's hidden layers. From front to back each kept layer is refitted: the 3×3
convolution that, from the student's own features, comes nearest in the mean square to what the teacher's layer
computes before its activation. That is linear least squares, solved by its normal equations; the activations' slopes
are the teacher's. No gradient is needed, and errors of earlier layers are made good by later ones, as in
layer-wise compression (Dong, Chen and Pan, "Learning to prune deep neural networks via layer-wise optimal brain
surgeon", 2017).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.students import State

RIDGE = 1e-4  # of the mean diagonal: keeps features that never vary from taking wild weights
AT_ONCE = 4  # images whose patches are unfolded together


def kept_layers(depth: int, wanted: int) -> list[int]:
    """`wanted` of the hidden layers 1 … `depth`, evenly spaced, the last among them, after layer 0."""
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
    """Weight (out, in, 3, 3) and bias (out,) of the convolution that best takes features (N, in, H, W) to target."""
    channels, outputs = features.shape[1], target.shape[1]
    size = channels * 9 + 1
    gram, products = torch.zeros(size, size), torch.zeros(size, outputs)
    for part, wanted in zip(torch.split(features, AT_ONCE), torch.split(target, AT_ONCE), strict=True):
        patches = functional.unfold(part, 3).transpose(1, 2).reshape(-1, channels * 9)
        patches = torch.cat([patches, torch.ones(len(patches), 1)], dim=1)
        inner = wanted[:, :, 1:-1, 1:-1].permute(0, 2, 3, 1).reshape(-1, outputs)
        gram += patches.T @ patches / len(patches)
        products += patches.T @ inner / len(patches)
    gram += torch.eye(size) * RIDGE * gram.diagonal().mean()
    solution = torch.linalg.solve(gram.double(), products.double()).float()
    return solution[:-1].T.reshape(outputs, channels, 3, 3).contiguous(), solution[-1].contiguous()


def _activations(teacher: State, depth: int, images: Tensor, kept: set[int]) -> tuple[dict[int, Tensor], Tensor]:
    """What the kept layers compute before their activation, and what the head computes."""
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
