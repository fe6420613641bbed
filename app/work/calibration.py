"""A first measurement of this machine's pace, before it has seen a photo."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import numpy as np

from app.work.costs import Cost, Sizes, encoding_cost, metrics_cost, restoration_cost, upscaling_cost
from app.work.pace import Pace
from pipeline.codec.encode import encode
from pipeline.geometry import resize
from pipeline.models.roles import Models, Upscaler
from pipeline.options import FileOptions
from pipeline.run import Run
from pipeline.steps.restoration import restore_crops
from pipeline.steps.upscaling import pixels_of_passes, upscale_tiled
from pipeline.types import CROP_SIZE, Crop, FileTags, Image
from pipeline.warmup import SMALL_SIDE

SLOW_S = 1.0  # a model that took longer in its warm-up is not run again: preparing kernels was little of that time
REPEATED_S = 0.1  # for each model, in which it is run again and again

_Work: TypeAlias = tuple[Cost, Callable[[], object]]


def calibrate(models: Models, pace: Pace, warm_up_s: Mapping[str, float]) -> None:
    """Run the quick default models and the encoder again, and measure them.

    `warm_up_s` are the seconds of each stage of the warm-up, in which every model ran for the first time on pictures of
    the same sizes. The mean of those of a slow network's stage is taken as it is. Raises what the models raise.
    """
    ran = {"restoration": len(models.offered_restorers), "upscaling": len(models.offered_upscalers)}
    for cost, work in _works(models):
        first_s = warm_up_s.get(cost.stage, 0.0) / max(1, ran.get(cost.stage, 1))
        if first_s > SLOW_S:
            pace.calibrate(cost, first_s)
        else:
            pace.calibrate(cost, _shortest(work))


def _shortest(work: Callable[[], object]) -> float:
    """The shortest of up to three times that the work takes, as others may use the machine for a moment."""
    times: list[float] = []
    while len(times) < 3 and sum(times) < REPEATED_S:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def _works(models: Models) -> Iterator[_Work]:
    """What is measured, with what it costs by the table."""
    noise = np.random.default_rng(0).random((CROP_SIZE // 8, CROP_SIZE // 8, 3), dtype=np.float32)
    image = resize(noise, (CROP_SIZE, CROP_SIZE))  # smooth, as photos are
    crop = Crop(image, np.array([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]]))
    yield restoration_cost(models.restorer.name, 1), lambda: restore_crops([crop], models.restorer, Run())
    for upscaler in models.upscalers.values():
        side = min(SMALL_SIDE, upscaler.tile - upscaler.overlap)  # one tile, margins included
        yield _upscaling(np.ascontiguousarray(image[:side, :side]), upscaler)
    megapixels = CROP_SIZE**2 / 1e6
    perceptual = models.perceptual
    if perceptual is not None:
        cost = metrics_cost(perceptual.name, megapixels)
        yield cost, lambda: perceptual.distance(image, image[::-1].copy(), Run().check)
    options = FileOptions()
    yield (
        encoding_cost("png", options, megapixels),
        lambda: encode(image, None, "png", options, is_grey=False, tags=FileTags()),
    )


def _upscaling(image: Image, upscaler: Upscaler) -> _Work:
    side = len(image)
    enlarged = side * upscaler.scale
    (pixels,) = pixels_of_passes((side, side), (enlarged, enlarged), [upscaler])
    cost = upscaling_cost(((upscaler.name, pixels),), Sizes(side**2 / 1e6, enlarged**2 / 1e6, 0.0))
    return cost, lambda: upscale_tiled(image, upscaler, Run())
