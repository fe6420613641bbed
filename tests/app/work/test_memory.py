"""The estimate of a photo's memory, the free memory, and the ledger of reserved memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from app.work.errors import MEBIBYTE, MemoryLow
from app.work.memory import (
    Ledger,
    finishing_pixel,
    free_bytes,
    photo_bytes,
    reference_bytes,
    resident_bytes,
)
from pipeline.options import FileOptions, OutputFormat


class Machine:
    """A machine with `free` bytes and a process that holds `resident` bytes."""

    def __init__(self, free: int, resident: int = 1000) -> None:
        self.free = free
        self.resident = resident

    def ledger(self) -> Ledger:
        ledger = Ledger(lambda: self.free, lambda: self.resident)
        ledger.settle()
        return ledger


# --- the estimate ----------------------------------------------------------------------------------------------------


def test_the_estimate_grows_with_pixels_factor_and_model() -> None:
    small, large = photo_bytes(10**6, 4 * 10**6, 0), photo_bytes(2 * 10**6, 8 * 10**6, 0)
    assert small < large < photo_bytes(2 * 10**6, 32 * 10**6, 0)
    assert photo_bytes(10**6, 4 * 10**6, 1000) == small + 1000
    assert photo_bytes(10**6, 100, 0) == photo_bytes(10**6, 10**6, 0)  # a reduced photo was decoded whole
    assert reference_bytes(10**6) >= 12 * 10**6  # its pixels as float32 RGB


@pytest.mark.parametrize("output_format", ["webp", "avif"])
def test_the_estimate_grows_with_what_the_encoder_takes(output_format: OutputFormat) -> None:
    usual, deep = finishing_pixel("png", FileOptions()), finishing_pixel("png", FileOptions(bit_depth="16"))
    assert photo_bytes(10**6, 10**6, 0) == photo_bytes(10**6, 10**6, 0, usual)
    assert usual < deep == finishing_pixel("tiff", FileOptions(bit_depth="16"))
    assert finishing_pixel(output_format, FileOptions()) > deep
    assert photo_bytes(10**6, 2 * 10**6, 0, deep) - photo_bytes(10**6, 2 * 10**6, 0) == 2 * 10**6 * (deep - usual)


# --- what is free ----------------------------------------------------------------------------------------------------


def test_without_a_control_group_the_memory_of_the_machine_is_free(tmp_path: Path) -> None:
    assert 0 < free_bytes(tmp_path) <= psutil.virtual_memory().total


def cgroup(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


def test_the_limit_of_control_groups_2_is_read(tmp_path: Path) -> None:
    stat = "anon 5\ninactive_file 40\n"
    cgroup(tmp_path, memory_dot_max="1000", memory_dot_current="700", memory_dot_stat=stat)
    assert free_bytes(tmp_path) == 340


def test_a_control_group_without_a_limit_is_ignored(tmp_path: Path) -> None:
    cgroup(tmp_path, memory_dot_max="max", memory_dot_current="700", memory_dot_stat="inactive_file 40")
    assert free_bytes(tmp_path) > 1000


def test_the_limit_of_control_groups_1_is_read(tmp_path: Path) -> None:
    files = {"limit_in_bytes": "1000", "usage_in_bytes": "990", "stat": "inactive_file 3\ntotal_inactive_file 5"}
    cgroup(tmp_path, **{f"memory__memory_dot_{name}": text for name, text in files.items()})
    assert free_bytes(tmp_path) == 15


def test_usage_above_the_limit_leaves_0_bytes_free(tmp_path: Path) -> None:
    cgroup(tmp_path, memory_dot_max="1000", memory_dot_current="1200", memory_dot_stat="")
    assert free_bytes(tmp_path) == 0


def test_resident_bytes_are_measured() -> None:
    assert resident_bytes() > 10 * MEBIBYTE


# --- the ledger -------------------------------------------------------------------------------------------------------


def test_reserved_memory_is_not_free_until_the_photo_is_done() -> None:
    ledger = Machine(free=100).ledger()
    with ledger.account() as first:
        first(60)
        with ledger.account() as second, pytest.raises(MemoryLow) as caught:
            second(60)
        assert (caught.value.needed, caught.value.free) == (60, 40)
        with ledger.account() as third:
            third(30)
            third(10)
    with ledger.account() as fourth:
        fourth(100)


def test_memory_that_a_photo_already_allocated_is_not_counted_twice() -> None:
    machine = Machine(free=100)
    ledger = machine.ledger()
    with ledger.account() as first, ledger.account() as second:
        first(60)
        machine.free, machine.resident = 45, 1055  # it has allocated 55 of its 60 bytes
        second(40)
        with pytest.raises(MemoryLow):
            second(1)


def test_memory_that_the_process_holds_beyond_its_models_is_free() -> None:
    machine = Machine(free=100)
    ledger = machine.ledger()
    machine.free, machine.resident = 40, 1060
    with ledger.account() as claim:
        claim(100)


def test_before_the_models_are_loaded_only_memory_of_the_system_is_free() -> None:
    machine = Machine(free=100)
    with Ledger(lambda: machine.free, lambda: machine.resident).account() as claim:
        claim(100)
        with pytest.raises(MemoryLow):
            claim(1)


def test_claims_from_many_threads_do_not_exceed_the_free_memory() -> None:
    ledger = Machine(free=100).ledger()

    def photo(_: int) -> bool:
        with ledger.account() as claim:
            try:
                claim(40)
            except MemoryLow:
                return False
            return True

    with ThreadPoolExecutor(8) as threads:
        assert any(threads.map(photo, range(200)))
    with ledger.account() as claim:
        claim(100)
