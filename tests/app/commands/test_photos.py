"""`python -m app enhance`: options, targets and exit statuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.ExifTags
import PIL.Image
import pytest

from app.__main__ import main
from pipeline.models.roles import Models
from pipeline.types import Face, Image
from tests import images
from tests.app import samples
from tests.app.commands.refused import refused
from tests.app.fakes import FakeModels


def test_enhance_writes_the_restored_photo(
    portrait: Path,
    tmp_path: Path,
    embedded_models: Models,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LIKENESS_MODELS", "embedded")
    monkeypatch.setenv("LIKENESS_DEVICE", "cpu")
    monkeypatch.setattr("app.work.loaded_models.load", lambda *_: embedded_models)
    assert main(["enhance", str(portrait), str(tmp_path / "out" / "new.webp"), "--upscale-factor", "1.5"]) == 0
    picture = samples.opened((tmp_path / "out" / "new.webp").read_bytes())
    assert (picture.format, picture.size) == ("WEBP", (144, 144))
    assert "1 of 1 face(s) restored, 144×144" in capsys.readouterr().err


def test_a_folder_keeps_the_formats_of_its_photos(
    tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, results = tmp_path / "photos", tmp_path / "results"
    photos.mkdir()
    for name, file_format in (("a.webp", "JPEG"), ("b.png", "PNG"), ("c.gif", "GIF")):
        (photos / name).write_bytes(samples.file_of(samples.head(), file_format))
    options = ["--output-format", "same", "--bit-depth", "16", "--upscale-factor", "1"]
    assert main(["enhance", str(photos), str(results), *options]) == 0
    written = {path.name: samples.opened(path.read_bytes()).format for path in sorted(results.iterdir())}
    assert written == {"a.jpg": "JPEG", "b.png": "PNG", "c.png": "PNG"}
    said = capsys.readouterr().err
    assert said.count("bit_depth=16 is for PNG and TIFF, not for JPEG: it had no effect.") == 1
    assert "GIF files are read only; the result is a PNG file." in said


def test_a_face_may_be_marked(
    portrait: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fake finds a face in the middle. The box is another, left of it and so the first."""
    command = ["enhance", str(portrait), str(tmp_path / "new.png"), "--face-overrides", '{"0": 0}', "--face-boxes"]
    assert main([*command, "[[0, 0, 22, 30]]"]) == 0
    assert "1 of 2 face(s) restored" in capsys.readouterr().err
    assert main([*command, "[[500, 0, 600, 90]]"]) == 1
    assert "face_boxes: box 0 lies outside this photo of 96 × 96 pixels." in capsys.readouterr().err


