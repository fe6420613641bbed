"""Which files are read and written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.commands.photos import enhance_files, plan_files
from app.settings import Settings
from pipeline.options import EnhanceOptions
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels

PHOTO = images.png(images.gradient())


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder with two photos, and other things."""
    folder = tmp_path / "album"
    (folder / "inner.png").mkdir(parents=True)
    for name in ("b.PNG", "a.jpeg"):
        (folder / name).write_bytes(PHOTO)
    (folder / "notes.txt").write_text("not a photo")
    return folder


def test_a_photo_and_the_format_of_its_target(album: Path, tmp_path: Path) -> None:
    for suffix, output_format in ((".png", "png"), (".jpg", "jpeg"), (".JPEG", "jpeg"), (".webp", "webp")):
        (plan,) = plan_files(album / "b.PNG", tmp_path / f"out{suffix}", None)
        assert (plan.source, plan.target) == (album / "b.PNG", tmp_path / f"out{suffix}")
        assert plan.output_format == output_format


def test_a_given_format_must_be_that_of_the_name(album: Path, tmp_path: Path) -> None:
    (plan,) = plan_files(album / "b.PNG", tmp_path / "out.jpg", "jpeg")
    assert plan.output_format == "jpeg"
    for name in ("out.png", "out.gif"):
        with pytest.raises(ValueError, match="--output-format"):
            plan_files(album / "b.PNG", tmp_path / name, "jpeg")


def test_a_suffix_that_says_nothing(album: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--output-format"):
        plan_files(album / "b.PNG", tmp_path / "out.gif", None)


@pytest.mark.parametrize(("given", "suffix"), [(None, ".png"), ("jpeg", ".jpg"), ("webp", ".webp")])
def test_a_folder_gives_its_photos_in_order(album: Path, tmp_path: Path, given: str | None, suffix: str) -> None:
    plans = plan_files(album, tmp_path / "out", given)  # type: ignore[arg-type]
    assert [plan.source.name for plan in plans] == ["a.jpeg", "b.PNG"]
    assert [plan.target for plan in plans] == [tmp_path / "out" / f"a{suffix}", tmp_path / "out" / f"b{suffix}"]
    assert {plan.output_format for plan in plans} == {given or "png"}


def test_one_photo_into_a_folder(album: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.d").mkdir()
    for folder in (tmp_path / "folder.d", tmp_path / "new"):
        (plan,) = plan_files(album / "a.jpeg", folder, None)
        assert plan.target == folder / "a.png"
        (plan,) = plan_files(album / "a.jpeg", folder, "jpeg")
        assert plan.target == folder / "a.jpg"


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not there"):
        plan_files(tmp_path / "gone.png", tmp_path / "out.png", None)
    (tmp_path / "notes.txt").write_text("not a photo")
    with pytest.raises(ValueError, match="no JPEG, PNG or WebP"):
        plan_files(tmp_path, tmp_path / "out", None)


def test_a_photo_is_never_overwritten(album: Path, tmp_path: Path) -> None:
    source = album / "b.png"
    (album / "b.PNG").rename(source)
    link = tmp_path / "link.png"
    link.symlink_to(source)
    for target in (source, album / "inner.png" / ".." / "b.png", link):
        with pytest.raises(ValueError, match="overwrite"):
            plan_files(source, target, None)
    with pytest.raises(ValueError, match="overwrite"):
        plan_files(album, album, "png")


def test_two_photos_of_one_name(album: Path, tmp_path: Path) -> None:
    (album / "a.webp").write_bytes(PHOTO)
    with pytest.raises(ValueError, match="Two photos"):
        plan_files(album, tmp_path / "out", None)


def test_a_folder_cannot_become_a_file(album: Path, tmp_path: Path) -> None:
    for name in ("out.png", "out"):
        (tmp_path / name).write_bytes(PHOTO)
        with pytest.raises(ValueError, match="not a folder"):
            plan_files(album, tmp_path / name, None)
    with pytest.raises(ValueError, match="not a folder"):
        plan_files(album / "a.jpeg", tmp_path / "out", None)


def test_a_folder_that_cannot_be_read(album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)  # chmod does not stop root, as whom containers run the tests
    with pytest.raises(ValueError, match=r"cannot be read: Permission denied\."):
        plan_files(album, tmp_path / "out", None)


def done(source: Path, target: Path, fakes: FakeModels, **settings: float) -> list[tuple[str, bool, str]]:
    plans = plan_files(source, target, None)
    results = enhance_files(plans, EnhanceOptions(), 95, fakes(), Settings(**settings))  # type: ignore[arg-type]
    return [(result.source.name, result.done, result.message) for result in results]


def test_a_broken_photo_does_not_stop_the_rest(album: Path, tmp_path: Path, fakes: FakeModels) -> None:
    (album / "aa.jpg").write_bytes(images.cut(samples.portrait()))
    (album / "ab.png").write_bytes(images.noise())
    results = done(album, tmp_path / "out", fakes)
    assert [(name, good) for name, good, _ in results] == [
        ("a.jpeg", True),
        ("aa.jpg", False),
        ("ab.png", False),
        ("b.PNG", True),
    ]
    assert "ends before" in results[1][2]
    assert "1 of 1 face(s) restored, 96×64" in results[0][2]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.png"]
    assert samples.opened((tmp_path / "out" / "a.png").read_bytes()).size == (96, 64)


def test_a_model_that_fails_fails_that_photo(album: Path, tmp_path: Path, fakes: FakeModels) -> None:
    fakes.upscaler.trouble.error = RuntimeError("upset")
    assert [good for _, good, _ in done(album, tmp_path / "out", fakes)] == [False, False]
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_to(album: Path, tmp_path: Path, fakes: FakeModels) -> None:
    (tmp_path / "file").write_bytes(b"x")
    ((_, good, message),) = done(album / "b.PNG", tmp_path / "file" / "out.png", fakes)
    assert not good
    assert "file" in message


def test_nothing_half_written_is_left(album: Path, tmp_path: Path, fakes: FakeModels) -> None:
    target = tmp_path / "out" / "b.png"
    plans = plan_files(album / "b.PNG", target, None)
    target.mkdir(parents=True)  # in between, somebody puts a folder there
    (result,) = enhance_files(plans, EnhanceOptions(), 95, fakes(), Settings())
    assert not result.done
    assert [path.name for path in target.parent.iterdir()] == ["b.png"]


def test_the_limits_hold_for_files_too(album: Path, tmp_path: Path, fakes: FakeModels) -> None:
    ((_, good, message),) = done(album / "b.PNG", tmp_path / "a.png", fakes, max_input_megapixels=0.001)
    assert not good
    assert "megapixels" in message
    ((_, good, message),) = done(album / "b.PNG", tmp_path / "a.png", fakes, max_output_megapixels=0.006)
    assert not good
    assert "megapixels" in message
    ((_, good, _),) = done(album / "b.PNG", tmp_path / "a.png", fakes, max_output_megapixels=0.007)
    assert good


def test_warnings_are_told(tmp_path: Path, fakes: FakeModels) -> None:
    alpha = np.full((32, 48), 128, np.uint8)
    (tmp_path / "a.png").write_bytes(images.png(np.dstack([images.gradient(), alpha])))
    ((_, good, message),) = done(tmp_path / "a.png", tmp_path / "out.jpg", fakes)
    assert good
    assert "white" in message
