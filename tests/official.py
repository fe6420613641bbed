"""The whole official set with random weights, in the shapes and layout of the published files."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.registry import REGISTRY
from tests import checkpoints, detector_checkpoints

DEFAULTS = (
    "retinaface-resnet50",
    "gfpgan-v1.4",
    "realesrgan-x2plus",
    "realesrgan-x4plus",
    "parsenet",
    "arcface-w600k-r50",
    "lpips-alex",
)


def write_official(folder: Path) -> tuple[ModelFile, ...]:
    """Write the files of `DEFAULTS` into a folder; the registry, with the sizes and hashes of these files."""
    contents = {
        "retinaface-resnet50": _torch_file(detector_checkpoints.retinaface("resnet50", face_bias=-11.0)),
        "gfpgan-v1.4": _torch_file(checkpoints.gfpgan()),
        "realesrgan-x2plus": _torch_file(checkpoints.rrdb(2)),
        "realesrgan-x4plus": _torch_file(checkpoints.rrdb(4)),
        "parsenet": _torch_file(checkpoints.parsenet()),
        "arcface-w600k-r50": iresnet50(),
        "lpips-alex": _torch_file(checkpoints.alexnet()),
    }
    assert set(contents) == set(DEFAULTS)
    rows = []
    for model in REGISTRY:
        data = contents.pop(model.name, None)
        if data is not None:
            (folder / model.file).write_bytes(data)
            model = replace(model, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        rows.append(model)
    return tuple(rows)


def _torch_file(content: object) -> bytes:
    target = io.BytesIO()
    torch.save(content, target)
    return target.getvalue()


def iresnet50(seed: int = 0) -> bytes:
    """w600k_r50.onnx: insightface's IResNet-50, batch norms folded away but for the first of each block."""
    rng = np.random.default_rng(seed)
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []

    def constant(value: np.ndarray) -> str:
        name = f"w{len(weights)}"
        weights.append(numpy_helper.from_array(value.astype(np.float32), name))
        return name

    def node(kind: str, inputs: list[str], **attributes: object) -> str:
        name = f"n{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def convolution(x: str, inputs: int, outputs: int, side: int = 3, stride: int = 1) -> str:
        kernel = rng.standard_normal((outputs, inputs, side, side), dtype=np.float32) / np.sqrt(inputs * side * side)
        pads = [side // 2] * 4
        parts = [x, constant(kernel), constant(np.zeros(outputs))]
        return node("Conv", parts, kernel_shape=[side, side], strides=[stride] * 2, pads=pads)

    def rectified(x: str, channels: int) -> str:
        return node("PRelu", [x, constant(np.full((channels, 1, 1), 0.25))])

    def normalised(x: str, channels: int) -> str:
        ones, zeros = np.ones(channels), np.zeros(channels)
        return node("BatchNormalization", [x, *map(constant, (ones, zeros, zeros, ones))])

    def block(x: str, inputs: int, outputs: int, stride: int) -> str:
        hidden = rectified(convolution(normalised(x, inputs), inputs, outputs), outputs)
        hidden = convolution(hidden, outputs, outputs, stride=stride)
        shortcut = x if stride == 1 else convolution(x, inputs, outputs, side=1, stride=stride)
        return node("Add", [hidden, shortcut])

    x = rectified(convolution("face", 3, 64), 64)
    channels = 64
    for blocks, outputs in ((3, 64), (4, 128), (14, 256), (3, 512)):
        for index in range(blocks):
            x = block(x, channels, outputs, 2 if index == 0 else 1)
            channels = outputs
    x = node("Flatten", [normalised(x, channels)])
    matrix = rng.standard_normal((512 * 7 * 7, 512), dtype=np.float32) / 160
    nodes.append(helper.make_node("Gemm", [x, constant(matrix), constant(np.zeros(512))], ["embedding"]))
    face = helper.make_tensor_value_info("face", TensorProto.FLOAT, ["None", 3, 112, 112])
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["None", 512])
    graph = helper.make_graph(nodes, "iresnet50", [face], [embedding], weights)
    return detector_checkpoints.onnx_bytes(graph)
