from __future__ import annotations

import sys
import weakref
from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.batches import MEMORY_LOW, Batches
from pipeline.errors import Cancelled, DeviceOutOfMemory, StageFailed
from pipeline.run import Run


class Device:
    """Squares numbers, if there are no more than `room` of them; remembers how many it was given."""

    def __init__(self, room: int = 100, error: type[Exception] = MemoryError) -> None:
        self.room, self.error = room, error
        self.tried: list[int] = []

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.tried.append(len(numbers))
        if len(numbers) > self.room:
            raise self.error("No room.")
        return [number**2 for number in numbers]


def squares(count: int, batches: Batches, device: Device) -> list[int]:
    return [square for part in batches.apply(device, range(count)) for square in part]


def no_memory_in_opencv() -> cv2.error:
    error = cv2.error("Failed to allocate 5 bytes")
    error.code = cv2.Error.StsNoMem
    return error


@pytest.mark.parametrize(("size", "expected"), [(1, [1] * 5), (2, [2, 2, 1]), (5, [5]), (8, [5])])
def test_batches_are_of_the_promised_size(size: int, expected: list[int]) -> None:
    device, run = Device(), Run()
    assert squares(5, Batches(size, run), device) == [0, 1, 4, 9, 16]
    assert device.tried == expected
    assert run.notices == []


def test_no_items_no_work() -> None:
    device = Device()
    assert squares(0, Batches(4, Run()), device) == []
    assert device.tried == []


def test_a_batch_without_room_is_halved_for_good_and_said_once() -> None:
    device, run = Device(room=3), Run()
    batches = Batches(8, run)
    assert squares(10, batches, device) == [number**2 for number in range(10)]
    assert device.tried == [8, 4, 2, 2, 2, 2, 2]
    assert squares(3, batches, device) == [0, 1, 4]
    assert device.tried[7:] == [2, 1]
    assert run.notices == [MEMORY_LOW]


def test_what_is_halved_is_what_was_tried() -> None:
    device = Device(room=2)
    squares(3, Batches(64, Run()), device)
    assert device.tried == [3, 1, 1, 1]


@given(count=st.integers(0, 40), size=st.integers(1, 20), room=st.integers(1, 20))
def test_every_item_is_done_once_in_order(count: int, size: int, room: int) -> None:
    device, run = Device(room), Run()
    assert squares(count, Batches(size, run), device) == [number**2 for number in range(count)]
    assert max(device.tried, default=0) <= size
    assert bool(run.notices) == (max(device.tried, default=0) > room)


@pytest.mark.parametrize(
    "error", [DeviceOutOfMemory("No room."), MemoryError(), no_memory_in_opencv()], ids=["device", "host", "opencv"]
)
def test_an_item_that_does_not_fit_alone_is_out_of_memory(error: Exception) -> None:
    tried = []

    def fail(items: Sequence[int]) -> None:
        tried.append(len(items))
        raise error

    with pytest.raises(DeviceOutOfMemory) as caught:
        list(Batches(4, Run()).apply(fail, range(4)))
    assert caught.value.__cause__ is error
    assert tried == [4, 2, 1]


@pytest.mark.parametrize("error", [StageFailed, ValueError, cv2.error])
def test_other_errors_are_not_tried_again(error: type[Exception]) -> None:
    device, run = Device(0, error), Run()
    with pytest.raises(error):
        squares(4, Batches(4, run), device)
    assert device.tried == [4]
    assert run.notices == []


def test_an_unwanted_run_does_not_try_again() -> None:
    device, run = Device(room=1), Run()
    run.cancelled.set()
    with pytest.raises(Cancelled):
        squares(4, Batches(4, run), device)
    assert device.tried == [4]


def test_the_memory_of_a_batch_that_failed_is_free_when_it_is_tried_again() -> None:
    held: list[weakref.ref[np.ndarray]] = []
    alive: list[bool] = []

    def work(items: Sequence[int]) -> None:
        alive.extend(array() is not None for array in held)
        features = np.zeros(3)
        held.append(weakref.ref(features))
        if len(items) > 1:
            raise MemoryError

    list(Batches(4, Run()).apply(work, range(2)))
    assert alive == [False, False, False]


def test_the_memory_of_a_batch_that_failed_is_free_for_photos_that_the_run_makes_way_for() -> None:
    held: list[weakref.ref[np.ndarray]] = []
    alive: list[bool] = []

    def make_way() -> float:
        alive.extend(array() is not None for array in held)
        assert sys.exc_info() == (None, None, None)  # or their errors would hold ours
        return 0.0

    def work(items: Sequence[int]) -> None:
        features = np.zeros(3)
        held.append(weakref.ref(features))
        if len(items) > 1:
            raise MemoryError

    list(Batches(2, Run(make_way=make_way)).apply(work, range(2)))
    assert alive == [False]


def test_what_was_made_of_a_batch_is_free_when_the_next_is_worked_on() -> None:
    made: list[weakref.ref[np.ndarray]] = []
    alive: list[bool] = []

    def work(items: Sequence[int]) -> np.ndarray:
        alive.extend(array() is not None for array in made)
        result = np.zeros(3)
        made.append(weakref.ref(result))
        return result

    for result in Batches(2, Run()).apply(work, range(6)):
        del result
    assert alive == [False] * 3


def test_a_batch_has_at_least_one_item() -> None:
    assert squares(3, Batches(0, Run()), Device(room=1)) == [0, 1, 4]
