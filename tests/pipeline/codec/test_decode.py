from __future__ import annotations

import gc
import struct
import sys
import time
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.codec.limits import MAX_PROFILE_BYTES, MAX_SCANS
from pipeline.errors import BrokenImage, InputError, TooManyPixels
from pipeline.types import Photo
from tests import corpus, images
from tests.images import Pixels

MAX_PIXELS = 25_000_000
PICTURE = images.gradient()
EXPECTED = PICTURE / 255


def decoded(data: bytes) -> Photo:
    photo = decode(inspect(data, max_pixels=MAX_PIXELS))
    assert photo.image.dtype == np.float32
    assert photo.image.flags.c_contiguous
    assert photo.image.shape[2:] == (3,)
    assert 0 <= photo.image.min() <= photo.image.max() <= 1  # false for NaN too
    if photo.alpha is not None:
        assert photo.alpha.dtype == np.float32
        assert photo.alpha.shape == photo.image.shape[:2]
        assert 0 <= photo.alpha.min() <= photo.alpha.max() <= 1
    return photo


def codes(photo: Photo) -> list[str]:
    return [notice.code for notice in photo.notices]


def assert_shows(photo: Photo, expected: Pixels, within: float) -> None:
    """The photo's colours are `expected` (in [0, 1]), to `within` levels of 255."""
    assert photo.image.shape == expected.shape
    assert float(np.abs(photo.image - expected).max()) * 255 <= within


def repeated_grey(levels: Pixels) -> Pixels:
    return np.repeat(levels[..., np.newaxis], 3, axis=-1)


# --- whole files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "within"),
    [
        (images.jpeg(PICTURE), 4),
        (images.jpeg(PICTURE, progressive=True), 4),
        (images.png(PICTURE), 1e-3),
        (images.interlaced(PICTURE), 1e-3),
        (images.webp(PICTURE), 1e-3),
        (images.webp(PICTURE, lossless=False, quality=95), 16),
    ],
    ids=["jpeg", "progressive", "png", "png-interlaced", "webp", "webp-lossy"],
)
def test_formats(data: bytes, within: float) -> None:
    photo = decoded(data)
    assert_shows(photo, EXPECTED, within)
    assert photo.alpha is None
    assert photo.notices == ()


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 3), (4000, 40)])
@pytest.mark.parametrize("make", [images.png, images.jpeg, images.webp])
def test_odd_sizes(width: int, height: int, make: images.Maker) -> None:
    pixels = images.gradient(width, height)
    assert_shows(decoded(make(pixels)), pixels / 255, 6)


@pytest.mark.parametrize("orientation", images.ORIENTATIONS)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_orientation(orientation: int, file_format: str) -> None:
    data = images.oriented(PICTURE, orientation, file_format)
    with PIL.Image.open(BytesIO(data)) as stored:
        assert stored.size == ((32, 48) if orientation > 4 else (48, 32))
    assert_shows(decoded(data), EXPECTED, 4)


@pytest.mark.parametrize("orientation", [6, 8])
def test_orientation_of_big_endian_exif_and_16_bit_grey(orientation: int) -> None:
    exif = b"MM\0*" + struct.pack(">IHHHIHxx", 8, 1, 0x0112, 3, 1, orientation)
    levels = np.arange(6, dtype=np.uint16).reshape(2, 3) * 9_000
    photo = decoded(images.png_16(levels, images.GREY, images.chunk(b"eXIf", exif)))
    assert_shows(photo, repeated_grey(np.rot90(levels, 1 if orientation == 8 else 3) / 65_535), 1e-3)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II*\0",
        b"MM\0*garbage that is no directory",
        b"II*\0" + struct.pack("<IH", 0xFFFFFFF0, 9),
        b"II*\0" + struct.pack("<IH", 8, 65_535) + bytes(100),
        b"II*\0" + struct.pack("<IHHHIHxx", 8, 1, 0x0112, 3, 1, 77),
        b"II*\0" + struct.pack("<IHHHIHxx", 8, 1, 0x0112, 3, 1, 0),
    ],
)
def test_broken_exif_costs_nothing(block: bytes) -> None:
    assert_shows(decoded(images.with_exif(images.jpeg(PICTURE), block)), EXPECTED, 4)


# --- colour modes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_grey(file_format: str) -> None:
    grey = np.asarray(PIL.Image.fromarray(PICTURE).convert("L")) / 255
    photo = decoded(images.grey(PICTURE, file_format, quality=95, lossless=True))
    assert_shows(photo, repeated_grey(grey), 4)
    assert photo.alpha is None


