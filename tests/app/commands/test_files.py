"""`plan_files`: which files `enhance` reads and writes, and in which format."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.commands.files import plan_files


def test_the_output_format_is_that_of_the_target_suffix(album: Path, tmp_path: Path) -> None:
    for suffix, output_format in ((".png", "png"), (".jpg", "jpeg"), (".JPEG", "jpeg"), (".webp", "webp")):
        (plan,) = plan_files(album / "b.PNG", tmp_path / f"out{suffix}", None)
        assert (plan.source, plan.target) == (album / "b.PNG", tmp_path / f"out{suffix}")
        assert plan.output_format == output_format


def test_a_given_format_must_match_the_target_suffix(album: Path, tmp_path: Path) -> None:
    (plan,) = plan_files(album / "b.PNG", tmp_path / "out.jpg", "jpeg")
    assert plan.output_format == "jpeg"
    for name in ("out.png", "out.gif"):
        with pytest.raises(ValueError, match="--output-format"):
            plan_files(album / "b.PNG", tmp_path / name, "jpeg")


def test_a_suffix_of_no_output_format_is_refused(album: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--output-format"):
        plan_files(album / "b.PNG", tmp_path / "out.gif", None)


@pytest.mark.parametrize(("given", "suffix"), [(None, ".png"), ("jpeg", ".jpg"), ("webp", ".webp")])
def test_the_photos_of_a_folder_are_planned_in_order(
    album: Path, tmp_path: Path, given: str | None, suffix: str
) -> None:
    plans = plan_files(album, tmp_path / "out", given)  # type: ignore[arg-type]
    assert [plan.source.name for plan in plans] == ["a.jpeg", "b.PNG"]
    assert [plan.target for plan in plans] == [tmp_path / "out" / f"a{suffix}", tmp_path / "out" / f"b{suffix}"]
    assert {plan.output_format for plan in plans} == {given or "png"}


def test_a_photo_written_into_a_folder_keeps_its_name(album: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.d").mkdir()
    for folder in (tmp_path / "folder.d", tmp_path / "new"):
        (plan,) = plan_files(album / "a.jpeg", folder, None)
        assert plan.target == folder / "a.png"
        (plan,) = plan_files(album / "a.jpeg", folder, "jpeg")
        assert plan.target == folder / "a.jpg"


def test_a_source_without_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not there"):
        plan_files(tmp_path / "gone.png", tmp_path / "out.png", None)
    (tmp_path / "notes.txt").write_text("not a photo")
    with pytest.raises(ValueError, match="no AVIF, BMP, GIF, HEIC, JPEG, PNG, TIFF or WebP"):
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


def test_two_photos_with_one_target_are_refused(album: Path, tmp_path: Path) -> None:
    (album / "a.webp").write_bytes(b"photo")
    with pytest.raises(ValueError, match="Two photos"):
        plan_files(album, tmp_path / "out", None)


def test_a_target_that_must_be_a_folder_and_is_a_file_is_refused(album: Path, tmp_path: Path) -> None:
    for name in ("out.png", "out"):
        (tmp_path / name).write_bytes(b"photo")
        with pytest.raises(ValueError, match="not a folder"):
            plan_files(album, tmp_path / name, None)
    with pytest.raises(ValueError, match="not a folder"):
        plan_files(album / "a.jpeg", tmp_path / "out", None)


def test_a_folder_that_cannot_be_read_is_refused(album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)  # chmod does not stop root, and containers run the tests as root
    with pytest.raises(ValueError, match=r"cannot be read: Permission denied\."):
        plan_files(album, tmp_path / "out", None)
