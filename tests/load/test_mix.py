"""Good and hostile files mixed, eight at a time: each good one gets the right pixels."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.errors import InputError
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, UPSCALE, Likeness, serving
from tests.corpus import corpus
from tests.images import Pixels

pytestmark = pytest.mark.alone

AT_ONCE = 8
REQUESTS = 500
MAX_PIXELS = 25_000_000
HOSTILE_BYTES = 200_000  # larger ones take longer to send, and are tested elsewhere


class Sample(NamedTuple):
    """A file to send, and the expected pixels; None if it must be refused."""

    name: str
    file: bytes
    expected: Pixels | None


@pytest.fixture(scope="module")
def server() -> Iterator[Likeness]:
    with serving(FakeModels(), queue_size=AT_ONCE) as likeness:
        yield likeness


@cache
def hostile() -> list[tuple[str, bytes]]:
    """Files that the decoder refuses, spread over the whole corpus."""
    refused = []
    for name, data in corpus():
        if 0 < len(data) <= HOSTILE_BYTES:
            try:
                decode(inspect(data, max_pixels=MAX_PIXELS))
            except InputError:
                refused.append((name, data))
    return refused[:: len(refused) // (REQUESTS // 2)][: REQUESTS // 2]


def good(number: int) -> tuple[str, bytes]:
    """A picture for this number: each has other pixels, and neighbours have other sizes and formats."""
    chance = np.random.default_rng(number)
    width, height = 20 + number % 23, 16 + number % 19
    pixels = chance.integers(0, 256, (height, width, 3), np.uint8)
    make = (images.png, images.webp, images.jpeg, images.interlaced)[number % 4]
    return f"good-{number}", make(pixels)


def enlarged(file: bytes) -> Pixels:
    """What the fake upscaler makes of a file at factor 2: each pixel four times."""
    shown = np.round(decode(inspect(file, max_pixels=MAX_PIXELS)).image * 255)
    return shown.repeat(2, axis=0).repeat(2, axis=1)


def shuffled(good_ones: list[Sample], hostile_ones: list[tuple[str, bytes]]) -> list[Sample]:
    mixed = [*good_ones, *(Sample(name, data, None) for name, data in hostile_ones)]
    return [mixed[at] for at in np.random.default_rng(1).permutation(len(mixed))]


def wrong_answers(server: Likeness, path: str, mix: list[Sample], **fields: object) -> list[str]:
    """The names of the samples with a wrong answer."""

    def fails(sample: Sample) -> bool:
        response = server.send(path, sample.file, **fields)
        if sample.expected is None:
            return response.status_code not in (413, 415, 422)
        if response.status_code != 200:
            return True
        return not np.array_equal(samples.pixels_in(response.json()["data"]), sample.expected)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [sample.name for sample, failed in zip(mix, threads.map(fails, mix), strict=True) if failed]


def test_500_requests(server: Likeness) -> None:
    files = [good(number) for number in range(REQUESTS // 2)]
    mix = shuffled([Sample(name, file, enlarged(file)) for name, file in files], hostile())
    assert len(mix) == REQUESTS
    assert wrong_answers(server, UPSCALE, mix, metrics=False) == []


def test_a_wrong_pixel_is_found(server: Likeness) -> None:
    name, file = good(1)
    expected = enlarged(file)
    expected[0, 0, 0] += 1
    assert wrong_answers(server, UPSCALE, [Sample(name, file, expected), Sample("no refusal", file, None)]) == [
        name,
        "no refusal",
    ]


@pytest.mark.parametrize(("path", "fields"), [(ENHANCE, {"require_face": False}), (UPSCALE, {})])
def test_real_networks(path: str, fields: dict[str, bool]) -> None:
    """Photos with faces give the same pixels alone and among others."""
    with serving(queue_size=AT_ONCE) as server:
        alone = []
        for number in range(12):
            file = samples.file_of(samples.head(64 + number, left=number, top=2 * number), quality=90)
            data = server.send(path, file, metrics=False, **fields).json()["data"]
            alone.append(Sample(f"face-{number}", file, samples.pixels_in(data)))
        mix = shuffled(alone * 2, hostile()[::10])
        assert wrong_answers(server, path, mix, metrics=False, **fields) == []
