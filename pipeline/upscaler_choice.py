"""Which networks enlarge a photo, in one pass or two."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pipeline.models.roles import AdjustableUpscaler, Models, Upscaler
from pipeline.models.upscalers.self_ensemble import SelfEnsemble
from pipeline.options import EnhanceOptions
from pipeline.types import Notice

LEAST_FACTOR = 0.5  # a network works on a photo whose sides shrink to more than this


def choose_upscalers(
    options: EnhanceOptions, factor: float, models: Models
) -> tuple[tuple[Upscaler, ...], list[Notice]]:
    """The networks of each pass for a photo that grows by `factor`, none for plain resampling; and notices.

    The notices name options that had no effect, and what no network could do. A photo that shrinks to half or less is
    only resampled: the mean of four or more pixels has little noise left, and a network would work on each first.
    """
    resampled = options.background == "resample"
    if resampled or factor <= LEAST_FACTOR:
        if options.upscaler is None and options.denoise_strength == 1 and not options.self_ensemble:
            return (), []
        when = "With background=resample" if resampled else "At half of the photo's size or less"
        message = f"{when} no upscaler is used: upscaler, denoise_strength and self_ensemble had no effect."
        return (), [Notice("upscaler_unused", message)]
    passes, notices = passes_for(factor, models.upscalers), []
    reached = math.prod(upscaler.scale for upscaler in passes)
    if reached < factor:
        message = f"Upscalers enlarge {reached} times, in {len(passes)} passes; what is beyond that was resampled."
        notices.append(Notice("upscaler_too_small", message))
    if options.denoise_strength == 1:
        return _ensemble(passes, options), notices
    upscaler = passes[0]  # back-projection keeps the noise that the first pass leaves, whatever the second does
    if isinstance(upscaler, AdjustableUpscaler) and upscaler.adjustable:
        return _ensemble((upscaler.denoising(options.denoise_strength), *passes[1:]), options), notices
    able = [n for n, u in models.offered_upscalers.items() if isinstance(u, AdjustableUpscaler) and u.adjustable]
    message = f"{upscaler.name} cannot be told how much to denoise: denoise_strength had no effect."
    advice = f" These can, by name: {', '.join(able)}." if able else ""
    return _ensemble(passes, options), [*notices, Notice("denoise_unavailable", message + advice)]


def _ensemble(passes: tuple[Upscaler, ...], options: EnhanceOptions) -> tuple[Upscaler, ...]:
    """The passes, the first with self-ensemble where that is asked for: the second only adds fine detail to it."""
    return (SelfEnsemble(passes[0]), *passes[1:]) if options.self_ensemble else passes


def passes_for(factor: float, upscalers: Mapping[int, Upscaler]) -> tuple[Upscaler, ...]:
    """The upscaler with the smallest scale that reaches `factor`; if none does, the largest, and another after it.

    That is the one with the smallest scale with which both reach `factor`, or the largest again if none does.
    """
    largest = max(upscalers)
    first = upscalers[min((scale for scale in upscalers if scale >= factor), default=largest)]
    if first.scale >= factor or largest == 1:
        return (first,)
    return first, upscalers[
        min((scale for scale in upscalers if scale >= factor / largest and scale > 1), default=largest)
    ]
