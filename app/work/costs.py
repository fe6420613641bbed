"""What the stages of a photo cost on the machine that they were measured on; other machines are measured against it.

Only the proportions have to be right, between small photos and large ones, and few faces and many: `app.work.pace`
learns how long each kind of work takes on this machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.presets import preferred_models
from app.work.order import Order
from app.work.output_file import OutputFile
from pipeline.models.roles import Models
from pipeline.options import FileOptions, OutputFormat
from pipeline.types import Workload

# Seconds on two cores of an EPYC in bf16, fitted to what `python -m bench.dry_run --stages` prints. A model that is not
# listed counts as a large one until it is measured.
CROP_S: Mapping[str, float] = {"portrait-face": 0.0135, "compact-face": 0.066}  # a face of 512 × 512 pixels
OTHER_CROP_S = 1.0
NETWORK_S: Mapping[str, float] = {"compact-x2": 1.85, "compact-x4": 2.0}  # a megapixel of tiles
OTHER_NETWORK_S = 10.0
EMBEDDED_FACE_S, PASTED_FACE_S = 0.0065, 0.006
# A megapixel: of the result, or of the photo if that is larger; of the result; of what a face's crop covers in it; and
# of what the result is compared with.
RESIZED_S = 0.02
PROJECTED_S, BLENDED_S, ANSWERED_S = 0.06, 0.002, 0.0005
PASTED_S = 0.035
PERCEPTUAL_S, FIGURES_S = 0.6, 0.067
ENCODED_S: Mapping[str, float] = {  # a megapixel of the result
    "png": 0.04,
    "png 16": 0.055,
    "jpeg": 0.008,
    "webp": 0.09,
    "webp lossless": 0.33,
    "avif": 0.2,
    "tiff": 0.12,
    "tiff 16": 0.19,
}

DECODED_S: Mapping[str, float] = {  # a megapixel of the photo
    "JPEG": 0.004,
    "PNG": 0.042,
    "WebP": 0.017,
    "TIFF": 0.006,
    "BMP": 0.002,
    "GIF": 0.008,
    "AVIF": 0.013,
    "HEIC": 0.045,
}

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
    options, faces, models = order.options, len(work.native_sizes), preferred_models(order.output.preset, models)
    costs = [upscaling_cost(work.network_pixels, sizes)]
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
    costs.append(encoding_cost(file.output_format, file.options, sizes.result))
    return [*costs, Cost("answer", file.output_format, ANSWERED_S * sizes.result)]


def decoding_cost(photo_format: str, megapixels: float) -> Cost:
    """The cost of decoding a photo that came in the format of this name."""
    return Cost("decode", photo_format, DECODED_S[photo_format] * megapixels)


def restoration_cost(restorer: str, faces: int) -> Cost:
    """The cost of so many faces with the restorer of this name."""
    return Cost("restoration", restorer, CROP_S.get(restorer, OTHER_CROP_S) * faces)


def upscaling_cost(passes: tuple[tuple[str, int], ...], sizes: Sizes) -> Cost:
    """The cost of these passes, each an upscaler's name and its tiles' pixels; without any, of resampling."""
    if not passes:
        resized = 0.0 if sizes.photo == sizes.result else max(sizes.photo, sizes.result)
        return Cost("upscaling", NO_NETWORK, RESIZED_S * resized)
    seconds = sum(NETWORK_S.get(name, OTHER_NETWORK_S) * pixels / 1e6 for name, pixels in passes)
    projected = PROJECTED_S * sizes.result * (len(passes) - 1)
    return Cost("upscaling", " ".join(name for name, _ in passes), seconds + projected)


def metrics_cost(network: str, megapixels: float) -> Cost:
    """The cost of the metrics with the perceptual network of this name, or without one."""
    return Cost("metrics", network, (FIGURES_S + (0.0 if network == NO_NETWORK else PERCEPTUAL_S)) * megapixels)


def encoding_cost(output_format: OutputFormat, options: FileOptions, megapixels: float) -> Cost:
    """The cost of writing a result of so many megapixels."""
    deep, lossless = options.bit_depth == "16", options.lossless and output_format == "webp"
    kind = f"{output_format} 16" if deep else f"{output_format} lossless" if lossless else output_format
    return Cost("encode", kind, ENCODED_S[kind] * megapixels)


def _blending_cost(work: Workload, sizes: Sizes) -> Cost:
    enlarged = sizes.result / sizes.photo
    pasted = sum(min(sizes.result, side**2 / 1e6 * enlarged) for side in work.native_sizes)
    seconds = BLENDED_S * sizes.result + PASTED_FACE_S * len(work.native_sizes) + PASTED_S * pasted
    return Cost("blending", "with faces" if work.native_sizes else "without faces", seconds)