def test_an_option_that_contradicts_the_format_is_refused(
    portrait: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["enhance", str(portrait), str(tmp_path / "new.jpg"), "--bit-depth", "16"]
    assert main(command) == 2
    assert "bit_depth=16 is for PNG and TIFF, not for JPEG." in capsys.readouterr().err
    assert not (tmp_path / "new.jpg").exists()


@pytest.mark.parametrize(
    ("options", "level"),
    [
        ([], 255),
        (["--strength", "0.5"], 128),
        (["--identity-policy", "protect"], 143),  # the strength is lowered to 9/16
        (["--faces", "center"], 255),
        (["--faces", "largest"], 0),
    ],
)
def test_options_about_faces_apply(tmp_path: Path, fake_models: FakeModels, options: list[str], level: int) -> None:
    """A face in the middle of a dark photo is painted white, and another one beside it is larger."""
    fake_models.restorer.paint = 1.0
    fake_models.recogniser.fall = 1.0
    detect = fake_models.detector.detect

    def detect_two(image: Image, check: Callable[[], None]) -> list[Face]:
        (face,) = detect(image, check)
        larger = replace(face, box=face.box + np.float32([-40, 0, -30, 10]), landmarks=face.landmarks - [40, 0])
        return [face, larger]

    fake_models.detector.detect = detect_two  # type: ignore[method-assign]
    source, target = tmp_path / "dark.png", tmp_path / "out.png"
    source.write_bytes(images.png(np.zeros((60, 120, 3), np.uint8)))
    assert main(["enhance", str(source), str(target), "--no-color-lock", *options]) == 0
    assert np.asarray(samples.opened(target.read_bytes()))[60, 120] == pytest.approx(level, abs=2)


def test_options_about_the_picture_apply(portrait: Path, tmp_path: Path, fake_models: FakeModels) -> None:
    def size_of(*options: str) -> int:
        target = tmp_path / "out" / "portrait.jpg"
        assert main(["enhance", str(portrait), str(tmp_path / "out"), "--output-format", "jpeg", *options]) == 0
        assert samples.opened(target.read_bytes()).format == "JPEG"
        return target.stat().st_size

    portrait.write_bytes(samples.file_of((samples.head() * 0.3 + 100).astype(np.uint8), "PNG"))  # faded
    plain = size_of()
    assert size_of("--quality", "5") < plain
    assert size_of("--color-correction", "auto") > plain
    tiles = fake_models.upscaler.tiles
    size_of("--background", "resample")
    assert fake_models.upscaler.tiles == tiles + 1  # the warm-up's


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_a_preset_asks_for_nothing_in_vain(
    portrait: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str], dry_run: list[str]
) -> None:
    """`best` sets self_ensemble, which plain resampling has no use for; only a person who sets it is told so."""
    command = ["enhance", str(portrait), str(tmp_path / "new.png"), "--background", "resample", *dry_run]
    assert main([*command, "--preset", "best"]) == 0
    assert "self_ensemble" not in capsys.readouterr().err
    assert main([*command, "--self-ensemble"]) == 0
    assert "self_ensemble had no effect" in capsys.readouterr().err


def test_the_command_line_has_time_for_all_that_best_asks_for(
    portrait: Path, tmp_path: Path, fake_models: FakeModels
) -> None:
    def tiles_of(*options: str) -> int:
        before = fake_models.upscaler.tiles
        assert main(["enhance", str(portrait), str(tmp_path / "new.png"), *options]) == 0
        return fake_models.upscaler.tiles - before - 1  # the warm-up's

    assert tiles_of("--preset", "best") == tiles_of("--self-ensemble") > 8


def test_a_broken_photo_of_a_folder_does_not_stop_the_others(
    tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    album = tmp_path / "album"
    album.mkdir()
    for name, content in {"a.png": samples.no_face(), "b.png": images.noise(), "c.png": samples.no_face()}.items():
        (album / name).write_bytes(content)
    assert main(["enhance", str(album), str(tmp_path / "out")]) == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]
    said = capsys.readouterr().err
    assert "b.png: This is no picture" in said
    assert said.splitlines()[-1].startswith("2 restored, 1 failed, 0 skipped. ")


