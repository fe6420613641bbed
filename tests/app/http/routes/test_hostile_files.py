"""Every file of the corpus, sent as the photo (to both routes in turn) and as the reference of a valid photo."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

import httpx
import numpy as np
import pytest

from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, UPSCALE, Likeness, serving
from tests.corpus import HostileFile, corpus
from tests.hostile.seeds import PICTURE

AT_ONCE = 4
REFUSALS = {413, 415, 422}
PLAIN = {"upscale_factor": 1, "background": "resample", "metrics": False}


@pytest.fixture(scope="module")
def server() -> Iterator[Likeness]:
    with serving(FakeModels(), max_input_megapixels=2, queue_size=AT_ONCE) as likeness:
        yield likeness


def is_as_expected(response: httpx.Response, stage: str) -> bool:
    """Whether the answer is a photo, or a refusal at this stage or, for an empty file, at the parameters."""
    if response.status_code == 200:
        return True
    body = response.json()
    well_described = body["stage"] in (stage, "parameters") and body["request_id"] == response.headers["x-request-id"]
    return response.status_code in REFUSALS and well_described


def test_no_file_of_the_corpus_gives_a_server_error(server: Likeness) -> None:
    good = images.png(PICTURE)

    def send(path: str, file: HostileFile) -> tuple[str, bool, bool]:
        as_photo = server.send(path, file.data, **PLAIN)
        as_reference = server.send(UPSCALE, good, reference=file.data, **PLAIN)
        right = is_as_expected(as_photo, "decode") and is_as_expected(as_reference, "reference")
        return file.name, right, {as_photo.status_code, as_reference.status_code} <= REFUSALS

    wrong, refused, files = [], 0, corpus()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        while some := list(islice(files, 50)):  # all files together take 400 MB
            for name, right, is_refused in threads.map(send, cycle((UPSCALE, ENHANCE)), some):
                wrong += [] if right else [name]
                refused += is_refused
    assert wrong == []
    assert refused > 1_000
    afterwards = server.send(UPSCALE, good, **PLAIN).json()["data"]
    np.testing.assert_array_equal(samples.pixels_in(afterwards), PICTURE)
