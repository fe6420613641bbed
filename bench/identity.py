"""Does a restored face show the same person? `python -m bench.identity ../shared/photos --people obama biden rose`.

Prints how many faces are found in each photo, how similar each aligned face stays after every installed restorer at
several strengths, and how well the recogniser distinguishes people. The similarity is that before the face is pasted;
the answer's `identity_similarity` is that in the finished picture. Photos are files, or folders of files. A photo with
one face shows the person in `--people` with whose name its file name begins; without `--people` the person is the file
name up to the first character that is not a letter. Pairs of faces within one photo have a row of their own, as they
are usually different people.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from app.settings import Settings
from bench.table import MISSING, markdown
from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.errors import InputError
from pipeline.geometry import transform_points
from pipeline.models.catalogue.selection import choose
from pipeline.models.loading import load
from pipeline.models.roles import Models, Recogniser, Restorer
from pipeline.models.runtime.runtime import choose_runtime
from pipeline.run import Run
from pipeline.steps.alignment import align
from pipeline.steps.detection import detect
from pipeline.steps.identity import blend
from pipeline.steps.restoration import restore_crops
from pipeline.types import Face, FloatArray, Image

STRENGTHS = (0.25, 0.5, 0.75, 1.0)
MAX_PIXELS = 100_000_000


@dataclass(frozen=True)
class Analysed:
    """A photo: its name, its pixels (H, W, 3), its faces and their embeddings (N, D), of unit length."""

    name: str
    image: Image
    faces: list[Face]
    embeddings: FloatArray


def main(arguments: list[str] | None = None) -> int:
    """Measure and print. Returns the exit status: 1 if no photo could be read."""
    parser = argparse.ArgumentParser(prog="python -m bench.identity", description="Measure likeness on your photos.")
    parser.add_argument("photos", nargs="+", type=Path, help="photos, or folders of them")
    parser.add_argument("--people", nargs="*", default=[], help="beginnings of file names, one for each person")
    parsed = parser.parse_args(arguments)
    settings = Settings()
    models = load(
        choose(settings.model_preferences), choose_runtime(settings.device, settings.precision), settings.weights_dir
    )
    recogniser = models.recogniser
    if recogniser is None:
        parser.error("there is no recogniser: LIKENESS_RECOGNISER=none")
    photos = list(analysed(parsed.photos, models, recogniser))
    if not photos:
        print("No photo could be read.", file=sys.stderr)
        return 1
    for restorer in models.offered_restorers.values():
        print(f"Similarity by {recogniser.name} before and after {restorer.name}, the lowest of each photo\n")
        print(restored_table(photos, restorer, recogniser), end="\n\n", flush=True)
    print(f"{recogniser.name} on the original photos, threshold {recogniser.threshold:g}\n")
    print(separation_table(photos, parsed.people, recogniser.threshold))
    return 0


def analysed(paths: Sequence[Path], models: Models, recogniser: Recogniser) -> Iterator[Analysed]:
    """Every photo among `paths` with its faces. Files that cannot be read are listed on standard error."""
    for path in files_of(paths):
        try:
            image = decode(inspect(path.read_bytes(), max_pixels=MAX_PIXELS)).image
        except (InputError, OSError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            continue
        faces = detect(image, models.detector, Run())
        embeddings = recogniser.embed([image] * len(faces), [face.landmarks for face in faces])
        yield Analysed(path.stem, image, faces, embeddings)


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files among `paths` and in the folders among them, except texts."""
    folders = [sorted(path.iterdir()) if path.is_dir() else [path] for path in paths]
    texts = (".md", ".txt")
    return [file for files in folders for file in files if file.is_file() and file.suffix.lower() not in texts]


def restored_table(photos: Sequence[Analysed], restorer: Restorer, recogniser: Recogniser) -> str:
    """For each photo the number of faces found and restored, and the lowest similarity at each strength."""
    rows, all_found = [], np.empty((0, len(STRENGTHS)), dtype=np.float32)
    for photo in photos:
        found = similarities(photo, restorer, recogniser)
        all_found = np.concatenate([all_found, found])
        rows.append([photo.name, str(len(photo.faces)), str(len(found)), *_lowest(found)])
    count = sum(len(photo.faces) for photo in photos)
    rows.append(["**lowest**", str(count), str(len(all_found)), *_lowest(all_found)])
    if len(all_found):
        medians = [f"{value:.3f}" for value in np.median(all_found, axis=0)]
        rows.append(["**median**", str(count), str(len(all_found)), *medians])
    return markdown(["photo", "faces", "restored", *(f"{strength:g}" for strength in STRENGTHS)], rows)


def similarities(photo: Analysed, restorer: Restorer, recogniser: Recogniser) -> FloatArray:
    """Similarity of each aligned face before and after restoration: (restored faces, strengths)."""
    pairs = zip(photo.faces, align(photo.image, photo.faces, Run()), strict=True)
    taken = [(face, c) for face, c in pairs if c is not None and c.native_size <= restorer.max_native_size]
    crops = [crop for _, crop in taken]
    landmarks = [transform_points(face.landmarks, crop.affine_matrix) for face, crop in taken]
    restored = restore_crops(crops, restorer, Run())
    before = recogniser.embed([crop.image for crop in crops], landmarks)
    columns = []
    for strength in STRENGTHS:
        mixed = [blend(crop.image, image, strength) for crop, image in zip(crops, restored, strict=True)]
        columns.append((before * recogniser.embed(mixed, landmarks)).sum(axis=1))
    return np.array(columns, dtype=np.float32).reshape(len(STRENGTHS), len(crops)).T


def separation_table(photos: Sequence[Analysed], people: Sequence[str], threshold: float) -> str:
    """For each kind of pair: number, percentiles of the similarity, and the share of at least `threshold`."""
    rows = []
    for name, values in pairs_of(photos, people).items():
        if not values:
            rows.append([name, "0", *[MISSING] * 6])
            continue
        spread = [f"{value:.2f}" for value in np.percentile(values, (0, 1, 50, 99, 100))]
        rows.append([name, str(len(values)), *spread, f"{100 * np.mean(np.array(values) >= threshold):.1f} %"])
    return markdown(["pairs", "number", "lowest", "1 %", "median", "99 %", "highest", "same person"], rows)


def pairs_of(photos: Sequence[Analysed], people: Sequence[str]) -> dict[str, list[float]]:
    """Similarities by kind of pair: one person, two people (faces known by name), and faces in one photo."""
    pairs: dict[str, list[float]] = {"one person": [], "two people": [], "in one photo": []}
    for photo in photos:
        cosines = photo.embeddings @ photo.embeddings.T
        pairs["in one photo"] += [float(cosines[pair]) for pair in combinations(range(len(photo.faces)), 2)]
    single = [(name, photo) for photo in photos if len(photo.faces) == 1 and (name := person(photo.name, people))]
    for (first, one), (second, other) in combinations(single, 2):
        cosine = float(one.embeddings[0] @ other.embeddings[0])
        pairs["one person" if first == second else "two people"].append(cosine)
    return pairs


def person(name: str, people: Sequence[str]) -> str | None:
    """The person that a photo of this name shows; None if none of `people`, or if the name begins with no letter."""
    if people:
        return next((known for known in people if name.lower().startswith(known.lower())), None)
    found = re.match(r"[^\W\d_]+", name)
    return found.group().lower() if found else None


def _lowest(found: FloatArray) -> list[str]:
    return [f"{value:.3f}" for value in found.min(axis=0)] if len(found) else [MISSING] * len(STRENGTHS)


if __name__ == "__main__":
    sys.exit(main())
