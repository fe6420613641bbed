"""The restorers compared on portraits that training never saw.

``python -m training.portrait.evaluation --faces ../shared/faces`` prints the tables as Markdown. With ``--detector
../shared/weights/retinaface-mobilenet0.25.pth`` the features of a network that took no part in the training judge too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.geometry import FFHQ_512_TEMPLATE
from pipeline.models.catalogue.preferences import ModelPreferences
from pipeline.models.catalogue.selection import choose
from pipeline.models.catalogue.weights import EMBEDDED_DIR
from pipeline.models.detectors.retinaface import MEAN_BGR
from pipeline.models.detectors.retinaface_backbone import backbone_of
from pipeline.models.detectors.retinaface_network import RetinaFaceNetwork
from pipeline.models.loading import load
from pipeline.models.restorers.portrait_network import SIDE
from pipeline.models.roles import Recogniser, Restorer
from pipeline.models.runtime.runtime import choose_runtime
from pipeline.run import Run
from pipeline.steps.alignment import align
from pipeline.types import CROP_SIZE, Crop, Face, FloatArray, Image
from training.measures import psnr, resized, shift
from training.portrait.judges import CompactFeatures
from training.portrait.judges import Recogniser as Features
from training.portrait.portraits import Portrait, read_portraits
from training.portrait.samples import MARGIN, WIDE, aligned
from training.portrait.wear import GRADES, Wear, at_size, worn

NATIVE_SIZES = (48, 64, 96, 128, 192)
COMPARED_SIDE = 256  # pixels, for PSNR; of the faces kept back most have 192 to 238, the smallest 137


@dataclass(frozen=True)
class Figures:
    """Of one restored crop. `identity` and `features` compare it with the sharp portrait, as does `psnr` (dB).

    `to_input`: the cosine between the restored crop and the crop that the restorer got; `change`: their mean absolute
    difference, in 1/255.
    """

    identity: float
    to_input: float
    features: float
    psnr: float
    change: float


class Judge:
    """Compares crops (512, 512, 3) in [0, 1]."""

    def __init__(self, recogniser: Recogniser, detector: Path | None) -> None:
        self._recogniser = recogniser
        self._networks: list[Callable[[Tensor], list[Tensor]]] = []
        if detector is None:
            dlib, compact = Features(), CompactFeatures()
            self._networks = [lambda crops: dlib(crops, torch.zeros(2))[1], compact]
        else:
            self._networks = [detector_features(detector)]

    def __call__(self, restored: Image, sharp: Image, given: Image) -> Figures:
        """The figures of a crop that was restored from `given`."""
        found, wanted, before = self._recogniser.embed([restored, sharp, given], [FFHQ_512_TEMPLATE] * 3)
        side = (COMPARED_SIDE, COMPARED_SIDE)
        return Figures(
            float(found @ wanted),
            float(found @ before),
            self.distance(restored, sharp),
            psnr(resized(restored, *side), resized(sharp, *side)),
            float(np.abs(restored - given).mean()) * 255,
        )

    def distance(self, first: Image, second: Image) -> float:
        """LPIPS' distance (Zhang et al., 2018, unweighted) on the features of this judge's networks, × 100."""
        pair = torch.from_numpy(np.stack([resized(crop, SIDE, SIDE) for crop in (first, second)]))
        with torch.inference_mode():
            parts = [
                (functional.normalize(a, dim=0) - functional.normalize(b, dim=0)).square().sum(0).mean()
                for network in self._networks
                for a, b in network(pair.permute(0, 3, 1, 2))
            ]
        return 100 * float(torch.stack(parts).mean())


def detector_features(file: Path) -> Callable[[Tensor], list[Tensor]]:
    """A function from crops (N, 3, H, W) in [0, 1] to the three levels of features of a RetinaFace detector."""
    weights = {key.removeprefix("module."): value for key, value in torch.load(file, "cpu", weights_only=True).items()}
    backbone = backbone_of(weights)
    if backbone is None:
        raise ValueError(f"{file} has no RetinaFace network")
    network = RetinaFaceNetwork(backbone).eval()
    network.load_state_dict(weights)
    mean = torch.from_numpy(MEAN_BGR)[:, None, None]
    return lambda crops: network.body(crops.flip(1) * 255 - mean)


def sharp_crop(portrait: Portrait) -> Image:
    """The portrait (512, 512, 3), aligned."""
    return unworn_crop(portrait).image


def worn_crop(portrait: Portrait, native: float, wear: Wear, seed: int) -> Crop:
    """The face, `native` px wide in a worn photo, aligned as the service does."""
    photo, points = worn_photo(portrait, native, wear, seed)
    return aligned_face(photo, points)


def worn_photo(portrait: Portrait, native: float, wear: Wear, seed: int) -> tuple[Image, FloatArray]:
    """A worn photo in which the face is `native` px wide, and its landmarks (5, 2)."""
    side = round(WIDE * native / SIDE)
    rng = np.random.default_rng((seed, round(native)))
    photo = worn(resized(aligned(portrait), side, side), at_size(wear, native), rng)
    points = (((FFHQ_512_TEMPLATE + 0.5) * SIDE / CROP_SIZE + MARGIN) * side / WIDE - 0.5).astype(np.float32)
    return photo, points


def aligned_face(photo: Image, landmarks: FloatArray) -> Crop:
    """The face with these landmarks, aligned as the service does."""
    box = np.array([0, 0, photo.shape[1], photo.shape[0]], np.float32)
    (crop,) = align(photo, [Face(box, landmarks, 1.0)], Run())
    if crop is None:
        raise ValueError("the face cannot be aligned")
    return crop


def bicubic(photo: Image, crop: Crop) -> Image:
    """The crop (512, 512, 3) of `photo` by bicubic interpolation; the service's own is bilinear."""
    size = (CROP_SIZE, CROP_SIZE)
    drawn = cv2.warpAffine(photo, crop.affine_matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return np.clip(drawn, 0, 1).astype(np.float32)


def unworn_crop(portrait: Portrait) -> Crop:
    """The face in the portrait as it is, aligned as the service does."""
    return aligned_face(portrait.picture.astype(np.float32) / np.float32(255), portrait.landmarks)


def embedded() -> tuple[dict[str, Callable[[Crop], Image]], Recogniser]:
    """The restorers, by name, and the recogniser."""
    models = load(choose(ModelPreferences(EMBEDDED_DIR, origin="embedded")), choose_runtime("cpu"), EMBEDDED_DIR)
    if models.recogniser is None:
        raise ValueError("no recogniser")

    def restored(restorer: Restorer) -> Callable[[Crop], Image]:
        return lambda crop: restorer.restore([crop])[0]

    restorers = {name: restored(restorer) for name, restorer in models.offered_restorers.items()}
    return restorers, models.recogniser


def cases(portraits: Sequence[Portrait]) -> Iterator[tuple[str, int, Image, Crop, Image]]:
    """(grade, native size, sharp crop, worn crop, the worn face by bicubic interpolation) of all portraits."""
    for index, portrait in enumerate(portraits):
        sharp = sharp_crop(portrait)
        for native in NATIVE_SIZES:
            for grade, wear in GRADES.items():
                photo, points = worn_photo(portrait, native, wear, index)
                crop = aligned_face(photo, points)
                yield grade, native, sharp, crop, bicubic(photo, crop)


def table(found: Mapping[tuple[str, str, int], list[Figures]], names: Sequence[str], figure: str) -> str:
    """One figure as Markdown: a row for each restorer, a column for each grade and size; the mean last."""
    places = list(dict.fromkeys((grade, native) for _, grade, native in found))
    places.sort(key=lambda place: list(GRADES).index(place[0]))
    lines = [
        f"| {figure} | " + " | ".join(f"{grade} {native}" for grade, native in places) + " | mean |",
        "|:--|" + "--:|" * (len(places) + 1),
    ]
    digits = 3 if figure in ("identity", "to_input") else 2
    for name in names:
        means = [float(np.mean([getattr(one, figure) for one in found[name, *place]])) for place in places]
        lines.append(f"| {name} | " + " | ".join(f"{value:.{digits}f}" for value in [*means, np.mean(means)]) + " |")
    return "\n".join(lines)


def table_of_few(
    found: Mapping[tuple[str, str, int], list[Figures]], names: Sequence[str], figure: str, threshold: float
) -> str:
    """Markdown, a row for each grade and size: how many faces have a figure under the threshold, and the least."""
    lines = ["| wear | " + " | ".join(names) + " |", "|:--|" + "--:|" * len(names)]
    for grade, native in dict.fromkeys((grade, native) for _, grade, native in found):
        values = [[getattr(one, figure) for one in found[name, grade, native]] for name in names]
        cells = [f"{sum(value < threshold for value in of_name)} ({min(of_name):.2f})" for of_name in values]
        lines.append(f"| {grade} {native} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, required=True, help="folder of portraits (JPEG), one person each")
    parser.add_argument("--detector", type=Path, help="weights of RetinaFace (mobilenet 0.25) whose features judge")
    parser.add_argument("--portraits", type=int, default=60, help="how many of those kept back")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    _, kept_back = read_portraits(arguments.faces)
    restorers, recogniser = embedded()
    judge = Judge(recogniser, arguments.detector)
    found: dict[tuple[str, str, int], list[Figures]] = {}
    for grade, native, sharp, crop, enlarged in cases(kept_back[: arguments.portraits]):
        results = {"bicubic": enlarged} | {name: restore(crop) for name, restore in restorers.items()}
        for name, image in results.items():
            found.setdefault((name, grade, native), []).append(judge(image, sharp, crop.image))
    names = ["bicubic", *restorers]
    for figure in Figures.__dataclass_fields__:
        print(table(found, names, figure), end="\n\n")
    for figure in ("identity", "to_input"):
        print(f"Faces with {figure} under {recogniser.threshold:g}, and the least:")
        print(table_of_few(found, names, figure, recogniser.threshold), end="\n\n")
    crops = [unworn_crop(portrait) for portrait in kept_back[: arguments.portraits]]
    for name, restore in restorers.items():
        pairs, times = [], []
        for crop in crops:
            began = time.perf_counter()
            pairs.append((restore(crop), crop.image))
            times.append(time.perf_counter() - began)
        levels, moved = [psnr(*pair) for pair in pairs], max(abs(shift(*pair)) for pair in pairs)
        change = 255 * np.mean([np.abs(image - given).mean() for image, given in pairs])
        print(
            f"{name}, sharp portraits: {min(levels):.1f} dB or more to themselves, mean {np.mean(levels):.1f}; ", end=""
        )
        print(f"mean colour moves by at most {moved:.2f}/255, pixels by {change:.1f}/255 on average; ", end="")
        print(f"{min(times) * 1000:.0f} ms a face at best")


if __name__ == "__main__":
    main()