def test_one_bit() -> None:
    pixels = np.array([[0, 255, 255], [255, 0, 0]], np.uint8)
    assert_shows(decoded(images.saved(pixels, "PNG", "1")), repeated_grey(pixels / 255), 1e-3)


@pytest.mark.parametrize(
    ("transparency", "alpha"),
    [
        (None, None),
        (1, [1, 0, 1, 1]),
        (bytes([0, 51, 204, 255]), [0, 0.2, 0.8, 1]),
        (bytes([255, 255, 255, 255]), None),
    ],
)
def test_palette(transparency: int | bytes | None, alpha: list[float] | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        photo = decoded(images.palette(transparency))
    assert_shows(photo, np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]]), 1e-3)
    if alpha is None:
        assert photo.alpha is None
    else:
        assert photo.alpha is not None
        np.testing.assert_allclose(photo.alpha, [alpha], atol=1e-6)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_alpha(file_format: str) -> None:
    alpha = PICTURE[..., 1]
    photo = decoded(images.saved(np.dstack((PICTURE, alpha)), file_format, lossless=True, exact=True))
    assert_shows(photo, EXPECTED, 1e-3)
    assert photo.alpha is not None
    np.testing.assert_allclose(photo.alpha, alpha / 255, atol=1e-6)


def test_opaque_alpha_is_none() -> None:
    assert decoded(images.saved(PICTURE, "PNG", "RGBA")).alpha is None


def test_grey_with_alpha() -> None:
    grey, alpha = PICTURE[..., 0], PICTURE[..., 1]
    photo = decoded(images.saved(np.dstack((grey, alpha)), "PNG"))
    assert_shows(photo, repeated_grey(grey / 255), 1e-3)
    assert photo.alpha is not None
    np.testing.assert_allclose(photo.alpha, alpha / 255, atol=1e-6)


@pytest.mark.parametrize("top", [200, 300, 65_535])
def test_16_bit_grey_scales_by_its_depth_not_its_maximum(top: int) -> None:
    levels = np.linspace(0, top, 64).astype(np.uint16).reshape(8, 8)
    assert_shows(decoded(images.png_16(levels, images.GREY)), repeated_grey(levels / 65_535), 1e-3)


def test_16_bit_grey_with_a_transparent_level() -> None:
    levels = np.array([[300, 40_000, 300]], np.uint16)
    photo = decoded(images.png_16(levels, images.GREY, images.chunk(b"tRNS", struct.pack(">H", 300))))
    assert_shows(photo, repeated_grey(levels / 65_535), 1e-3)
    assert photo.alpha is not None
    np.testing.assert_array_equal(photo.alpha, [[0, 1, 0]])


@pytest.mark.parametrize(
    ("color_type", "channels"), [(images.COLOR, 3), (images.GREY_ALPHA, 2), (images.COLOR_ALPHA, 4)]
)
def test_16_bit_color_is_right_to_one_level(color_type: int, channels: int) -> None:
    values = np.random.default_rng(3).integers(0, 65_536, (9, 5, channels), np.uint16)
    photo = decoded(images.png_16(values, color_type))
    shown = values[..., :3] if channels > 2 else repeated_grey(values[..., 0])
    assert_shows(photo, shown / 65_535, 1)
    if channels != 3:
        assert photo.alpha is not None
        assert np.abs(photo.alpha - values[..., -1] / 65_535).max() * 255 <= 1


@pytest.mark.parametrize("make", [images.cmyk, images.ycck])
def test_inks(make: images.Maker) -> None:
    ink = np.zeros((16, 16, 4), np.uint8)
    ink[:, :8] = (200, 0, 0, 30)
    ink[:, 8:] = (0, 60, 120, 0)
    expected = (1 - ink[..., :3] / 255) * (1 - ink[..., 3:] / 255)
    assert_shows(decoded(make(ink)), expected, 4)


# --- colour profiles ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [images.png, images.jpeg, images.webp])
def test_profile_is_applied(make: images.Maker) -> None:
    photo = decoded(make(PICTURE, icc_profile=images.swapped_profile()))
    assert_shows(photo, EXPECTED[..., ::-1], 6)
    assert photo.notices == ()


def test_profile_leaves_alpha_alone() -> None:
    pixels = np.dstack((PICTURE, PICTURE[..., 1]))
    photo = decoded(images.saved(pixels, "PNG", icc_profile=images.swapped_profile()))
    assert_shows(photo, EXPECTED[..., ::-1], 3)
    assert photo.alpha is not None
    np.testing.assert_allclose(photo.alpha, PICTURE[..., 1] / 255, atol=1e-6)


