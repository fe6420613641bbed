"""Detectors in the published layout with random weights, which see a fair number of faces."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import onnx
import skimage.data
import torch
from onnx import TensorProto, helper, numpy_helper

from pipeline.models.detectors.retinaface_backbone import Backbone
from pipeline.models.detectors.retinaface_network import RetinaFaceNetwork

STRIDES = (8, 16, 32)


def retinaface(backbone: Backbone, *, face_bias: float = -4.0, seed: int = 0) -> dict[str, Any]:
    """A checkpoint whose batch norms have the statistics of a photo, so that no feature explodes or vanishes."""
    state = {name: tensor.clone() for name, tensor in _without_bias(backbone, seed).items()}
    for level in range(len(STRIDES)):
        state[f"ClassHead.{level}.conv1x1.bias"] += torch.tensor([0.0, face_bias] * 2)
    return state


@cache
def _without_bias(backbone: Backbone, seed: int) -> dict[str, Any]:
    """Kept, because the photo takes seconds; no batch norm depends on the bias, which the last layers add."""
    torch.manual_seed(seed)
    network = RetinaFaceNetwork(backbone)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
            torch.nn.init.normal_(layer.bias, 0, 0.1)
            layer.momentum = None  # the mean over all inputs
    for head, gain in ((network.ClassHead, 8.0), (network.BboxHead, 3.0), (network.LandmarkHead, 3.0)):
        for level in head:
            level["conv1x1"].weight.data *= gain
    photo = torch.from_numpy(skimage.data.astronaut()[..., ::-1].copy()).permute(2, 0, 1)[None].float() - 115
    with torch.no_grad():
        network.train()(photo)
    return network.state_dict()


def scrfd(*, batched: bool = False, side: int | str = "side", outputs: int = 9, seed: int = 2) -> bytes:
    """An ONNX file of one convolution for each output, with or without a batch axis on the outputs."""
    rng = np.random.default_rng(seed)
    nodes, weights, results = [], [], []
    for kind, (numbers, gain, bias) in enumerate(((1, 20.0, -10.0), (4, 2.0, 2.0), (10, 1.0, 0.0))):
        for stride in STRIDES:
            name = f"{kind}_{stride}"
            # Coarse patterns, so that differences in resampling matter little.
            coarse = rng.normal(0, gain / stride**2, (2 * numbers, 3, 2, 2)).astype(np.float32)
            kernel = coarse.repeat(stride // 2, axis=2).repeat(stride // 2, axis=3)
            shape = [1, -1, numbers] if batched else [-1, numbers]
            weights += [
                numpy_helper.from_array(kernel, f"kernel{name}"),
                numpy_helper.from_array(np.full(2 * numbers, bias, np.float32), f"bias{name}"),
                numpy_helper.from_array(np.array(shape), f"shape{name}"),
            ]
            nodes += [
                helper.make_node(
                    "Conv", ["image", f"kernel{name}", f"bias{name}"], [f"map{name}"], strides=[stride, stride]
                ),
                helper.make_node("Transpose", [f"map{name}"], [f"last{name}"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"last{name}", f"shape{name}"], [f"rows{name}"]),
                helper.make_node("Sigmoid" if kind == 0 else "Identity", [f"rows{name}"], [f"output{name}"]),
            ]
            free = [1, None, numbers] if batched else [None, numbers]
            results.append(helper.make_tensor_value_info(f"output{name}", TensorProto.FLOAT, free))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side, side])
    graph = helper.make_graph(nodes, "scrfd", [image], results[:outputs], weights)
    return onnx_bytes(graph)


def onnx_bytes(graph: onnx.GraphProto) -> bytes:
    """A file that onnxruntime 1.23 can read, too."""
    return bytes(
        helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)]).SerializeToString()
    )
