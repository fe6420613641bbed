"""What the losses look at beside pixels: dlib's recogniser, the features of compact-x4, and a patch discriminator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from pipeline.geometry import FFHQ_512_TEMPLATE, invert, similarity_transform
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.weights import EMBEDDED_DIR, read_state_dict
from pipeline.models.recognisers.dlib_network import SIZE, DlibNetwork
from pipeline.models.recognisers.dlib_resnet import MEAN, TEMPLATE
from pipeline.models.restorers.portrait_network import SIDE
from pipeline.types import CROP_SIZE
from training.students import load

TAPPED = (2, 6)  # of the recogniser's blocks: features at 35 and 17 px


class Recogniser(nn.Module):
    """dlib's network on crops (N, 3, 192, 192) in [0, 1]; gradients reach the crops."""

    mean: Tensor
    grid: Tensor

    def __init__(self) -> None:
        super().__init__()
        row = next(model for model in REGISTRY if model.name == "dlib-resnet")
        tensors = read_state_dict(row, EMBEDDED_DIR)
        self.register_buffer("mean", tensors.pop(MEAN).float())
        self.network = DlibNetwork()
        self.network.load_state_dict({key: tensor.float() for key, tensor in tensors.items()})
        matrix = similarity_transform(FFHQ_512_TEMPLATE * (SIDE / CROP_SIZE), TEMPLATE)
        if matrix is None:
            raise ValueError("the template fits no similarity transform")
        back = invert(matrix)
        columns, rows = np.meshgrid(np.arange(SIZE), np.arange(SIZE))
        places = np.stack([columns, rows], axis=-1) @ back[:, :2].T + back[:, 2]
        self.register_buffer("grid", torch.from_numpy((places * 2 + 1) / SIDE - 1).float())
        self.requires_grad_(False).eval()

    def forward(self, crops: Tensor, shift: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Centred, normalised embeddings (N, 128), and inner features. `shift` (2,) moves the faces, in pixels."""
        grid = (self.grid + shift * (2 / SIDE)).expand(len(crops), -1, -1, -1)
        faces = functional.grid_sample(crops, grid, mode="bilinear", padding_mode="border", align_corners=False)
        network = self.network
        x = functional.relu(network.stem((faces * 255 - network.mean) / 256))
        features = [x]
        x = functional.max_pool2d(x, 3, stride=2)
        for index, block in enumerate(network.blocks):
            x = block(x)
            if index in TAPPED:
                features.append(x)
        embeddings = network.head(x.mean(dim=(2, 3))).float() - self.mean
        return functional.normalize(embeddings, dim=1), features


class CompactFeatures(nn.Module):
    """The first layers of compact-x4: pictures (N, 3, H, W) in [0, 1] → features at full size."""

    def __init__(self, convolutions: Sequence[int] = (1, 3)) -> None:
        super().__init__()
        body = load(EMBEDDED_DIR / "compact-x4.safetensors")[0].get_submodule("body")
        self.layers = nn.Sequential(*list(body.children())[: 2 * max(convolutions)])
        self.tapped = {2 * count - 1 for count in convolutions}  # after the activation
        self.requires_grad_(False).eval()

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """The tapped features, each (N, 64, H, W)."""
        features, x = [], pictures
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in self.tapped:
                features.append(x)
        return features


class Discriminator(nn.Module):
    """Patches of a crop (N, 3, 192, 192): sharp or restored? Logits (N, 1, 24, 24).

    A patch discriminator (Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks", 2017) with
    spectral normalisation (Miyato et al., 2018).
    """

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        sizes = [(3, width), (width, 2 * width), (2 * width, 4 * width)]
        layers: list[nn.Module] = []
        for before, after in sizes:
            layers += [spectral_norm(nn.Conv2d(before, after, 4, stride=2, padding=1)), nn.LeakyReLU(0.2)]
        layers += [spectral_norm(nn.Conv2d(4 * width, 4 * width, 3, padding=1)), nn.LeakyReLU(0.2)]
        layers += [spectral_norm(nn.Conv2d(4 * width, 1, 3, padding=1))]
        self.layers = nn.Sequential(*layers)

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, 192, 192) → (N, 1, 24, 24)."""
        logits: Tensor = self.layers(crops * 2 - 1)
        return logits


def augmented(crops: Tensor, generator: torch.Generator) -> Tensor:
    """Crops, mirrored, moved and brightened at random, before the discriminator sees them.

    Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training" (2020).
    """
    draw = torch.rand(4, generator=generator)
    if draw[0] < 0.5:
        crops = crops.flip(3)
    dx, dy = (int(value * 17) - 8 for value in draw[1:3])
    moved = torch.roll(crops, (dy, dx), (2, 3))
    return moved * (0.85 + 0.3 * float(draw[3]))


def relative(first: Sequence[Tensor], second: Sequence[Tensor]) -> Tensor:
    """The mean absolute difference of features relative to their size, averaged over the lists."""
    parts = [(a.float() - b.float()).abs().mean() / b.float().abs().mean() for a, b in zip(first, second, strict=True)]
    return torch.stack(parts).mean()
