from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.errors import BrokenImage, InputError
from tests import images
from tests.hostile.seeds import seeds
from tests.pipeline.codec.decoding import MAX_PIXELS, PICTURE, decoded

# --- refused files -----------------------------------------------------------------------------------------------

WHOLE = {
    "jpeg": images.jpeg(PICTURE),
    "progressive": images.jpeg(PICTURE, progressive=True),
    "png": images.png(PICTURE),
    "webp": images.webp(PICTURE),
    "webp-lossy": images.webp(PICTURE, lossless=False),
}


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
@pytest.mark.parametrize("name", WHOLE)
def test_truncated(name: str, share: float) -> None:
    with pytest.raises(BrokenImage, match=r"incomplete|ends before"):
        decode(inspect(images.cut(WHOLE[name], share), max_pixels=MAX_PIXELS))


@pytest.mark.parametrize("head", [b"\xff\xd8\xff", images.PNG_SIGNATURE, b"RIFF\x10\0\0\0WEBP"])
def test_signature_with_nothing_behind_it(head: bytes) -> None:
    for data in (head, head + images.noise(200)):
        with pytest.raises(BrokenImage):
            decode(inspect(data, max_pixels=MAX_PIXELS))


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0), (0, 0)])
def test_zero_size(width: int, height: int) -> None:
    data = images.png_file(width, height, [images.chunk(b"IDAT", zlib.compress(b""))])
    with pytest.raises(BrokenImage):
        decode(inspect(data, max_pixels=MAX_PIXELS))


# --- any file ----------------------------------------------------------------------------------------------------

SEEDS = [*WHOLE.values(), images.oriented(PICTURE, 5, "PNG"), *seeds().values()]


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """A valid file with bytes changed, cut out or spliced in; checksums of a PNG mended, so that more is reached."""
    file = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(file)))
        end = min(start + draw(st.integers(0, 8)), len(file))
        other = draw(st.sampled_from(SEEDS))
        piece = draw(st.integers(0, len(other)))
        splice = draw(st.one_of(st.binary(max_size=8), st.just(other[piece : piece + 100])))
        file = file[:start] + splice + (b"" if draw(st.integers(0, 9)) == 0 else file[end:])
    return images.mended(file) if file.startswith(images.PNG_SIGNATURE) else file


@settings(max_examples=400, deadline=None)
@given(damaged_files())
def test_damaged_file_gives_a_photo_or_an_input_error(data: bytes) -> None:
    try:
        photo = decoded(data)
    except InputError:
        return
    assert 0 < photo.width * photo.height <= MAX_PIXELS


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([b"\xff\xd8\xff", images.PNG_SIGNATURE, b"RIFF____WEBPVP8X", b""]), st.binary(max_size=300))
def test_any_bytes_are_no_photo(head: bytes, tail: bytes) -> None:
    with pytest.raises(InputError):
        decode(inspect(head + tail, max_pixels=MAX_PIXELS))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_png_round_trip_is_exact(width: int, height: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    photo = decoded(images.png(pixels))
    np.testing.assert_array_equal(photo.image, pixels.astype(np.float32) / np.float32(255))


def test_out_of_memory_is_not_the_files_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", exhausted)
    with pytest.raises(MemoryError):
        decode(inspect(images.png(PICTURE), max_pixels=MAX_PIXELS))
