"""Every file of the corpus through the decoder, in a process of its own, at the service's limits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import errors
from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from tests import corpus, images
from tests.hostile.seeds import seeds

REFUSALS = {kind.__name__ for kind in errors.InputError.__subclasses__()}
REFUSAL_CPU_S = 1
REFUSAL_BYTES = 100 * 10**6
# Whether a WebP is whole only libwebp can tell, when it comes to the damage, and it holds the picture up to there: four
# bytes for each pixel, and as many again where it is lossless. Of 12 megapixels that is less than a refusal may take.
# The same holds for LZW and PackBits in a TIFF and libtiff.
_LARGEST = 25 * 10**6  # pixels
DEEP_DAMAGE_BYTES = {
    "webp-lossy-25-mp-cut": 4 * _LARGEST + 10**7,
    "webp-lossless-25-mp-cut": 8 * _LARGEST + 10**7,
    "tiff-lzw-25-mp-that-breaks": 4 * _LARGEST + 10**7,
    "tiff-packbits-25-mp-that-breaks": 4 * _LARGEST + 10**7,
}
NEW_FORMATS = ("tiff-", "bmp-", "gif-", "avif-", "heic-")


# The first test of these waits for the trial of all files, which takes a minute where nothing else runs.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def trials() -> list[dict[str, Any]]:
    """Each file's name, both outcomes, processor seconds, and by how many bytes the process grew."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("the peak of memory can be told on Linux only")
    command = [sys.executable, "-m", "tests.pipeline.trial"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_corpus_is_large_and_always_the_same() -> None:
    names, sums = [], []
    for name, data in corpus.corpus():
        names.append(name)
        sums.append(hash(data))
        assert len(data) <= corpus.UPLOAD_BYTES
    assert len(set(names)) == len(names) >= 4_000
    assert sum(name.startswith(NEW_FORMATS) for name in names) >= 2_500
    assert [hash(data) for _, data in corpus.corpus()] == sums


@pytest.mark.parametrize("name", seeds())
def test_what_is_whole_is_a_photo(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is large, and therefore tried before it is decoded."""
    file = seeds()[name]
    photo = decode(inspect(file, max_pixels=25_000_000))
    monkeypatch.setattr("pipeline.codec.decode.CHECKED_BEFORE_DECODING", 0)
    tried = decode(inspect(file, max_pixels=25_000_000))
    assert np.array_equal(photo.image, tried.image)
    assert photo.notices == tried.notices


@pytest.mark.parametrize(
    "options",
    [{"restart_marker_rows": 1}, {"restart_marker_blocks": 8}, {"progressive": True, "restart_marker_rows": 2}, {}],
    ids=str,
)
def test_a_large_photo_as_cameras_write_it(options: dict[str, Any]) -> None:
    file = images.jpeg(images.gradient(2600, 1700), **options)
    assert decode(inspect(file, max_pixels=25_000_000)).image.shape == (1700, 2600, 3)


def test_each_file_gives_a_photo_or_an_input_error(trials: list[dict[str, Any]]) -> None:
    refused = [trial for trial in trials if trial["outcomes"][0] in REFUSALS]
    accepted = [trial for trial in trials if " x " in trial["outcomes"][0]]
    assert [trial for trial in trials if trial not in refused and trial not in accepted] == []
    assert len(refused) > 1000  # most of it is really damaged,
    assert len(accepted) > 100  # and not all of it is found out


def test_no_file_shows_what_was_decoded_before_it(trials: list[dict[str, Any]]) -> None:
    assert [trial["name"] for trial in trials if len(set(trial["outcomes"])) > 1] == []


def test_a_refusal_is_cheap(trials: list[dict[str, Any]]) -> None:
    for trial in trials:
        if trial["outcomes"][0] in REFUSALS:
            assert trial["cpu_s"] <= REFUSAL_CPU_S, trial
            assert trial["grown_bytes"] <= DEEP_DAMAGE_BYTES.get(trial["name"], REFUSAL_BYTES), trial


def test_what_is_accepted_costs_what_its_pixels_do(trials: list[dict[str, Any]]) -> None:
    """Nothing small takes long, and nothing large longer than a photo of its size with the most scans."""
    for trial in trials:
        if " x " in trial["outcomes"][0]:
            width, _, height, _ = trial["outcomes"][0].split()
            megapixels = int(width) * int(height) / 1e6
            assert trial["cpu_s"] <= 0.5 + 0.2 * megapixels, trial
            assert trial["grown_bytes"] <= REFUSAL_BYTES + 28e6 * megapixels, trial


def test_it_can_be_written_to_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "corpus", lambda: iter([corpus.HostileFile("zeros", bytes(9))]))
    assert corpus.main([str(tmp_path / "new" / "folder")]) == 0
    assert (tmp_path / "new" / "folder" / "zeros").read_bytes() == bytes(9)
