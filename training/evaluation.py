"""The shipped models compared with their teacher, on photos and faces that were not used in training.

``python -m training.evaluation --teacher ../shared/weights/realesr-general-x4v3.pth`` prints the tables as Markdown.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from training.degradation import FIXED, degrade
from training.faces import CROP, NATIVE_SIZES, held_out_faces, restored
from training.measures import halved, psnr, resized, shift, upscaled
from training.photos import held_out_photos
from training.students import load

EMBEDDED = Path(__file__).parents[1] / "pipeline" / "models" / "embedded"
SCALES = (2, 4)


@dataclass(frozen=True)
class Score:
    """PSNR in dB to the teacher's output, of the plain enlargement and of the student; colour shifts in 1/255."""

    name: str
    plain: float
    student: float
    to_input: float = 0.0
    to_teacher: float = 0.0

    @property
    def gain(self) -> float:
        """The student's PSNR minus that of the plain enlargement, in dB."""
        return self.student - self.plain


def photo_scores(teacher: nn.Module, students: dict[int, nn.Module], half: bool) -> Iterator[tuple[int, str, Score]]:
    """(scale, degradation, score) of each held-out photo at half its size; the plain enlargement is bicubic."""
    for name, photo in held_out_photos():
        small = resized(photo, photo.shape[0] // 2, photo.shape[1] // 2)
        for kind, how in FIXED.items():
            source = degrade(small, how, np.random.default_rng(0))
            height, width = source.shape[:2]
            answer = upscaled(teacher, source, half)
            for scale, target in ((4, answer), (2, halved(answer))):
                plain = resized(source, height * scale, width * scale)
                output = upscaled(students[scale], source, half)
                scored = Score(
                    name, psnr(plain, target), psnr(output, target), shift(output, source), shift(output, target)
                )
                yield scale, kind, scored


def face_scores(teacher: nn.Module, students: dict[int, nn.Module], half: bool) -> Iterator[tuple[int, Score]]:
    """(native size, score) of each degraded held-out face; the plain enlargement is the warped crop."""
    for native in NATIVE_SIZES:
        for crop in held_out_faces(native, FIXED["degraded"]):
            target = restored(crop, lambda image: upscaled(teacher, image, half))
            output = restored(crop, lambda image: upscaled(students[4], image, half))
            plain, student = psnr(crop.image, target), psnr(output, target)
            yield native, Score(crop.name, plain, student, shift(output, crop.image), shift(output, target))


def speeds(networks: Iterable[tuple[str, nn.Module]], side: int = CROP) -> Iterator[tuple[str, float, float]]:
    """(name, seconds in float32, seconds in bfloat16) of an input of side²; best of three runs, channels last."""
    for name, network in networks:
        times = []
        for dtype in (torch.float32, torch.bfloat16):
            copy = network.to(dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
            batch = torch.rand(1, 3, side, side).to(dtype).contiguous(memory_format=torch.channels_last)
            best = float("inf")
            with torch.inference_mode():
                copy(batch)
                for _ in range(3):
                    began = time.perf_counter()
                    copy(batch)
                    best = min(best, time.perf_counter() - began)
            times.append(best)
        network.float()
        yield name, times[0], times[1]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, the first column left-aligned, the others right-aligned."""
    lines = [f"| {' | '.join(header)} |", f"|{'|'.join([':--'] + ['--:'] * (len(header) - 1))}|"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def scores_table(columns: dict[str, list[Score]]) -> str:
    """Rows are pictures, columns conditions: gain in dB (plain → student). The last row has the means."""
    rows = [
        [row[0].name, *(f"**{s.gain:+.2f}** ({s.plain:.1f} → {s.student:.1f})" for s in row)]
        for row in zip(*columns.values(), strict=True)
    ]
    rows.append(["**mean**", *(f"**{np.mean([s.gain for s in scores]):+.2f}**" for scores in columns.values())])
    return table(["", *columns], rows)


def report(teacher: nn.Module, students: dict[int, nn.Module], half: bool = False) -> Iterator[str]:
    """Titles and tables in turns. ``half``: bfloat16 autocast, a tenth of the time on a CPU with bfloat16."""
    photos: dict[str, list[Score]] = {f"×{scale} {kind}": [] for scale in SCALES for kind in FIXED}
    for scale, kind, score in photo_scores(teacher, students, half):
        photos[f"×{scale} {kind}"].append(score)
    yield "Photos: gain over bicubic in dB (PSNR to the teacher of bicubic → of the student)"
    yield scores_table(photos)
    shifts = [
        [name, *(f"{scores[index].to_input:+.2f} / {scores[index].to_teacher:+.2f}" for scores in photos.values())]
        for index, name in enumerate(score.name for score in next(iter(photos.values())))
    ]
    yield "Mean colour of the student's output against the input's / against the teacher's, worst channel, in 1/255"
    yield table(["", *photos], shifts)
    faces: dict[str, list[Score]] = {f"native size {native}": [] for native in NATIVE_SIZES}
    for native, score in face_scores(teacher, students, half):
        faces[f"native size {native}"].append(score)
    yield "Faces: gain over the warped crop in dB (PSNR to the teacher of the warped crop → of the student)"
    yield scores_table(faces)
    networks = [("teacher ×4", teacher), *((f"compact-x{scale}", students[scale]) for scale in SCALES)]
    times = [[name, f"{single:.2f} s", f"{brief:.2f} s"] for name, single, brief in speeds(networks)]
    yield f"Seconds for an input of {CROP}²"
    yield table(["", "float32", "bfloat16"], times)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", type=Path, required=True, help="realesr-general-x4v3.pth")
    parser.add_argument("--weights", type=Path, default=EMBEDDED, help="folder of the students")
    parser.add_argument("--half", action="store_true", help="compute in bfloat16")
    arguments = parser.parse_args()
    students = {scale: load(arguments.weights / f"compact-x{scale}.safetensors")[0] for scale in SCALES}
    for block in report(load(arguments.teacher)[0], students, arguments.half):
        print(f"{block}\n", flush=True)


if __name__ == "__main__":
    main()
