from pathlib import Path

import numpy as np
import pytest
import torch

from training.batches import batch, prefetched
from training.loss import colour_error, loss
from training.pairs import Pairs, Recipe, inputs, pairs, to_tensor
from training.schedule import Cycle, run
from training.students import student

SMALL = Recipe(seed=4, tiles=3, side=40, leaves=1)


def test_inputs_are_deterministic() -> None:
    first = inputs(SMALL)
    assert first.shape == (3, 40, 40, 3)
    assert np.array_equal(first, inputs(SMALL))


def test_pairs_come_from_the_cache_the_second_time(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first = pairs(SMALL, student(4, 1, 4), tmp_path)
    again = pairs(SMALL, student(4, 1, 4), tmp_path)
    assert first.answers.shape == (3, 160, 160, 3)
    assert np.array_equal(first.inputs, again.inputs)
    assert np.array_equal(first.answers, again.answers)


def test_batches_keep_input_and_answer_together() -> None:
    low = np.random.default_rng(0).integers(0, 256, (2, 20, 20, 3), dtype=np.uint8)
    high = low.repeat(4, 1).repeat(4, 2)
    data = Pairs(low, high)
    source, answer = batch(data, np.random.default_rng(1), 6, 12)
    assert source.shape == (6, 3, 12, 12)
    assert torch.equal(answer, source.repeat_interleave(4, 2).repeat_interleave(4, 3))


def test_prefetched_yields_the_results_in_order() -> None:
    numbers = iter(range(10))
    assert list(prefetched(lambda: next(numbers), 4)) == [0, 1, 2, 3]


def test_the_loss_ignores_the_teachers_colour_shift_only() -> None:
    source = torch.rand(2, 3, 32, 32)
    output = source.repeat_interleave(4, 2).repeat_interleave(4, 3)
    drifted = output + torch.tensor([0.02, -0.01, 0.0]).view(1, 3, 1, 1)
    assert loss(output, drifted, source, 0.5, 0.0) < -55
    assert loss(drifted, drifted, source, 0.5, 0.0) > -45


def test_a_shift_of_the_mean_colour_costs_its_square() -> None:
    source = 0.25 + 0.5 * torch.rand(2, 3, 32, 32)
    output = source.repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert colour_error(output, source) < 1e-3
    shifted = output + 2 / 255
    assert float(colour_error(shifted, source)) == pytest.approx(4.0, abs=0.05)
    dearer = float(loss(shifted, output, source, 0.5, 3.0) - loss(shifted, output, source, 0.5, 0.0))
    assert dearer == pytest.approx(12.0, abs=0.2)


def test_training_lowers_the_loss() -> None:
    torch.manual_seed(0)
    network = student(8, 1, 4)
    low = inputs(Recipe(seed=4, tiles=4, side=40, leaves=1))
    high = low.repeat(4, 1).repeat(4, 2)[:, :, :, ::-1].copy()
    data = Pairs(low, high)
    source, answer = to_tensor(low), to_tensor(high)
    with torch.no_grad():
        before = float(loss(network(source), answer, source, 0.5, 0.0))
    cycle = Cycle(steps=60, rate=3e-3, warm_up=5, size=4, side=32)
    network.load_state_dict(run(network, data, cycle, 0, compiled=False))
    with torch.no_grad():
        assert float(loss(network(source), answer, source, 0.5, 0.0)) < before - 1