@pytest.mark.parametrize("depth", [8, 16])
def test_grey_profile(depth: int) -> None:
    profile = images.linear_grey_profile()
    levels = np.arange(25, 256, 5, dtype=np.uint16).reshape(1, -1)  # darker, LittleCMS interpolates coarsely
    packed = images.chunk(b"iCCP", b"icc\0\0" + zlib.compress(profile))
    if depth == 8:
        data = images.saved(levels.astype(np.uint8), "PNG", icc_profile=profile)
    else:
        data = images.png_16(levels * 257, images.GREY, packed)
    linear = levels / 255
    photo = decoded(data)
    assert_shows(photo, repeated_grey(1.055 * linear ** (1 / 2.4) - 0.055), 2)
    assert photo.notices == ()


def test_grey_picture_with_color_profile() -> None:
    photo = decoded(images.saved(PICTURE, "JPEG", "L", quality=95, icc_profile=images.swapped_profile()))
    assert np.ptp(photo.image, axis=-1).max() * 255 <= 3
    assert photo.notices == ()


@pytest.mark.parametrize(
    "profile", [b"no profile at all", images.linear_grey_profile(), images.swapped_profile()[:300]]
)
@pytest.mark.parametrize("make", [images.png, images.jpeg, images.webp])
def test_unusable_profile_keeps_the_pixels(profile: bytes, make: images.Maker) -> None:
    photo = decoded(make(PICTURE, icc_profile=profile))
    assert_shows(photo, EXPECTED, 4)
    assert codes(photo) == ["color_profile_ignored"]


@pytest.mark.parametrize("packed", [b"", b"icc", b"icc\0\0not compressed", b"icc\0\0" + zlib.compress(b"x")[:-3]])
def test_damaged_profile_chunk_keeps_the_pixels(packed: bytes) -> None:
    photo = decoded(images.with_chunks(images.png(PICTURE), images.chunk(b"iCCP", packed)))
    assert_shows(photo, EXPECTED, 1e-3)
    assert codes(photo) == ["color_profile_ignored"]


def test_oversized_profile_keeps_the_pixels() -> None:
    profile = images.swapped_profile() + bytes(MAX_PROFILE_BYTES)
    assert codes(decoded(images.jpeg(PICTURE, icc_profile=profile))) == ["color_profile_ignored"]


# --- animations --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", ["WEBP", "PNG"])
def test_animation_gives_its_first_frame(file_format: str) -> None:
    photo = decoded(images.animation([PICTURE, PICTURE[::-1], PICTURE[:, ::-1]], file_format))
    assert_shows(photo, EXPECTED, 1e-3)
    assert codes(photo) == ["animation_first_frame"]


# --- refused files -----------------------------------------------------------------------------------------------


WHOLE = {
    "jpeg": images.jpeg(PICTURE),
    "progressive": images.jpeg(PICTURE, progressive=True),
    "png": images.png(PICTURE),
    "webp": images.webp(PICTURE),
    "webp-lossy": images.webp(PICTURE, lossless=False),
}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.9999])
@pytest.mark.parametrize("name", WHOLE)
def test_truncated(name: str, share: float) -> None:
    with pytest.raises(BrokenImage, match=r"damaged or incomplete|ends before"):
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


# --- hostile files -----------------------------------------------------------------------------------------------