def test_every_file_of_a_folder_is_accounted_for(
    album: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.jfif", "inner.png/c", "._a.jpeg", "inner.png/.DS_Store"):
        (album / name).write_bytes(images.jpeg(images.gradient()))
    out = tmp_path / "out"
    assert main(["enhance", str(album), str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["a.jfif.png", "a.jpeg.png", "b.png"]
    said = capsys.readouterr().err
    assert f"Skipped {album}/inner.png/: a folder; --recursive restores its photos too.\n" in said
    assert f"Skipped {album}/notes.txt: This is no picture" in said
    assert "Skipped 1 file(s): macOS and Windows make them" in said
    assert f"2 result(s) keep the whole name of the photo, because the shorter one is not unique: {album}" in said
    assert f"{album / 'a.jfif'} → {out / 'a.jfif.png'}: 1 of 1 face(s) restored" in said
    assert "\n3 restored, 0 failed, 3 skipped. " in said

    assert main(["enhance", str(album), str(out), "--recursive"]) == 0
    assert samples.opened((out / "inner.png" / "c.png").read_bytes()).size == (96, 64)
    assert "\n4 restored, 0 failed, 3 skipped. " in capsys.readouterr().err


def test_a_file_that_cannot_be_read_gives_status_1(
    album: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    (album / "c.jpg").symlink_to("gone.jpg")
    assert main(["enhance", str(album), str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert f"Skipped {album}/c.jpg: It cannot be read: No such file or directory.\n" in said
    assert "\n2 restored, 0 failed, 3 skipped. " in said


def test_a_folder_without_photos_is_refused_with_what_was_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("not a photo")
    assert main(["enhance", str(tmp_path), str(tmp_path / "out")]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"Skipped {tmp_path}/notes.txt: This is no picture")
    assert second.startswith(f"{tmp_path} has no AVIF, BMP")


def test_a_file_that_is_no_photo_is_refused(album: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enhance", str(album / "notes.txt"), str(tmp_path / "out.png")]) == 2
    assert "notes.txt: This is no picture" in capsys.readouterr().err


def test_a_photo_without_a_face_fails_if_a_face_is_required(
    tmp_path: Path,
    portrait: Path,
    embedded_models: Models,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("app.work.loaded_models.load", lambda *_: embedded_models)
    portrait.write_bytes(samples.no_face())
    arguments = ["enhance", str(portrait), str(tmp_path / "out.png")]
    assert main(arguments) == 1
    assert "No face was found" in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()
    assert main([*arguments, "--no-require-face"]) == 0
    assert samples.opened((tmp_path / "out.png").read_bytes()).size == (128, 96)


@pytest.mark.parametrize("target", ["portrait.jpg", "out.gif"])
def test_a_target_that_is_the_source_or_has_a_bad_suffix_is_refused(
    portrait: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["enhance", str(portrait), str(portrait.parent / target)]) == 2
    assert target in capsys.readouterr().err
    assert portrait.read_bytes() == samples.small_face()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--upscale-factor", "9", "9 is not a number between 1 and 8"),
        ("--upscale-factor", "nan", "nan is not a number between 1 and 8"),
        ("--upscale-factor", "two", "two is not a number between 1 and 8"),
        ("--width", "15", "15 is not a whole number between 16 and 32768"),
        ("--long-side", "99.5", "99.5 is not a whole number between 16 and 32768"),
        ("--strength", "-1", "-1 is not a number between 0 and 1"),
        ("--quality", "0", "0 is not a whole number between 1 and 100"),
        ("--quality", "9.5", "9.5 is not a whole number between 1 and 100"),
        ("--faces", "none", "invalid choice: 'none'"),
        ("--output-format", "gif", "invalid choice: 'gif'"),
        ("--identity-policy", "ignore", "invalid choice: 'ignore'"),
    ],
)
def test_a_bad_option_value_is_refused(
    portrait: Path, option: str, value: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refused(["enhance", str(portrait), "out.png", f"{option}={value}"], capsys)


def test_the_location_of_metadata_that_is_not_kept_is_refused(
    portrait: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.png"
    assert main(["enhance", str(portrait), str(target), "--keep-location"]) == 2
    assert "--keep-location needs --metadata keep." in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.parametrize(("options", "kept"), [([], None), (["--metadata", "keep"], "Canon")])
def test_metadata_is_kept_on_request(
    portrait: Path, tmp_path: Path, options: list[str], kept: str | None, fake_models: FakeModels
) -> None:
    exif = PIL.Image.Exif()
    exif[PIL.ExifTags.Base.Make] = "Canon"
    portrait.write_bytes(samples.file_of(samples.head(), exif=exif))
    target = tmp_path / "out.png"
    assert main(["enhance", str(portrait), str(target), *options]) == 0
    assert samples.opened(target.read_bytes()).getexif().get(PIL.ExifTags.Base.Make) == kept


def test_options_about_models_apply(portrait: Path, tmp_path: Path, fake_models: FakeModels) -> None:
    """A face that is painted white is another person, unless the threshold is low."""
    fake_models.restorer.paint, fake_models.recogniser.fall = 1.0, 1.0
    target = tmp_path / "out.png"
    options = ["--identity-policy", "protect", "--identity-threshold", "-1", "--denoise-strength", "0.5"]
    options += ["--no-color-lock"]
    assert main(["enhance", str(portrait), str(target), *options]) == 0
    assert samples.opened(target.read_bytes()).getextrema()[0][1] == 255


@pytest.mark.parametrize(
    ("asked", "is_set", "own", "is_restored"),
    [
        ([], "", 0.45, True),
        ([], "", 0.55, False),
        ([], "0.55", 0.45, False),
        (["--identity-threshold", "0.45"], "0.55", 0.8, True),
    ],
)
def test_the_option_precedes_the_setting_which_precedes_the_recognisers_threshold(
    tmp_path: Path,
    fake_models: FakeModels,
    monkeypatch: pytest.MonkeyPatch,
    asked: list[str],
    is_set: str,
    own: float,
    is_restored: bool,
) -> None:
    fake_models.restorer.paint, fake_models.recogniser.fall = 1.0, 0.5  # a white face has a similarity of 0.5
    fake_models.recogniser.threshold = own
    monkeypatch.setenv("LIKENESS_IDENTITY_THRESHOLD", is_set)
    source, target = tmp_path / "dark.png", tmp_path / "out.png"
    source.write_bytes(images.png(np.zeros((60, 120, 3), np.uint8)))
    unlocked = ["--no-color-lock", "--identity-policy", "protect"]
    assert main(["enhance", str(source), str(target), *unlocked, *asked]) == 0
    assert (samples.opened(target.read_bytes()).getextrema()[1] == 255) == is_restored


@pytest.mark.parametrize(("option", "offered"), [("--restorer", "portrait-face"), ("--upscaler", "compact-x2")])
def test_a_model_that_is_not_installed_is_refused(
    portrait: Path, tmp_path: Path, option: str, offered: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["enhance", str(portrait), str(tmp_path / "out.png"), option, "gfpgan-v1.4"]) == 2
    assert f"{option}: there is {offered}, " in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()


def test_an_upscaler_can_be_chosen_by_name(
    portrait: Path,
    tmp_path: Path,
    embedded_models: Models,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIKENESS_MODELS", "embedded")
    monkeypatch.setattr("app.work.loaded_models.load", lambda *_: embedded_models)
    for name in ("compact-x2", "compact-x4"):
        assert main(["enhance", str(portrait), str(tmp_path / f"{name}.png"), "--upscaler", name]) == 0
    first, second = ((tmp_path / f"{name}.png").read_bytes() for name in ("compact-x2", "compact-x4"))
    assert first != second


def test_ctrl_c_gives_status_130_and_writes_no_file(
    portrait: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_models.restorer.trouble.error = KeyboardInterrupt()
    assert main(["enhance", str(portrait), str(tmp_path / "out.png")]) == 130
    assert "Stopped." in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()


def test_ctrl_c_while_a_result_is_written_leaves_the_earlier_one(
    portrait: Path, tmp_path: Path, fake_models: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:100])
            raise KeyboardInterrupt

    target = tmp_path / "out" / "a.png"
    target.parent.mkdir()
    target.write_bytes(b"earlier")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", interrupted)
        assert main(["enhance", str(portrait), str(target)]) == 130
    assert (list(target.parent.iterdir()), target.read_bytes()) == ([target], b"earlier")
    assert main(["enhance", str(portrait), str(target)]) == 0
    assert samples.opened(target.read_bytes()).format == "PNG"


def test_a_dry_run_tells_what_would_be_done_and_writes_nothing(
    portrait: Path, tmp_path: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["enhance", str(portrait), str(tmp_path / "out"), "--dry-run", "--upscale-factor", "1.5"]) == 0
    said = capsys.readouterr().err
    assert "1 of 1 face(s) would be restored, 144×144, about " in said
    assert not (tmp_path / "out").exists()
