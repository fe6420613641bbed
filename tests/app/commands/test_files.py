"""`plan_files`: which files `enhance` reads and writes, and in which format."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.commands.files import plan_files
from pipeline.options import OutputChoice
from tests import images
from tests.app.commands.conftest import PHOTO


def test_the_output_format_is_that_of_the_target_suffix(album: Path, tmp_path: Path) -> None:
    for suffix, output_format in (
        (".png", "png"),
        (".jpg", "jpeg"),
        (".JPEG", "jpeg"),
        (".webp", "webp"),
        (".avif", "avif"),
        (".TIF", "tiff"),
    ):
        (plan,) = plan_files(album / "b.PNG", tmp_path / f"out{suffix}", None).photos
        assert (plan.source, plan.target) == (album / "b.PNG", tmp_path / f"out{suffix}")
        assert plan.output_format == output_format


def test_a_given_format_must_match_the_target_suffix(album: Path, tmp_path: Path) -> None:
    (plan,) = plan_files(album / "b.PNG", tmp_path / "out.jpg", "jpeg").photos
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
    plans = plan_files(album, tmp_path / "out", given).photos  # type: ignore[arg-type]
    assert [plan.source.name for plan in plans] == ["a.jpeg", "b.PNG"]
    assert [plan.target for plan in plans] == [tmp_path / "out" / f"a{suffix}", tmp_path / "out" / f"b{suffix}"]
    assert {plan.output_format for plan in plans} == {given or "png"}


def test_a_photo_written_into_a_folder_keeps_its_name(album: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.d").mkdir()
    for folder in (tmp_path / "folder.d", tmp_path / "new"):
        (plan,) = plan_files(album / "a.jpeg", folder, None).photos
        assert plan.target == folder / "a.png"
        (plan,) = plan_files(album / "a.jpeg", folder, "jpeg").photos
        assert plan.target == folder / "a.jpg"


def test_a_source_that_is_no_photo_is_refused(album: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not there"):
        plan_files(tmp_path / "gone.png", tmp_path / "out.png", None)
    (album / "broken.png").write_bytes(b"not a photo")
    for name in ("notes.txt", "broken.png"):
        with pytest.raises(ValueError, match=rf"{name}: This is no picture"):
            plan_files(album / name, tmp_path / "out.png", None)


def test_a_folder_without_photos_has_an_empty_plan(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a photo")
    plan = plan_files(tmp_path, tmp_path / "out", None)
    assert (plan.photos, plan.renamed) == ([], [])
    assert [skipped.where for skipped in plan.skipped] == [str(tmp_path / "notes.txt")]


def test_a_single_photo_may_have_any_suffix_or_none(album: Path, tmp_path: Path) -> None:
    for name, target in {"c.tif": "c.png", "d": "d.png", "e.2020.jfif": "e.2020.png"}.items():
        (album / name).write_bytes(images.jpeg(images.gradient()))
        (plan,) = plan_files(album / name, tmp_path / "out", None).photos
        assert plan.target == tmp_path / "out" / target


def test_the_subfolders_of_the_target_are_those_of_the_source(album: Path, tmp_path: Path) -> None:
    (album / "inner.png" / "c").write_bytes(PHOTO)
    plan = plan_files(album, tmp_path / "out", "webp", recursive=True)
    assert [photo.target.relative_to(tmp_path).as_posix() for photo in plan.photos] == [
        "out/a.webp",
        "out/b.webp",
        "out/inner.png/c.webp",
    ]


def test_photos_that_share_a_stem_keep_their_whole_names(album: Path, tmp_path: Path) -> None:
    (album / "A.webp").write_bytes(PHOTO)
    plan = plan_files(album, tmp_path / "out", None)
    assert [(photo.source.name, photo.target.name) for photo in plan.photos] == [
        ("A.webp", "A.webp.png"),
        ("a.jpeg", "a.jpeg.png"),
        ("b.PNG", "b.png"),
    ]
    assert [photo.source.name for photo in plan.renamed] == ["A.webp", "a.jpeg"]


def test_same_keeps_the_format_of_each_photo(album: Path, tmp_path: Path) -> None:
    """What a file contains decides, not its name; a file that is no photo has a name all the same, and then fails."""
    (album / "c.webp").write_bytes(images.jpeg(images.gradient()))
    (album / "d.bmp").write_bytes(images.saved(images.gradient(), "BMP"))
    (album / "e.jpg").write_bytes(b"no photo")
    plans = plan_files(album, tmp_path / "out", "same").photos
    assert {plan.output_format for plan in plans} == {"same"}
    assert [plan.target.name for plan in plans] == ["a.png", "b.png", "c.jpg", "d.png", "e.png"]
    single = plan_files(album / "c.webp", tmp_path / "out", "same").photos[0]
    assert (single.target.name, single.output_format) == ("c.jpg", "same")
    assert plan_files(album / "c.webp", tmp_path / "x.jpeg", "same").photos[0].target.name == "x.jpeg"
    with pytest.raises(ValueError, match=r"x\.png: name it \.jpg, as --output-format same says\."):
        plan_files(album / "c.webp", tmp_path / "x.png", "same")


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


def test_results_beside_their_photos_are_not_restored_again(album: Path) -> None:
    (album / "b.PNG").unlink()
    (photo,) = plan_files(album, album, None).photos
    photo.target.write_bytes(PHOTO)
    with pytest.raises(ValueError, match=r"a\.png would overwrite a photo"):
        plan_files(album, album, None)


def test_a_photo_of_another_folder_is_not_overwritten(tmp_path: Path) -> None:
    inner = tmp_path / "sub" / "sub"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent):
        (folder / "a.png").write_bytes(PHOTO)
    with pytest.raises(ValueError, match="overwrite"):
        plan_files(tmp_path / "sub", tmp_path, None, recursive=True)


NAMES = st.sampled_from(["a", "b.jpg", "b.png", "B.PNG", "b.jpg.png", "b.jpg.webp", "c.webp"])
FILES = st.sets(st.tuples(st.sampled_from(["", "b.png", "sub", "sub/sub"]), NAMES), min_size=1, max_size=10)


@settings(max_examples=100, deadline=None)
@given(
    FILES, st.sampled_from(["", "sub", "..", "../out"]), st.sampled_from(["png", "jpeg", "webp", "same"]), st.booleans()
)
def test_a_plan_never_overwrites_a_photo_nor_a_result(
    files: set[tuple[str, str]], results: str, output_format: OutputChoice, recursive: bool
) -> None:
    """Wherever the results go: beside the photos, into a folder among them, or above them."""
    with TemporaryDirectory() as folder:
        album = Path(folder, "sub")
        for place, name in sorted(files):
            with suppress(FileExistsError, NotADirectoryError, IsADirectoryError):  # a file and a folder of one name
                (album / place).mkdir(parents=True, exist_ok=True)
                (album / place / name).write_bytes(PHOTO)
        try:
            photos = plan_files(album, album / results, output_format, recursive=recursive).photos
        except ValueError as error:
            assert "would overwrite a photo" in str(error) or "is not a folder" in str(error)  # noqa: PT017
            return
        targets = {photo.target.resolve() for photo in photos}
        assert len(targets) == len(photos)
        assert not targets & {photo.source.resolve() for photo in photos}


def test_a_target_that_must_be_a_folder_and_is_a_file_is_refused(album: Path, tmp_path: Path) -> None:
    for name in ("out.png", "out"):
        (tmp_path / name).write_bytes(b"photo")
        with pytest.raises(ValueError, match="not a folder"):
            plan_files(album, tmp_path / name, None)
    with pytest.raises(ValueError, match="not a folder"):
        plan_files(album / "a.jpeg", tmp_path / "out", None)
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "inner.png").write_bytes(b"photo")
    (album / "inner.png" / "c").mkdir()
    (album / "inner.png" / "c" / "d.png").write_bytes(PHOTO)
    with pytest.raises(ValueError, match=r"inner\.png is not a folder"):
        plan_files(album, tmp_path / "mirror", None, recursive=True)


def test_a_folder_of_results_that_leads_to_another_one_is_refused(album: Path, tmp_path: Path) -> None:
    """Else `a.jpeg` and `inner.png/a.jpeg` would become one file."""
    (album / "inner.png" / "a.jpeg").write_bytes(PHOTO)
    out = tmp_path / "out"
    out.mkdir()
    (out / "inner.png").symlink_to(out)
    with pytest.raises(ValueError, match=r"inner\.png is a link to another folder of the results\."):
        plan_files(album, out, None, recursive=True)
    assert len(plan_files(album, out, None).photos) == 2


def test_a_folder_or_file_that_cannot_be_read_is_refused(
    album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)  # chmod does not stop root, and containers run the tests as root
    monkeypatch.setattr(Path, "open", refuse)
    for source in (album, album / "a.jpeg"):
        with pytest.raises(ValueError, match=rf"{source} cannot be read: Permission denied\."):
            plan_files(source, tmp_path / "out", None)
