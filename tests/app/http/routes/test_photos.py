"""`/enhance` and `/upscale`: what a good request gives."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from app.http.schemas.answers import EnhanceResponse
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import Likeness, serving

DATA_KEYS = {
    "restored_image",
    "media_type",
    "width",
    "height",
    "metrics",
    "faces",
    "processing_time_ms",
    "timings_ms",
    "models",
    "warning",
    "warnings",
}
FACE_KEYS = {
    "box",
    "landmarks",
    "landmarks_estimated",
    "score",
    "identity_similarity",
    "strength",
    "action",
    "reason",
}
STAGES = {"decode", "detection", "alignment", "restoration", "identity", "upscaling", "blending", "metrics", "encode"}
DARK = images.png(np.zeros((80, 80, 3), np.uint8))


@pytest.fixture(scope="module")
def answer(likeness: Likeness) -> dict[str, Any]:
    """The whole portrait with default parameters."""
    response = likeness.enhance(samples.portrait())
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    document: dict[str, Any] = response.json()
    return document


def test_the_document_has_exactly_the_shape_of_the_contract(answer: dict[str, Any]) -> None:
    assert set(answer) == {"status", "data"}
    assert answer["status"] == "success"
    data = answer["data"]
    assert set(data) == DATA_KEYS
    EnhanceResponse.model_validate_json(json.dumps(answer), strict=True)
    assert set(data["metrics"]) == {"psnr", "ssim", "lpips", "identity_similarity", "reference"}
    assert all(set(face) == FACE_KEYS for face in data["faces"])
    assert all(set(warning) == {"code", "message"} for warning in data["warnings"])
    assert data["models"]["detector"] == "mtcnn"
    assert data["models"]["restorer"] == "compact-face"
    assert data["models"]["recogniser"] == "dlib-resnet"


def test_the_picture_has_twice_the_size(answer: dict[str, Any]) -> None:
    data = answer["data"]
    picture = samples.picture_in(data)
    assert picture.format == "PNG"
    assert picture.mode == "RGB"
    assert picture.size == (data["width"], data["height"]) == (512, 512)
    assert data["media_type"] == "image/png"


def test_the_picture_shows_the_photo(answer: dict[str, Any]) -> None:
    shrunk = samples.resized(np.asarray(samples.picture_in(answer["data"])), 256, 256).astype(float)
    photo = np.asarray(samples.opened(samples.portrait())).astype(float)
    assert np.abs(shrunk - photo).mean() < 12


def test_one_face_is_found_and_restored(answer: dict[str, Any]) -> None:
    (face,) = answer["data"]["faces"]
    assert face["action"] == "restored"
    assert face["strength"] == 1.0
    assert face["reason"] is None
    assert 0 < face["score"] <= 1
    x0, y0, x1, y1 = face["box"]
    assert x0 < 112 < x1  # the portrait's nose
    assert y0 < 60 < y1
    assert len(face["landmarks"]) == 5
    assert all(x0 <= x <= x1 and y0 <= y <= y1 for x, y in face["landmarks"])
    assert face["landmarks_estimated"] is False


def test_the_figures_are_finite_numbers(answer: dict[str, Any]) -> None:
    metrics = answer["data"]["metrics"]
    assert metrics["reference"] == "input"
    assert math.isfinite(metrics["psnr"])
    assert metrics["psnr"] > 15
    assert 0.3 < metrics["ssim"] <= 1


def test_the_likeness_is_known_without_any_download(answer: dict[str, Any]) -> None:
    (face,) = answer["data"]["faces"]
    assert face["identity_similarity"] == answer["data"]["metrics"]["identity_similarity"]
    assert 0.8 < face["identity_similarity"] <= 1


def test_what_is_missing_is_said(answer: dict[str, Any]) -> None:
    data = answer["data"]
    assert data["metrics"]["lpips"] is None
    assert {warning["code"] for warning in data["warnings"]} == {"lpips_unavailable"}
    assert data["warning"] == data["warnings"][0]["message"]


def test_times_are_told_for_every_stage(answer: dict[str, Any]) -> None:
    data = answer["data"]
    assert set(data["timings_ms"]) >= STAGES
    assert all(value >= 0 for value in data["timings_ms"].values())
    assert 0 < sum(data["timings_ms"].values()) <= data["processing_time_ms"] + len(data["timings_ms"])


@pytest.mark.parametrize(("factor", "size"), [(1, 96), (1.5, 144), (4, 384)])
def test_upscale_factor(likeness: Likeness, factor: float, size: int) -> None:
    data = likeness.data(samples.small_face(), upscale_factor=factor)
    assert samples.picture_in(data).size == (data["width"], data["height"]) == (size, size)
    assert [face["action"] for face in data["faces"]] == ["restored"]


def test_strength_0_gives_the_plain_upscaled_face(likeness: Likeness) -> None:
    plain = likeness.data(samples.small_face(), strength=0)
    restored = likeness.data(samples.small_face(), strength=1)
    upscaled = likeness.upscale(samples.small_face()).json()["data"]
    assert plain["restored_image"] == upscaled["restored_image"]
    assert plain["restored_image"] != restored["restored_image"]
    assert plain["faces"][0]["strength"] == 0


def test_strength_is_a_blend(fakes: FakeModels) -> None:
    fakes.restorer.paint = 1.0
    with serving(fakes) as server:
        middle = [
            samples.pixels_in(server.data(DARK, strength=strength, upscale_factor=1))[40, 40].mean()
            for strength in (0, 0.5, 1)
        ]
    assert middle == pytest.approx([0, 127.5, 255], abs=2)


@pytest.fixture(scope="module")
def two_faces() -> bytes:
    """One large, one small."""
    canvas = np.full((128, 252, 3), 90, np.uint8)
    canvas[:, 16:144] = samples.head(128)
    canvas[16:112, 156:] = samples.head(96)
    return samples.file_of(canvas, "PNG")


@pytest.mark.parametrize(("choice", "restored"), [("all", 2), ("largest", 1), ("center", 1)])
def test_faces(likeness: Likeness, two_faces: bytes, choice: str, restored: int) -> None:
    faces = likeness.data(two_faces, faces=choice, upscale_factor=1)["faces"]
    assert len(faces) == 2
    kept = [face for face in faces if face["action"] == "kept"]
    assert len(faces) - len(kept) == restored
    assert all("asked for" in face["reason"] and face["strength"] == 0 for face in kept)
    assert faces[0]["action"] == "restored"  # the larger, and the nearer to the middle


def overridden(likeness: Likeness, photo: bytes, overrides: str, **fields: Any) -> tuple[list[Any], Any]:
    """Per face what was done, and the pixels."""
    data = likeness.data(photo, upscale_factor=1, face_overrides=overrides, **fields)
    return [(face["action"], face["strength"]) for face in data["faces"]], samples.pixels_in(data)


def test_face_overrides(likeness: Likeness, two_faces: bytes) -> None:
    both, restored = overridden(likeness, two_faces, "")
    neither, plain = overridden(likeness, two_faces, "", strength=0)
    assert (both, neither) == ([("restored", 1)] * 2, [("kept", 0)] * 2)
    first, pixels = overridden(likeness, two_faces, '{"1": 0}')
    assert first == [both[0], neither[1]]
    assert (pixels[:, :144] == restored[:, :144]).all()
    assert (pixels[:, 156:] == plain[:, 156:]).all()
    assert (restored[:, 156:] != plain[:, 156:]).any()
    second, pixels = overridden(likeness, two_faces, '{"1": 1}', strength=0)
    assert second == [neither[0], both[1]]
    assert (pixels[:, :144] == plain[:, :144]).all()
    assert (pixels[:, 156:] == restored[:, 156:]).all()
    mixed, _ = overridden(likeness, two_faces, ' { "1" : 0.7, "0": 5e-1 } ', faces="largest", strength=0.2)
    assert mixed == [("restored", 0.5), ("restored", 0.7)]
    assert overridden(likeness, two_faces, "{}", faces="largest")[0] == [both[0], neither[1]]


def test_a_face_that_was_left_says_that_it_was_asked(likeness: Likeness) -> None:
    (face,) = likeness.data(samples.small_face(), face_overrides='{"0": 0}')["faces"]
    assert face["reason"] == "Left as it was, as asked for this face: upscaled only."


def test_an_override_is_where_protection_starts(fakes: FakeModels) -> None:
    fakes.restorer.paint, fakes.recogniser.fall = 1.0, 1.0  # kept up to 0.6
    with serving(fakes) as server:
        found = [
            server.data(DARK, strength=0, identity_policy="protect", face_overrides=f'{{"0": {strength}}}')["faces"][0]
            for strength in (0.5, 0.9)
        ]
    assert [face["action"] for face in found] == ["restored", "softened"]
    assert found[0]["strength"] == 0.5
    assert 0.55 <= found[1]["strength"] <= 0.6


def test_without_a_face_the_photo_is_refused(likeness: Likeness) -> None:
    response = likeness.enhance(samples.no_face())
    assert response.status_code == 422
    assert response.json()["code"] == "no_face_detected"
    assert response.json()["stage"] == "detection"


def test_without_a_face_the_photo_is_upscaled_if_that_is_wanted(likeness: Likeness) -> None:
    data = likeness.data(samples.no_face(), require_face=False)
    assert data["faces"] == []
    assert (data["width"], data["height"]) == (128, 96)
    assert data["warnings"][0]["code"] == "no_face_detected"
    assert data["warning"] == data["warnings"][0]["message"]
    upscaled = likeness.upscale(samples.no_face()).json()["data"]
    assert data["restored_image"] == upscaled["restored_image"]


def test_color_correction_brings_contrast_to_a_faded_photo(likeness: Likeness) -> None:
    faded = samples.file_of((samples.head() * 0.3 + 100).astype(np.uint8), "PNG")
    none, auto = (
        samples.pixels_in(likeness.upscale(faded, color_correction=choice, upscale_factor=1).json()["data"])
        for choice in ("none", "auto")
    )
    assert auto.std() > 1.3 * none.std()


def test_background_resample_leaves_the_network_out(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        warm_up = fakes.upscaler.tiles
        resampled = server.data(samples.no_face(), background="resample")
        assert fakes.upscaler.tiles == warm_up
        upscaled = server.data(samples.no_face(), background="upscale")
        assert fakes.upscaler.tiles > warm_up
    assert (resampled["width"], resampled["height"]) == (upscaled["width"], upscaled["height"]) == (128, 96)


def test_identity_policy(fakes: FakeModels) -> None:
    fakes.restorer.paint = 1.0
    fakes.recogniser.fall = 1.0
    with serving(fakes) as server:
        warned = server.data(DARK, identity_policy="warn")
        softened = server.data(DARK, identity_policy="protect")
        fakes.recogniser.fall = 40.0
        kept = server.data(DARK, identity_policy="protect")
    (face,) = warned["faces"]
    assert (face["action"], face["strength"]) == ("restored", 1.0)
    assert face["identity_similarity"] == warned["metrics"]["identity_similarity"] == pytest.approx(0, abs=0.01)
    assert "identity_low" in [warning["code"] for warning in warned["warnings"]]
    (face,) = softened["faces"]
    assert face["action"] == "softened"
    assert 0.5 <= face["strength"] <= 0.6
    assert face["identity_similarity"] >= 0.4
    assert softened["metrics"]["identity_similarity"] == face["identity_similarity"]
    assert "identity_protected" in [warning["code"] for warning in softened["warnings"]]
    (face,) = kept["faces"]
    assert (face["action"], face["strength"]) == ("kept", 0)
    assert face["reason"]
    assert kept["metrics"]["identity_similarity"] is None
    assert "no_face_restored" in [warning["code"] for warning in kept["warnings"]]


def test_identity_threshold_is_a_setting(fakes: FakeModels) -> None:
    fakes.restorer.paint = 1.0
    fakes.recogniser.fall = 1.0
    with serving(fakes, identity_threshold=-0.5) as server:
        (face,) = server.data(DARK, identity_policy="protect")["faces"]
    assert face["action"] == "restored"


@pytest.mark.parametrize(("own", "action"), [(0.45, "restored"), (0.55, "softened")])
def test_unless_a_threshold_is_set_the_recognisers_own_holds(fakes: FakeModels, own: float, action: str) -> None:
    fakes.restorer.paint, fakes.recogniser.fall = 1.0, 0.5  # similarity 0.5
    fakes.recogniser.threshold = own
    with serving(fakes) as server:
        (face,) = server.data(DARK, identity_policy="protect")["faces"]
    assert face["action"] == action


def test_the_field_goes_before_the_setting_and_that_before_the_recognisers_own(fakes: FakeModels) -> None:
    fakes.restorer.paint, fakes.recogniser.fall = 1.0, 0.5  # similarity 0.5
    fakes.recogniser.threshold = 0.8
    with serving(fakes, identity_threshold=0.45) as server:
        by_setting = server.data(DARK, identity_policy="protect")["faces"][0]
        by_field = server.data(DARK, identity_policy="protect", identity_threshold=0.55)["faces"][0]
    assert (by_setting["action"], by_field["action"]) == ("restored", "softened")
    assert "0.55" in by_field["reason"]


def test_identity_threshold_is_also_a_field(fakes: FakeModels) -> None:
    fakes.restorer.paint, fakes.recogniser.fall = 1.0, 0.5  # similarity 0.5
    with serving(fakes) as server:
        actions = [
            server.enhance(DARK, identity_policy="protect", identity_threshold=threshold).json()["data"]["faces"][0]
            for threshold in (0.45, 0.55)
        ]
    assert [face["action"] for face in actions] == ["restored", "softened"]
    assert "0.55" in actions[1]["reason"]


def test_another_upscaler_by_name(likeness: Likeness) -> None:
    answers = [
        likeness.upscale(DARK, upscale_factor=2, **options).json()["data"]
        for options in ({}, {"upscaler": "compact-x2"}, {"upscaler": "compact-x4"})
    ]
    assert [answer["models"]["upscaler"] for answer in answers] == ["compact-x2", "compact-x2", "compact-x4"]
    assert {answer["width"] for answer in answers} == {160}
    data = likeness.enhance(samples.small_face(), restorer="compact-face", upscaler="compact-x4").json()["data"]
    assert (data["models"]["restorer"], data["models"]["upscaler"]) == ("compact-face", "compact-x4")


@pytest.mark.parametrize("field", ["restorer", "upscaler"])
def test_a_model_that_is_not_offered_is_refused_with_those_that_are(likeness: Likeness, field: str) -> None:
    response = likeness.enhance(DARK, **{field: "gfpgan-v1.4"})
    assert response.status_code == 422
    found = response.json()
    assert (found["code"], found["stage"]) == ("bad_parameter", "parameters")
    assert found["error"].startswith(f"{field}: this server offers compact-")
    assert "gfpgan-v1.4" in found["error"]


def test_denoising_that_cannot_be_lessened_is_said(likeness: Likeness) -> None:
    data = likeness.upscale(DARK, denoise_strength=0.5).json()["data"]
    assert [warning["code"] for warning in data["warnings"]].count("denoise_unavailable") == 1
    plain = likeness.upscale(DARK, denoise_strength=0.5, background="resample").json()["data"]
    assert [warning["code"] for warning in plain["warnings"]].count("upscaler_unused") == 1


@pytest.mark.parametrize(("output_format", "name"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
def test_output_format(likeness: Likeness, output_format: str, name: str) -> None:
    data = likeness.data(samples.small_face(), output_format=output_format, background="resample")
    assert samples.picture_in(data).format == name
    assert data["media_type"] == f"image/{output_format}"


@pytest.mark.parametrize("output_format", ["jpeg", "webp"])
def test_quality_costs_bytes(likeness: Likeness, output_format: str) -> None:
    sizes = [len(resampled(likeness, output_format, quality)) for quality in (1, 50, 100)]
    assert sizes[0] < sizes[1] < sizes[2]


def test_quality_does_not_touch_png(likeness: Likeness) -> None:
    assert resampled(likeness, "png", 1) == resampled(likeness, "png", 100)


def resampled(likeness: Likeness, output_format: str, quality: int) -> str:
    response = likeness.upscale(
        samples.small_face(), output_format=output_format, quality=quality, background="resample", metrics=False
    )
    image: str = response.json()["data"]["restored_image"]
    return image


def test_metrics_can_be_left_out(likeness: Likeness) -> None:
    data = likeness.data(samples.small_face(), metrics=False)
    assert data["metrics"] is None
    assert "metrics" not in data["timings_ms"]
    assert "lpips_unavailable" not in [warning["code"] for warning in data["warnings"]]


def test_metrics_compare_with_an_uploaded_reference(likeness: Likeness) -> None:
    truth = samples.file_of(samples.head(192), "PNG")
    good = likeness.data(samples.small_face(), reference=truth)["metrics"]
    bad = likeness.data(samples.small_face(), reference=samples.file_of(255 - samples.head(192), "PNG"))["metrics"]
    assert good["reference"] == bad["reference"] == "upload"
    assert good["psnr"] > bad["psnr"] + 5
    assert good["ssim"] > bad["ssim"]


def test_the_reference_equal_to_the_result_is_a_perfect_score(likeness: Likeness) -> None:
    result = likeness.data(samples.small_face())
    metrics = likeness.data(
        samples.small_face(), reference=samples.file_of(np.asarray(samples.picture_in(result)), "PNG")
    )
    assert metrics["metrics"]["ssim"] == pytest.approx(1, abs=0.01)
    assert metrics["metrics"]["psnr"] is None or metrics["metrics"]["psnr"] > 45


def test_a_reference_of_other_proportions_is_refused(likeness: Likeness) -> None:
    response = likeness.enhance(samples.small_face(), reference=samples.no_face())
    assert response.status_code == 422
    assert response.json()["code"] == "reference_mismatch"
    assert response.json()["stage"] == "reference"


def test_a_broken_reference_is_refused(likeness: Likeness) -> None:
    response = likeness.enhance(samples.small_face(), reference=images.noise())
    assert response.status_code == 415
    assert response.json()["stage"] == "reference"


def test_a_figure_that_cannot_be_measured_is_null_with_a_warning(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        assert server.data(DARK)["metrics"]["lpips"] == 0.25
        fakes.perceptual.trouble.error = RuntimeError("the network is upset")
        data = server.data(DARK)
    assert data["metrics"]["lpips"] is None
    assert data["metrics"]["ssim"] is not None
    assert "metric_failed" in [warning["code"] for warning in data["warnings"]]


def test_blank_fields_take_their_defaults(likeness: Likeness) -> None:
    """An HTML form sends what was left blank as empty text, and a file that was not chosen as an empty one."""
    response = likeness.enhance(samples.small_face(), upscale_factor="", strength="")
    assert response.status_code == 200
    assert response.json()["data"]["width"] == 192


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("image/webp", "image/webp"),
        ("image/png", "image/png"),
        ("image/jpeg", "image/jpeg"),
        ("Image/WebP ; Q=0.9, */*;q=0.1", "image/webp"),
        ("image/png;q=0.2, image/webp;q=0.9", "image/webp"),
        ("application/json;q=0.5, image/jpeg", "image/jpeg"),
        ("application/pdf, image/webp;q=0, image/png", "image/png"),
        ("image/*", "image/jpeg"),
    ],
)
def test_the_picture_itself(likeness: Likeness, accept: str, media_type: str) -> None:
    response = likeness.enhance(samples.small_face(), accept=accept, output_format="jpeg", background="resample")
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    picture = samples.opened(response.content)
    assert picture.format == media_type.removeprefix("image/").upper()
    assert picture.size == (192, 192)
    facts = json.loads(response.headers["x-likeness-facts"])
    assert facts["warnings"] == ["lpips_unavailable"]
    assert facts["metrics"]["psnr"] > 15


@pytest.mark.parametrize(
    "accept",
    [
        "application/json, image/png",
        "image/png;q=0.5, application/json",
        "*/*",
        "*/*, image/png;q=0",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        "image/png;q=much, application/json",
        "audio/ogg",
        "",
    ],
)
def test_the_document_if_it_is_wanted_more_or_nothing_is(likeness: Likeness, accept: str) -> None:
    response = likeness.upscale(samples.small_face(), accept=accept, background="resample")
    assert response.json()["status"] == "success"


def test_errors_are_json_also_where_a_picture_was_wanted(likeness: Likeness) -> None:
    response = likeness.enhance(samples.no_face(), accept="image/png")
    assert response.status_code == 422
    assert response.json()["code"] == "no_face_detected"


def test_upscale(likeness: Likeness) -> None:
    response = likeness.upscale(samples.small_face(), upscale_factor=1.5, output_format="webp")
    assert response.status_code == 200
    document = response.json()
    EnhanceResponse.model_validate_json(json.dumps(document), strict=True)
    data = document["data"]
    assert samples.picture_in(data).size == (144, 144)
    assert data["media_type"] == "image/webp"
    assert data["faces"] == []
    assert data["metrics"]["psnr"] > 15
    assert "detection" not in data["timings_ms"]
    assert "no_face_detected" not in [warning["code"] for warning in data["warnings"]]


@pytest.mark.parametrize("field", ["strength", "faces", "require_face", "identity_policy"])
def test_upscale_refuses_what_is_about_faces(likeness: Likeness, field: str) -> None:
    value = {"strength": "1", "faces": "all", "require_face": "true", "identity_policy": "warn"}[field]
    response = likeness.upscale(samples.small_face(), **{field: value})
    assert response.status_code == 422
    assert response.json()["code"] == "bad_parameter"
    assert field in response.json()["error"]