@contextmanager
def bounded(seconds: float, megabytes: float) -> Iterator[None]:
    """Fail where the block takes longer, or more resident memory (measured on Linux only), than allowed."""
    gc.collect()
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    linux = sys.platform == "linux" and reset.exists()

    def peak() -> float:
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024

    if linux:
        reset.write_text("5")  # the peak starts again from what is held now
    before = peak() if linux else 0
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < seconds
    if linux:
        assert peak() - before < megabytes


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (images.pixel_bomb(), TooManyPixels),
        (images.webp_canvas_bomb(), TooManyPixels),
        (images.webp_canvas_bomb(60_000), InputError),
        (images.scan_bomb(PICTURE), BrokenImage),
        (images.scan_bomb(PICTURE, MAX_SCANS + 1), BrokenImage),
        (images.segment_bomb(PICTURE), BrokenImage),
        (images.with_chunks(images.png(PICTURE), images.chunk(b"abCd", b"") * 100_000), BrokenImage),
    ],
    ids=["pixels", "webp-canvas", "webp-canvas-larger", "scans", "scans-101", "segments", "chunks"],
)
def test_bombs_are_refused_cheaply(data: bytes, error: type[InputError]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with bounded(seconds=1, megabytes=10), pytest.raises(error):
            decode(inspect(data, max_pixels=MAX_PIXELS))


@pytest.mark.parametrize(
    ("data", "expected_codes"),
    [
        (images.text_bomb(PICTURE), []),
        (images.profile_bomb(PICTURE), ["color_profile_ignored"]),
        (images.profile_bomb(PICTURE, megabytes=1, copies=1000), ["color_profile_ignored"]),
    ],
    ids=["text", "profile", "profiles"],
)
def test_bombs_beside_the_pixels_are_left_behind(data: bytes, expected_codes: list[str]) -> None:
    with bounded(seconds=1, megabytes=20):
        photo = decoded(data)
    assert_shows(photo, EXPECTED, 1e-3)
    assert codes(photo) == expected_codes


def test_profile_that_is_a_program_is_left_alone() -> None:
    """20,000 steps take LittleCMS 8 seconds, whatever the size of the picture."""
    profile = corpus.program_profile(20_000)
    with bounded(seconds=1, megabytes=10):
        photo = decoded(images.png(PICTURE, icc_profile=profile))
    assert_shows(photo, EXPECTED, 1e-3)
    assert codes(photo) == ["color_profile_ignored"]


LARGE = corpus.flat_progressive(5_000, 5_000)
BAD_TABLE = images.segment(0xC4, b"\x17" + bytes(16))


@pytest.mark.parametrize(
    "data",
    [
        LARGE[:-2],
        LARGE[:-2] + BAD_TABLE + LARGE[-2:],
        LARGE[:-2] + images.segment(0xDA, bytes([1, 1, 0, 9, 1, 0])) + LARGE[-2:],
        LARGE[:-2] + b"\xff\xbf\0\2" + LARGE[-2:],
        images.png_file(5_000, 5_000, [images.chunk(b"IDAT", zlib.compress(bytes(15_001 * 5_000 - 1)))]),
        images.png_file(5_000, 5_000, [images.chunk(b"IDAT", zlib.compress(bytes(15_001 * 4_999) + b"\7" * 15_001))]),
    ],
    ids=["jpeg-cut", "jpeg-table", "jpeg-progression", "jpeg-marker", "png-short", "png-filter"],
)
def test_damage_at_the_end_of_a_large_picture_is_found_before_its_pixels(data: bytes) -> None:
    with bounded(seconds=1, megabytes=10), pytest.raises(BrokenImage):
        decode(inspect(data, max_pixels=MAX_PIXELS))


def test_the_large_picture_itself_is_whole() -> None:
    assert decode(inspect(LARGE, max_pixels=MAX_PIXELS)).image.shape == (5_000, 5_000, 3)


def test_exif_bomb_is_cheap_and_quiet() -> None:
    entries = b"".join(struct.pack("<HHII", 1000 + number, 7, 60_000, 0) for number in range(4900))
    block = b"II*\0" + struct.pack("<IH", 8, 4900) + entries
    data = images.with_exif(images.jpeg(PICTURE), block + bytes(60_000 - len(block)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Pillow would warn once for each of the 4,900
        with bounded(seconds=1, megabytes=10):
            assert_shows(decoded(data), EXPECTED, 4)


def test_many_scans_are_accepted_up_to_the_limit() -> None:
    assert decoded(images.scan_bomb(PICTURE, MAX_SCANS)).image.shape == PICTURE.shape


def test_scan_markers_that_start_no_scan_are_not_counted() -> None:
    markers = b"\xff\xda" * 500
    file = images.jpeg(PICTURE, progressive=True)
    second_scan = file.index(b"\xff\xda", file.index(b"\xff\xda") + 2)
    between = file[:second_scan] + images.segment(0xFE, markers) + file[second_scan:]
    for data in (images.with_exif(file, markers), between, file + markers):
        assert_shows(decoded(data), EXPECTED, 4)
    most = images.scan_bomb(PICTURE, MAX_SCANS)
    commented = most[:second_scan] + images.segment(0xFE, markers) + most[second_scan:]
    assert decoded(commented).image.shape == PICTURE.shape


def test_second_picture_in_the_file_is_left_behind() -> None:
    """Phones append a depth map or a smaller picture, and announce it in a segment that Pillow would follow."""
    index = b"MPF\0II*\0" + struct.pack("<IHHHII", 8, 1, 0xB001, 4, 1, 2) + bytes(4)
    file = images.jpeg(PICTURE)
    data = file[:2] + images.segment(0xE2, index) + file[2:] + images.jpeg(PICTURE[::-1])
    photo = decoded(data)
    assert_shows(photo, EXPECTED, 4)
    assert photo.notices == ()


# --- any file ----------------------------------------------------------------------------------------------------

SEEDS = [*WHOLE.values(), images.oriented(PICTURE, 5, "PNG"), *corpus.seeds().values()]


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
