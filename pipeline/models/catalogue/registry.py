"""Every model Likeness knows, as one literal table. Adding a model is one row here and one adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["detector", "restorer", "upscaler", "parser", "recogniser", "perceptual"]
Origin: TypeAlias = Literal["embedded", "official", "own"]
CommercialUse: TypeAlias = Literal["yes", "no", "unclear"]
Adapter: TypeAlias = Literal[
    "mtcnn",
    "retinaface",
    "scrfd",
    "compact-face",
    "gfpgan",
    "compact-upscaler",
    "spandrel-upscaler",
    "parsenet",
    "dlib-resnet",
    "arcface",
    "lpips",
]

ROLES: tuple[Role, ...] = ("detector", "restorer", "upscaler", "parser", "recogniser", "perceptual")

# Without these there is no service; the other roles may stay empty, and the response then says so.
REQUIRED_ROLES: tuple[Role, ...] = ("detector", "restorer", "upscaler")


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip in which a model's file is published: its own size and hash, and the file's name inside."""

    member: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One row: a model, the file that holds it, and what one may do with it.

    `url` is None for a model that ships in this repository, and names a zip where there is an `archive`. `bytes`
    (0: not known) and `sha256` are the file's. `scale` is output over input size of an upscaler (0: not known).
    `denoise_with` names the row whose weights are mixed in for less denoising. A recogniser has a `threshold`, the
    similarity under which it takes two faces for two people; other roles have None.
    """

    name: str
    role: Role
    origin: Origin
    adapter: Adapter
    file: str
    url: str | None
    bytes: int
    sha256: str
    licence: str
    commercial_use: CommercialUse
    scale: int = 1
    archive: Archive | None = None
    denoise_with: str | None = None
    threshold: float | None = None


REGISTRY: tuple[ModelFile, ...] = (
    ModelFile(
        name="mtcnn",
        role="detector",
        origin="embedded",
        adapter="mtcnn",
        file="mtcnn.safetensors",
        url=None,
        bytes=1008404,
        sha256="ebc465ade4965a490174aafe4e740bb8a60c1af6fbbba551125b97a029a0248c",
        licence="MIT",
        commercial_use="yes",
    ),
    ModelFile(
        name="compact-face",
        role="restorer",
        origin="embedded",
        adapter="compact-face",
        file="compact-x4.safetensors",
        url=None,
        bytes=806520,
        sha256="b2b4b9f6e4ae9563bbd32f2f9f9246dd4986885fb502c237391c8a814935b5e8",
        licence="BSD-3-Clause",
        commercial_use="yes",
    ),
    ModelFile(
        name="compact-x2",
        role="upscaler",
        origin="embedded",
        adapter="compact-upscaler",
        file="compact-x2.safetensors",
        url=None,
        bytes=764976,
        sha256="ec415b3b2e6df477c650c78f4c8ec96cd220aa9848f857195d46243fbf4df538",
        licence="BSD-3-Clause",
        commercial_use="yes",
        scale=2,
    ),
    ModelFile(
        name="compact-x4",
        role="upscaler",
        origin="embedded",
        adapter="compact-upscaler",
        file="compact-x4.safetensors",
        url=None,
        bytes=806520,
        sha256="b2b4b9f6e4ae9563bbd32f2f9f9246dd4986885fb502c237391c8a814935b5e8",
        licence="BSD-3-Clause",
        commercial_use="yes",
        scale=4,
    ),
    ModelFile(
        name="dlib-resnet",
        role="recogniser",
        origin="embedded",
        adapter="dlib-resnet",
        file="dlib-resnet.safetensors",
        url=None,
        bytes=11227784,
        sha256="6e23c3b27eff2b59e983318d6a6272f74f53544deed1a30569855aff64eeb344",
        licence="CC0-1.0",
        commercial_use="yes",
        threshold=0.5,
    ),
    ModelFile(
        name="retinaface-resnet50",
        role="detector",
        origin="official",
        adapter="retinaface",
        file="detection_Resnet50_Final.pth",
        url="https://github.com/xinntao/facexlib/releases/download/v0.1.0/detection_Resnet50_Final.pth",
        bytes=109497761,
        sha256="6d1de9c2944f2ccddca5f5e010ea5ae64a39845a86311af6fdf30841b0a5a16d",
        licence="MIT",
        commercial_use="yes",
    ),
    ModelFile(
        name="retinaface-mobilenet0.25",
        role="detector",
        origin="official",
        adapter="retinaface",
        file="detection_mobilenet0.25_Final.pth",
        url="https://github.com/xinntao/facexlib/releases/download/v0.1.0/detection_mobilenet0.25_Final.pth",
        bytes=1789735,
        sha256="2979b33ffafda5d74b6948cd7a5b9a7a62f62b949cef24e95fd15d2883a65220",
        licence="MIT",
        commercial_use="yes",
    ),
    ModelFile(
        name="scrfd-10g",
        role="detector",
        origin="official",
        adapter="scrfd",
        file="det_10g.onnx",
        url="https://github.com/deepinsight/insightface/releases/download/v0.7/buffalo_l.zip",
        bytes=16923827,
        sha256="5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91",
        licence="non-commercial research only",
        commercial_use="no",
        archive=Archive("det_10g.onnx", 288621354, "80ffe37d8a5940d59a7384c201a2a38d4741f2f3c51eef46ebb28218a7b0ca2f"),
    ),
    ModelFile(
        name="gfpgan-v1.4",
        role="restorer",
        origin="official",
        adapter="gfpgan",
        file="GFPGANv1.4.pth",
        url="https://github.com/TencentARC/GFPGAN/releases/download/v1.3.0/GFPGANv1.4.pth",
        bytes=348632874,
        sha256="e2cd4703ab14f4d01fd1383a8a8b266f9a5833dacee8e6a79d3bf21a1b6be5ad",
        licence="Apache-2.0, parts NVIDIA non-commercial",
        commercial_use="unclear",
    ),
    ModelFile(
        name="gfpgan-v1.3",
        role="restorer",
        origin="official",
        adapter="gfpgan",
        file="GFPGANv1.3.pth",
        url="https://github.com/TencentARC/GFPGAN/releases/download/v1.3.0/GFPGANv1.3.pth",
        bytes=348632874,
        sha256="c953a88f2727c85c3d9ae72e2bd4846bbaf59fe6972ad94130e23e7017524a70",
        licence="Apache-2.0, parts NVIDIA non-commercial",
        commercial_use="unclear",
    ),
    ModelFile(
        name="realesrgan-x2plus",
        role="upscaler",
        origin="official",
        adapter="spandrel-upscaler",
        file="RealESRGAN_x2plus.pth",
        url="https://github.com/xinntao/Real-ESRGAN/releases/download/v0.2.1/RealESRGAN_x2plus.pth",
        bytes=67061725,
        sha256="49fafd45f8fd7aa8d31ab2a22d14d91b536c34494a5cfe31eb5d89c2fa266abb",
        licence="BSD-3-Clause",
        commercial_use="yes",
        scale=2,
    ),
    ModelFile(
        name="realesrgan-x4plus",
        role="upscaler",
        origin="official",
        adapter="spandrel-upscaler",
        file="RealESRGAN_x4plus.pth",
        url="https://github.com/xinntao/Real-ESRGAN/releases/download/v0.1.0/RealESRGAN_x4plus.pth",
        bytes=67040989,
        sha256="4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1",
        licence="BSD-3-Clause",
        commercial_use="yes",
        scale=4,
    ),
    ModelFile(
        name="realesr-general-x4v3",
        role="upscaler",
        origin="official",
        adapter="compact-upscaler",
        file="realesr-general-x4v3.pth",
        url="https://github.com/xinntao/Real-ESRGAN/releases/download/v0.2.5.0/realesr-general-x4v3.pth",
        bytes=4885111,
        sha256="8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292",
        licence="BSD-3-Clause",
        commercial_use="yes",
        scale=4,
        denoise_with="realesr-general-wdn-x4v3",
    ),
    ModelFile(
        name="realesr-general-wdn-x4v3",
        role="upscaler",
        origin="official",
        adapter="compact-upscaler",
        file="realesr-general-wdn-x4v3.pth",
        url="https://github.com/xinntao/Real-ESRGAN/releases/download/v0.2.5.0/realesr-general-wdn-x4v3.pth",
        bytes=4885111,
        sha256="1641f8c4464b9f097c9fdda5589273713f67cf59f3d909e0bd688f0cee269dca",
        licence="BSD-3-Clause",
        commercial_use="yes",
        scale=4,
    ),
    ModelFile(
        name="parsenet",
        role="parser",
        origin="official",
        adapter="parsenet",
        file="parsing_parsenet.pth",
        url="https://github.com/xinntao/facexlib/releases/download/v0.2.2/parsing_parsenet.pth",
        bytes=85331193,
        sha256="3d558d8d0e42c20224f13cf5a29c79eba2d59913419f945545d8cf7b72920de2",
        licence="MIT, parts CC BY-NC-SA 4.0",
        commercial_use="unclear",
    ),
    ModelFile(
        name="arcface-w600k-r50",
        role="recogniser",
        origin="official",
        adapter="arcface",
        file="w600k_r50.onnx",
        url="https://github.com/deepinsight/insightface/releases/download/v0.7/buffalo_l.zip",
        bytes=174383860,
        sha256="4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43",
        licence="non-commercial research only",
        commercial_use="no",
        archive=Archive(
            "w600k_r50.onnx", 288621354, "80ffe37d8a5940d59a7384c201a2a38d4741f2f3c51eef46ebb28218a7b0ca2f"
        ),
        threshold=0.4,
    ),
    ModelFile(
        name="arcface-w600k-mbf",
        role="recogniser",
        origin="official",
        adapter="arcface",
        file="w600k_mbf.onnx",
        url="https://github.com/deepinsight/insightface/releases/download/v0.7/buffalo_s.zip",
        bytes=13616099,
        sha256="9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f",
        licence="non-commercial research only",
        commercial_use="no",
        archive=Archive(
            "w600k_mbf.onnx", 127607557, "d85a87f503f691807cd8bb97128bdf7a0660326cd9cd02657127fa978bab8b5e"
        ),
        threshold=0.4,
    ),
    ModelFile(
        name="lpips-alex",
        role="perceptual",
        origin="official",
        adapter="lpips",
        file="alexnet-owt-7be5be79.pth",
        url="https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
        bytes=244408911,
        sha256="7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
        licence="BSD-3-Clause code, weights not stated",
        commercial_use="unclear",
    ),
    ModelFile(
        name="lpips-squeeze",
        role="perceptual",
        origin="official",
        adapter="lpips",
        file="squeezenet1_1-b8a52dc0.pth",
        url="https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",
        bytes=4958839,
        sha256="b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
        licence="BSD-3-Clause code, weights not stated",
        commercial_use="unclear",
    ),
)
