"""With the real models: photos that are done at the checks of another one change nothing in it, nor it in them.

Each model keeps nothing from one call to the next. One that did would mix two people's photos.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import numpy as np
import pytest

from app.settings import PhotoLimits
from app.work.order import Order
from app.work.photo import restore_photo
from pipeline.errors import BrokenImage, Cancelled
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.run import Run
from tests.app import samples

LIMITS = PhotoLimits(max_input_pixels=10**7, max_output_megapixels=50.0)


def picture(order: Order, models: Models, run: Run) -> bytes:
    return restore_photo(order, models, LIMITS, run).picture.data


OUTER = Order("enhance", samples.small_face(), None, EnhanceOptions(upscale_factor=1.5))


def nested_orders() -> list[Order]:
    """Of different sizes and people, through all networks: found at once or turned, and protected."""
    mirrored, turned = samples.head(64)[:, ::-1], np.rot90(samples.head(56))
    options = [
        (samples.file_of(mirrored, "PNG"), EnhanceOptions(upscale_factor=1)),
        (samples.file_of(turned, "PNG"), EnhanceOptions(background="resample", identity_policy="protect")),
    ]
    asked = [Order("enhance", file, None, each) for file, each in options]
    return [*asked, Order("upscale", samples.no_face(), None, EnhanceOptions())]


def test_nested_photos_and_the_one_around_them_are_as_when_alone(embedded_models: Models) -> None:
    asked = [OUTER, *nested_orders()]
    alone = [picture(order, embedded_models, Run()) for order in asked]
    assert len(set(alone)) == len(alone)
    turns, nested = cycle([1, None, None, 2, None, 3, None, None]), []  # seldom, as it takes long

    def make_way() -> float:
        index = next(turns)
        if index is not None:
            nested.append(picture(asked[index], embedded_models, Run()) == alone[index])
        return 0.0

    assert picture(OUTER, embedded_models, Run(make_way=make_way)) == alone[0]
    assert len(nested) >= 9
    assert all(nested)


def test_a_nested_photo_that_ends_early_leaves_the_one_around_it_as_it_is(embedded_models: Models) -> None:
    alone, checks = picture(OUTER, embedded_models, Run()), 0

    def make_way() -> float:
        nonlocal checks
        checks += 1
        if checks % 8 == 0:
            with pytest.raises(Cancelled):
                picture(OUTER, embedded_models, Run(make_way=leaving_at(checks)))
            with pytest.raises(BrokenImage):
                picture(Order("enhance", OUTER.file[:300], None, OUTER.options), embedded_models, Run())
        return 0.0

    assert picture(OUTER, embedded_models, Run(make_way=make_way)) == alone
    assert checks > 20


def leaving_at(check: int) -> Callable[[], float]:
    """The client leaves at this check."""
    left = check

    def leave() -> float:
        nonlocal left
        left -= 1
        if left == 0:
            raise Cancelled("The client went away.")
        return 0.0

    return leave
