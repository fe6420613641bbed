from __future__ import annotations

import torch

from pipeline.models.detectors.suppression import without_nested

LARGE, INSIDE, BESIDE = [0.0, 0, 100, 100], [10.0, 10, 40, 40], [90.0, 0, 190, 100]


def kept(boxes: list[list[float]], scores: list[float], overlap: float = 0.7) -> list[int]:
    return [int(index) for index in without_nested(torch.tensor(boxes).reshape(-1, 4), torch.tensor(scores), overlap)]


def test_of_two_boxes_in_one_another_the_better_stays() -> None:
    assert kept([LARGE, INSIDE], [0.9, 0.8]) == [0]
    assert kept([LARGE, INSIDE], [0.8, 0.9]) == [1]


def test_boxes_beside_each_other_stay_best_first() -> None:
    assert kept([LARGE, BESIDE], [0.8, 0.9]) == [1, 0]
    assert kept([LARGE, BESIDE], [0.8, 0.9], overlap=0.05) == [1]


def test_a_box_that_was_dropped_drops_no_other() -> None:
    """The middle box lies in the first; the last lies in the middle one, but hardly in the first."""
    first, middle, last = [0.0, 0, 50, 50], [25.0, 0, 55, 50], [45.0, 0, 60, 50]
    assert kept([first, middle, last], [0.9, 0.8, 0.7]) == [0, 2]


def test_no_boxes_are_no_failure() -> None:
    assert kept([], []) == []
