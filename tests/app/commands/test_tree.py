"""`photos_in`: which files of a folder are photos, and why the others are skipped."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.commands.tree import Skipped, format_of_file, photos_in
from tests import images
from tests.app.commands.conftest import PHOTO
from tests.containers import tiff

JPEG, WEBP = images.jpeg(images.gradient()), images.webp(images.gradient())


def found(folder: Path, *, recursive: bool = False, results: str = "../out") -> tuple[list[str], dict[str, str]]:
    """The photos, and what is skipped → why; both below the folder."""
    photos, skipped = photos_in(folder, folder / results, recursive=recursive)
    return (
        [photo.relative_to(folder).as_posix() for photo in photos],
        {one.where.removeprefix(f"{folder}/"): one.reason for one in skipped},
    )


def files(folder: Path, content: dict[str, bytes]) -> Path:
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_the_first_bytes_decide_what_is_a_photo(tmp_path: Path) -> None:
    names = {"a.jfif": JPEG, "b.jpe": JPEG, "c.mpo": JPEG, "d.tif": JPEG, "e": PHOTO, "f.txt": WEBP, "g.png": JPEG}
    photos, skipped = found(files(tmp_path / "album", {**names, "h.jxl": images.noise(), "i": b"", "j.txt": b"text"}))
    assert photos == sorted(names)
    assert list(skipped) == ["h.jxl", "i", "j.txt"]
    assert all("no picture of a kind that is accepted" in reason for reason in skipped.values())


def test_a_damaged_file_that_is_named_like_a_photo_is_tried(tmp_path: Path) -> None:
    """So that it fails: whoever looks at the exit status learns of it."""
    album = files(tmp_path / "album", {"a.JPG": bytes(100), "b.png": b"", "c.webp": b"RIFF"})
    assert found(album) == (["a.JPG", "b.png", "c.webp"], {})


def test_raw_photos_beside_their_jpegs_are_skipped(tmp_path: Path) -> None:
    """Most of them are TIFF, with a small preview first. One that is named like a TIFF photo is tried, and fails."""
    raw = tiff(images.gradient(), subfiletype=1)
    album = files(tmp_path / "album", {"a.NEF": raw, "a.jpg": JPEG, "b.tif": raw, "c.scan": tiff(images.gradient())})
    photos, skipped = found(album)
    assert photos == ["a.jpg", "b.tif", "c.scan"]
    assert skipped == {"a.NEF": "This TIFF file is a raw photo; develop it first, and send the result."}


@pytest.mark.parametrize("data", [b"II*\0", b"MM\0*\0\0\0\x08\0\x05", b"II*\0\xff\xff\xff\xff"])
def test_a_tiff_whose_head_tells_nothing_is_tried(tmp_path: Path, data: bytes) -> None:
    assert found(files(tmp_path / "album", {"a.bin": data})) == (["a.bin"], {})


@pytest.mark.parametrize("name", ["big.jpg", "big.bin"])
def test_only_the_first_bytes_are_read(tmp_path: Path, name: str) -> None:
    """A file with a hole of a terabyte, which no memory holds."""
    path = files(tmp_path, {name: JPEG}) / name
    try:
        os.truncate(path, 1 << 40)
    except OSError:
        pytest.skip("the file system has no files that large")
    assert format_of_file(path).name == "JPEG"
    assert found(tmp_path) == ([name], {})


def test_subfolders_are_named_or_read(tmp_path: Path) -> None:
    album = files(tmp_path / "album", {"b.jpg": JPEG, "a/z.jpg": JPEG, "a/b/c.jpg": JPEG, "c/notes": b"text"})
    why = "a folder; --recursive restores its photos too."
    assert found(album) == (["b.jpg"], {"a/": why, "c/": why})
    photos, skipped = found(album, recursive=True)
    assert photos == ["b.jpg", "a/z.jpg", "a/b/c.jpg"]
    assert list(skipped) == ["c/notes"]


def test_hidden_folders_are_skipped_and_hidden_photos_are_not(tmp_path: Path) -> None:
    album = files(tmp_path / ".album", {".a.jpg": JPEG, ".git/b.jpg": JPEG, "sub/.Trashes/c.jpg": JPEG})
    assert found(album, recursive=True) == (
        [".a.jpg"],
        {".git/": "a hidden folder.", "sub/.Trashes/": "a hidden folder."},
    )
    assert found(album)[1][".git/"] == "a hidden folder."


@pytest.mark.parametrize("recursive", [False, True])
def test_the_folder_of_the_results_is_skipped(tmp_path: Path, recursive: bool) -> None:
    album = files(tmp_path / "album", {"a.jpg": JPEG, "out/a.png": PHOTO})
    assert found(album, recursive=recursive, results="out") == (["a.jpg"], {"out/": "the results go there."})
    assert found(album, recursive=True, results=".")[0] == ["a.jpg", "out/a.png"]


def test_the_folder_of_the_results_is_skipped_deep_below_and_by_another_name(tmp_path: Path) -> None:
    album = files(tmp_path / "album", {"a.jpg": JPEG, "sub/out/a.png": PHOTO, "sub/b.jpg": JPEG})
    (tmp_path / "link").symlink_to(album / "sub" / "out")
    assert found(album, recursive=True, results="../link") == (
        ["a.jpg", "sub/b.jpg"],
        {"sub/out/": "the results go there."},
    )


@pytest.mark.parametrize("recursive", [False, True])
def test_links_to_folders_are_not_followed(tmp_path: Path, recursive: bool) -> None:
    album = files(tmp_path / "album", {"a.jpg": JPEG})
    (album / "loop").symlink_to(album)
    assert found(album, recursive=recursive) == (["a.jpg"], {"loop/": "a link to a folder; it is not followed."})
    (tmp_path / "way").symlink_to(album)
    assert found(tmp_path / "way")[0] == ["a.jpg"]


def test_links_to_files_are_read(tmp_path: Path) -> None:
    album = files(tmp_path / "album", {"a.jpg": JPEG})
    (album / "b").symlink_to("a.jpg")
    (album / "c.jpg").symlink_to("gone.jpg")
    (album / "d.jpg").symlink_to("d.jpg")
    photos, skipped = found(album)
    assert photos == ["a.jpg", "b"]
    assert skipped["c.jpg"] == "It cannot be read: No such file or directory."
    assert skipped["d.jpg"].startswith("It cannot be read: ")


def test_what_macos_and_windows_leave_is_counted(tmp_path: Path) -> None:
    names = ["._a.jpg", ".DS_Store", "Thumbs.db", "thumbs.db", "Desktop.ini", "sub/._b.jpg"]
    album = files(tmp_path / "album", {"a.jpg": JPEG, "sub/b.jpg": JPEG, **dict.fromkeys(names, JPEG)})
    photos, skipped = photos_in(album, tmp_path / "out", recursive=True)
    assert photos == [album / "a.jpg", album / "sub" / "b.jpg"]
    reason = "macOS and Windows make them (._*, .DS_Store, Thumbs.db, desktop.ini)."
    assert skipped == [Skipped("6 file(s)", reason, files=6)]


def test_a_pipe_is_skipped_without_being_opened(tmp_path: Path) -> None:
    """To open it would wait for a writer."""
    for name in ("pipe", "pipe.jpg"):
        os.mkfifo(tmp_path / name)
    reason = "This is a pipe, a socket or a device."
    assert found(tmp_path) == ([], {"pipe": reason, "pipe.jpg": reason})


def test_a_file_or_folder_that_cannot_be_read_is_skipped_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """chmod does not stop root, and containers run the tests as root."""
    album = files(tmp_path / "album", {"a.jpg": JPEG, "b.jpg": JPEG, "shut/c.jpg": JPEG, "open/d.jpg": JPEG})

    def refusing(function: Callable[..., Any], *names: str) -> Callable[..., Any]:
        def refuse(path: Path, *arguments: Any, **options: Any) -> Any:
            if Path(path).name in names:
                raise PermissionError(13, "Permission denied", str(path))
            return function(path, *arguments, **options)

        return refuse

    monkeypatch.setattr(Path, "open", refusing(Path.open, "b.jpg"))
    monkeypatch.setattr(os, "scandir", refusing(os.scandir, "shut", "out"))
    photos, skipped = photos_in(album, tmp_path / "out", recursive=True)
    assert photos == [album / "a.jpg", album / "open" / "d.jpg"]
    reason = "It cannot be read: Permission denied."
    assert skipped == [
        Skipped(str(album / "b.jpg"), reason, unread=True),
        Skipped(f"{album / 'shut'}/", reason, unread=True),
    ]
    with pytest.raises(PermissionError):
        photos_in(album / "shut", tmp_path / "out", recursive=True)
