from __future__ import annotations

from io import BytesIO
from typing import get_args

import cv2
import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import AvifImagePlugin

from pipeline.codec.decode import decode
from pipeline.codec.encode import encode
from pipeline.codec.inspect import inspect
from pipeline.codec.output_formats import OUTPUT_FORMATS
from pipeline.errors import OutputFormatLimit
from pipeline.options import BitDepth, ChromaSubsampling, FileOptions, OutputFormat
from pipeline.types import FloatArray, Image
from tests import images

FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)
PICTURE: Image = (images.gradient() / 255).astype(np.float32)
ALPHA: FloatArray = np.ascontiguousarray(PICTURE[..., 0])


def shown(data: bytes) -> images.Pixels:
    return np.asarray(PIL.Image.open(BytesIO(data)))


@pytest.mark.parametrize("output_format", FORMATS)
def test_formats(output_format: OutputFormat) -> None:
    encoded = encode(PICTURE, None, output_format, FileOptions(quality=95))
    with PIL.Image.open(BytesIO(encoded.data)) as picture:
        assert picture.format == output_format.upper()
        assert picture.mode == "RGB"
        assert encoded.media_type == picture.get_format_mimetype() == OUTPUT_FORMATS[output_format].media_type
    assert encoded.notices == ()
    difference = np.abs(shown(encoded.data) - PICTURE * 255).mean(axis=(0, 1))
    assert difference.max() < 4  # in every channel: red and blue are in their places


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(1, 600), st.booleans(), st.integers(0, 2**32 - 1))
def test_png_round_trip_is_exact(width: int, height: int, with_alpha: bool, seed: int) -> None:
    levels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    planes: FloatArray = levels.astype(np.float32) / np.float32(255)
    alpha = planes[..., 3] if with_alpha else None
    encoded = encode(planes[..., :3], alpha, "png", FileOptions(quality=1))
    np.testing.assert_array_equal(shown(encoded.data), levels if with_alpha else levels[..., :3])


@pytest.mark.parametrize(
    ("output_format", "mode", "mode_with_alpha"),
    [
        ("png", "L", "LA"),
        ("jpeg", "L", "L"),
        ("webp", "RGB", "RGBA"),
        ("avif", "L", "RGBA"),
        ("tiff", "L", "RGBA"),
    ],
)
@pytest.mark.parametrize("quality", [60, 95])
def test_a_grey_picture_has_one_channel_where_the_format_can(
    output_format: OutputFormat, mode: str, mode_with_alpha: str, quality: int
) -> None:
    image = np.repeat(PICTURE[..., 1:2], 3, axis=2)
    for alpha, expected in ((None, mode), (ALPHA, mode_with_alpha)):
        data = encode(image, alpha, output_format, FileOptions(quality=quality), is_grey=True).data
        picture = PIL.Image.open(BytesIO(data))
        assert picture.mode == expected
        levels = np.asarray(picture.convert("RGB")).astype(int)
        # A lossy WebP has equal channels, but its decoder rounds green by itself.
        assert np.ptp(levels, axis=2).max() <= (output_format == "webp")
        if alpha is None:
            assert np.abs(levels - image * 255).mean() < 4


def test_a_grey_png_is_exact() -> None:
    image = np.repeat(PICTURE[..., 1:2], 3, axis=2)
    data = encode(image, None, "png", FileOptions(quality=1), is_grey=True).data
    np.testing.assert_array_equal(shown(data), np.round(PICTURE[..., 1] * 255))


def test_rounds_half_up_and_clips() -> None:
    values = np.array([-1, -0.001, 0, 0.499, 0.5, 0.501, 1.5, 127.49, 127.5, 254.5, 254.49, 255, 256, 600], np.float32)
    image = np.repeat((values / 255).reshape(1, -1, 1), 3, axis=2).astype(np.float32)
    expected = np.clip(np.floor(image[0, :, 0] * 255 + np.float32(0.5)), 0, 255)
    np.testing.assert_array_equal(shown(encode(image, None, "png", FileOptions(quality=95)).data)[0, :, 0], expected)
    assert expected.tolist() == [0, 0, 0, 0, 1, 1, 2, 127, 128, 255, 254, 255, 255, 255]


@pytest.mark.parametrize("output_format", ["png", "webp", "tiff"])
def test_alpha_is_kept(output_format: OutputFormat) -> None:
    encoded = encode(PICTURE, ALPHA, output_format, FileOptions(quality=95))
    photo = decode(inspect(encoded.data, max_pixels=10**6))
    assert photo.alpha is not None
    assert np.abs(photo.alpha - ALPHA).max() * 255 <= 0.51
    assert encoded.notices == ()


