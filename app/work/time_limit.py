"""What a preset asks for beyond the usual is left out where a photo would take too long with it."""

from dataclasses import replace

from app.presets import preferred_models
from app.work.costs import Sizes, upscaling_cost
from app.work.order import Order
from app.work.pace import Pace
from pipeline.codec.inspect import inspect
from pipeline.models.roles import Models
from pipeline.run import Run
from pipeline.steps.upscaling import enlargement, output_size, pixels_of_passes
from pipeline.types import Notice
from pipeline.upscaler_choice import choose_upscalers

UPSCALING_SHARE = 0.5  # of the deadline: the rest is for faces, the file, the wait, and what an estimate is off by

LEFT_OUT = "self_ensemble_left_out"


def may_shorten(order: Order) -> bool:
    """Whether the order asks for self-ensemble only because of its preset."""
    return order.options.self_ensemble and "self_ensemble" in order.by_preset


def within_deadline(order: Order, models: Models, pace: Pace, deadline_s: float, max_input_pixels: int) -> Order:
    """An order for which `may_shorten` holds, without self-ensemble where that would take too long or have no effect.

    Too long: by this `pace`, upscaling alone would take half of the deadline. Raises what `inspect` raises for a file
    that is no photo or too large.
    """
    # A run of its own: the photo has no place in the queue yet, so its stages, and the events of them, begin later.
    with Run().stage("decode"):
        header = inspect(order.file, max_pixels=max_input_pixels)
    size = header.upright_size
    new_size = output_size(*size, order.options)
    chosen = preferred_models(order.output.preset, models).chosen(None, order.options.upscaler)
    plain = replace(order, options=replace(order.options, self_ensemble=False))
    if not choose_upscalers(plain.options, enlargement(size, new_size), chosen)[0]:
        return plain
    passes, _ = choose_upscalers(order.options, enlargement(size, new_size), chosen)
    pixels = pixels_of_passes(size, new_size, passes)
    sizes = Sizes(size[0] * size[1] / 1e6, new_size[0] * new_size[1] / 1e6, 0.0)
    cost = upscaling_cost(tuple((each.name, n) for each, n in zip(passes, pixels, strict=True)), sizes)
    seconds, limit_s = pace.seconds(cost), UPSCALING_SHARE * deadline_s
    if seconds <= limit_s:
        return order
    message = (
        f"Upscaling with self_ensemble would take about {seconds:.0f} s, and a photo may take {deadline_s:g} s: the "
        f"preset left it out. self_ensemble=true asks for it all the same."
    )
    return replace(plain, notices=(*order.notices, Notice(LEFT_OUT, message)))
