from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from training.measures import enlarge
from training.pairs import Pairs, to_tensor
from training.schedule import Cycle, rounded, run
from training.students import student


def test_the_rate_rises_then_falls_to_its_end() -> None:
    cycle = Cycle(steps=1000, rate=1.0, end=0.1, warm_up=50)
    rates = [cycle.rate_at(step) for step in range(1000)]
    assert rates[0] == pytest.approx(1 / 50, rel=0.01)
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert all(later < earlier for earlier, later in pairwise(rates[60:]))
    assert rates[-1] == pytest.approx(0.1, abs=0.01)


def test_rounded_filters_are_restored_even_after_an_error() -> None:
    values = torch.rand(5, 5)
    before = values.clone()
    with rounded([values]):
        assert not torch.equal(values, before)
        assert torch.equal(values, before.to(torch.float8_e4m3fn).float())
    assert torch.equal(values, before)
    with pytest.raises(RuntimeError), rounded([values]):
        values @ torch.rand(3)
    assert torch.equal(values, before)


@pytest.mark.parametrize("is_rounded", [False, True])
def test_a_short_run_lowers_the_error(is_rounded: bool) -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 256, (6, 72, 72, 3), dtype=np.uint8)
    data = Pairs(inputs, 255 - inputs.repeat(2, axis=1).repeat(2, axis=2))
    network = student(8, 2, 2)
    low, high = to_tensor(data.inputs), to_tensor(data.answers)

    def error() -> float:
        with torch.inference_mode():
            return float((enlarge(network, low) - high).square().mean())

    before = error()
    network.load_state_dict(
        run(network, data, Cycle(120, 5e-3, warm_up=5, size=4, side=40, rounded=is_rounded), 1, compiled=False)
    )
    assert error() < 0.7 * before