def test_jpeg_lays_alpha_on_white() -> None:
    image = np.zeros((16, 48, 3), np.float32)
    alpha = np.repeat(np.array([[0, 0.5, 1]], np.float32), 16, axis=1).repeat(16, axis=0)
    encoded = encode(image, alpha, "jpeg", FileOptions(quality=95))
    np.testing.assert_allclose(shown(encoded.data)[8, [8, 24, 40]].mean(axis=-1), [255, 128, 0], atol=2)
    assert [notice.code for notice in encoded.notices] == ["alpha_flattened"]


CHROMA: list[tuple[int, ChromaSubsampling, bool]] = [
    (100, "auto", True),
    (90, "auto", True),
    (89, "auto", False),
    (1, "auto", False),
    (50, "4:4:4", True),
    (100, "4:2:0", False),
]


@pytest.mark.parametrize(("quality", "asked", "full"), CHROMA)
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_chroma(quality: int, asked: ChromaSubsampling, full: bool, progressive: bool) -> None:
    options = FileOptions(quality=quality, chroma_subsampling=asked, progressive=progressive)
    data = encode(PICTURE, None, "jpeg", options).data
    frame = data.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    sampling = 1 if full else 2
    assert (data[frame + 11] >> 4, data[frame + 11] & 15) == (sampling, sampling)
    with PIL.Image.open(BytesIO(data)) as picture:
        assert bool(picture.info.get("progressive")) is progressive


@pytest.mark.parametrize(("quality", "asked", "full"), CHROMA)
def test_avif_chroma(quality: int, asked: ChromaSubsampling, full: bool) -> None:
    data = encode(PICTURE, None, "avif", FileOptions(quality=quality, chroma_subsampling=asked)).data
    subsampled = data[data.index(b"av1C") + 6] >> 2 & 3  # AV1 in ISOBMFF, 2.3.3
    assert subsampled == (0b00 if full else 0b11)


@pytest.mark.parametrize("alpha", [None, ALPHA])
def test_lossless_webp_is_exact(alpha: FloatArray | None) -> None:
    """Under opacity 0 too."""
    opacity = None if alpha is None else np.where(alpha < 0.3, 0, alpha).astype(np.float32)
    data = encode(PICTURE, opacity, "webp", FileOptions(quality=1, lossless=True)).data
    expected = np.round(PICTURE * 255)
    np.testing.assert_array_equal(shown(data)[..., :3], expected)
    if opacity is not None:
        np.testing.assert_array_equal(shown(data)[..., 3], np.round(opacity * 255))


@pytest.mark.parametrize("output_format", FORMATS)
def test_the_number_of_threads_does_not_change_the_file(
    output_format: OutputFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    image: Image = cv2.resize(PICTURE, (700, 500)).astype(np.float32)
    files = set()
    for threads in (1, 3, 8):
        monkeypatch.setattr(AvifImagePlugin, "DEFAULT_MAX_THREADS", threads)
        cv2.setNumThreads(threads)
        files.add(encode(image, None, output_format).data)
    cv2.setNumThreads(-1)
    assert len(files) == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(1, 300), st.sampled_from([1, 3, 4]), st.integers(0, 2**32 - 1))
@pytest.mark.parametrize("output_format", ["png", "tiff"])
def test_16_bits_are_exact(output_format: OutputFormat, width: int, height: int, channels: int, seed: int) -> None:
    levels = np.random.default_rng(seed).integers(0, 65_536, (height, width, 4), np.uint16)
    levels[..., 3] |= 1  # under opacity 0 the colours of a photo are not as in the file
    if channels == 1:
        levels[..., :3] = levels[..., :1]
    planes: FloatArray = levels.astype(np.float32) / np.float32(65_535)
    alpha = planes[..., 3] if channels == 4 else None
    data = encode(planes[..., :3], alpha, output_format, FileOptions(bit_depth="16"), is_grey=channels == 1).data
    photo = decode(inspect(data, max_pixels=10**6))
    kept = photo.image if channels > 1 else photo.image[..., 0]
    np.testing.assert_array_equal(np.round(kept * 65_535), levels[..., :3] if channels > 1 else levels[..., 0])
    if photo.alpha is not None:
        np.testing.assert_array_equal(np.round(photo.alpha * 65_535), levels[..., 3])


