"""What the stages of a photo cost on the machine that they were measured on; other machines are measured against it.

Only the proportions have to be right, between small photos and large ones, and few faces and many: `app.work.pace`
learns how long each kind of work takes on this machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.work.order import Order
from app.work.output_file import OutputFile
from pipeline.models.roles import Models
from pipeline.options import OutputFormat
from pipeline.types import Workload

# Seconds on two cores of an EPYC in bf16, fitted to what `python -m bench.dry_run --stages` prints.
CROP_S: Mapping[str, float] = {"portrait-face": 0.2, "compact-face": 0.2}  # a face of 512 × 512 pixels
OTHER_CROP_S = 1.0
NETWORK_S: Mapping[str, float] = {"compact-x2": 1.0, "compact-x4": 1.2}  # a megapixel of tiles
OTHER_NETWORK_S = 10.0
EMBEDDED_FACE_S = 0.03
PASTED_FACE_S = 0.02
# A megapixel: of the result, of the part of it that a face's crop covers, and of what the result is compared with.
RESIZED_S, BLENDED_S, PASTED_S = 0.04, 0.01, 0.06
PERCEPTUAL_S, FIGURES_S = 0.6, 0.2
ENCODED_S: Mapping[OutputFormat, float] = {"png": 0.06, "jpeg": 0.02, "webp": 0.3, "avif": 0.5, "tiff": 0.06}
ANSWERED_S = 0.006

NO_NETWORK = "none"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stage costs: `seconds` on the machine of the table. One stage and kind has one pace."""

    stage: str
    kind: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Sizes:
    """Megapixels of the photo, of the result, and of what the metrics compare it with."""

    photo: float
    result: float
    compared: float


def costs_of(order: Order, work: Workload, models: Models, file: OutputFile, sizes: Sizes) -> list[Cost]:
    """The cost of each stage that comes after the faces have been looked for."""
    options, faces = order.options, len(work.native_sizes)
    costs = [upscaling_cost(work.network_pixels, sizes.result)]
    if order.task == "enhance":
        costs.append(_blending_cost(work, sizes))
    if faces:
        costs.append(restoration_cost(models.chosen(options.restorer, None).restorer.name, faces))
    if faces and models.recogniser is not None:
        looks = 2 if options.identity_policy == "warn" else 4  # at each face
        kind = f"{models.recogniser.name} {options.identity_policy}"
        costs.append(Cost("identity", kind, EMBEDDED_FACE_S * faces * looks))
    if order.output.metrics:
        network = NO_NETWORK if models.perceptual is None else models.perceptual.name
        costs.append(metrics_cost(network, sizes.compared))
    kind = f"{file.output_format} {file.options.bit_depth} {file.options.lossless}"
    costs.append(Cost("encode", kind, ENCODED_S[file.output_format] * sizes.result))
    return [*costs, Cost("answer", file.output_format, ANSWERED_S * sizes.result)]


def restoration_cost(restorer: str, faces: int) -> Cost:
    """The cost of so many faces with the restorer of this name."""
    return Cost("restoration", restorer, CROP_S.get(restorer, OTHER_CROP_S) * faces)


def upscaling_cost(network_pixels: tuple[tuple[str, int], ...], result: float) -> Cost:
    """The cost of the passes, each an upscaler's name and its tiles' pixels, to so many megapixels; or of resampling."""
    seconds = sum(NETWORK_S.get(name, OTHER_NETWORK_S) * pixels / 1e6 for name, pixels in network_pixels)
    kind = " ".join(name for name, _ in network_pixels) or NO_NETWORK
    return Cost("upscaling", kind, seconds + RESIZED_S * result)


def metrics_cost(network: str, megapixels: float) -> Cost:
    """The cost of the metrics with the perceptual network of this name, or without one."""
    return Cost("metrics", network, (FIGURES_S + (0.0 if network == NO_NETWORK else PERCEPTUAL_S)) * megapixels)


def _blending_cost(work: Workload, sizes: Sizes) -> Cost:
    enlarged = sizes.result / sizes.photo
    pasted = sum(min(sizes.result, side**2 / 1e6 * enlarged) for side in work.native_sizes)
    seconds = BLENDED_S * sizes.result + PASTED_FACE_S * len(work.native_sizes) + PASTED_S * pasted
    return Cost("blending", "with faces" if work.native_sizes else "without faces", seconds)