def test_16_bits_are_rounded_half_up_and_clipped() -> None:
    values = np.array([-1, 0.499, 0.5, 1.5, 32_767.5, 65_534.5, 65_535, 70_000], np.float32)
    image = np.repeat((values / 65_535).reshape(1, -1, 1), 3, axis=2).astype(np.float32)
    data = encode(image, None, "png", FileOptions(bit_depth="16"), is_grey=True).data
    assert shown(data)[0].tolist() == [0, 0, 1, 2, 32_768, 65_535, 65_535, 65_535]


@pytest.mark.parametrize("output_format", ["jpeg", "webp", "avif"])
def test_a_format_without_16_bits_has_8(output_format: OutputFormat) -> None:
    assert encode(PICTURE, None, output_format, FileOptions(bit_depth="16")) == encode(PICTURE, None, output_format)


@pytest.mark.parametrize("output_format", ["jpeg", "webp", "avif"])
def test_quality_matters(output_format: OutputFormat) -> None:
    noise = np.random.default_rng(2).normal(scale=0.05, size=(128, 128, 3))
    image: Image = np.clip(cv2.resize(PICTURE, (128, 128)) + noise, 0, 1).astype(np.float32)
    sizes = [len(encode(image, None, output_format, FileOptions(quality=q)).data) for q in (1, 50, 80, 95)]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize(("output_format", "limit"), [("jpeg", 65_500), ("webp", 16_383), ("avif", 32_768)])
@pytest.mark.parametrize("upright", [True, False])
def test_side_limits(output_format: OutputFormat, limit: int, upright: bool) -> None:
    def line(length: int) -> Image:
        return np.full((length, 1, 3) if upright else (1, length, 3), 0.5, np.float32)

    fitting = encode(line(limit), None, output_format, FileOptions(quality=50))
    assert max(shown(fitting.data).shape) == limit == OUTPUT_FORMATS[output_format].max_side
    with pytest.raises(OutputFormatLimit, match=str(limit)):
        encode(line(limit + 1), None, output_format, FileOptions(quality=50))
    assert encode(line(limit + 1), None, "png", FileOptions(quality=50)).data


@pytest.mark.parametrize("output_format", FORMATS)
def test_same_picture_same_bytes_and_input_untouched(output_format: OutputFormat) -> None:
    image, alpha = PICTURE.copy(), ALPHA.copy()
    image.flags.writeable = alpha.flags.writeable = False
    first = encode(image, alpha, output_format, FileOptions(quality=90))
    assert encode(image[:, ::-1][:, ::-1], alpha, output_format, FileOptions(quality=90)) == first


@pytest.mark.parametrize("result", [(False, np.zeros(4, np.uint8)), (True, np.zeros(0, np.uint8))])
def test_failing_encoder_is_an_error(result: tuple[bool, images.Pixels], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imencodeWithMetadata", lambda *_: result)
    with pytest.raises(RuntimeError, match="png"):
        encode(PICTURE, None, "png", FileOptions(quality=95))


@pytest.mark.parametrize(("bits", "most"), [("8", 255), ("16", 65_535)])
def test_opacity_is_rounded_to_the_nearest_level(bits: BitDepth, most: int) -> None:
    alpha = (np.array([[10.4, 10.6, most - 0.6, most - 0.4]]) / most).astype(np.float32)
    image = np.zeros((1, 4, 3), np.float32)
    for output_format in ("png", "tiff"):
        file = encode(image, alpha, output_format, FileOptions(bit_depth=bits)).data
        stored = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
        assert stored[0, :, 3].tolist() == [10, 11, most - 1, most]


def test_grey_with_opacity_is_exact_in_a_png() -> None:
    image = np.repeat(PICTURE[..., 1:2], 3, axis=2)
    data = encode(image, ALPHA, "png", is_grey=True).data
    assert data == encode(image, ALPHA, "png", is_grey=True).data
    levels = np.stack([PICTURE[..., 1], ALPHA], axis=2)
    np.testing.assert_array_equal(shown(data), np.floor(levels * 255 + 0.5))
    photo = decode(inspect(data, max_pixels=10**6))
    assert photo.is_grey
    assert photo.alpha is not None


def test_grey_with_opacity_of_16_bits_has_three_equal_channels() -> None:
    image = np.repeat(PICTURE[..., 1:2], 3, axis=2)
    data = encode(image, ALPHA, "png", FileOptions(bit_depth="16"), is_grey=True).data
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert (stored.dtype, stored.shape[2]) == (np.uint16, 4)
    assert not np.ptp(stored[..., :3], axis=2).any()
