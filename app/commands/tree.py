"""The files of a folder: which are photos, and which are skipped, with why."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from pipeline.codec.formats import INPUT_FORMATS, InputFormat, format_of
from pipeline.codec.tiff_parts import check_tiff_kind, tiff_parts
from pipeline.errors import UnsupportedMediaType

# What macOS and Windows leave in folders. `._IMG_1.jpg` holds what another disk cannot keep of `IMG_1.jpg`.
_SYSTEM_FILES = (".DS_Store", "Thumbs.db", "desktop.ini")
_SYSTEM_PREFIX = "._"
_SIGNATURE_BYTES = 256  # more than any signature looks at
_TIFF_HEAD_BYTES = 2**16  # cameras write a raw photo's first directory in front
_SUFFIXES = {suffix for row in INPUT_FORMATS for suffix in row.suffixes}


@dataclass(frozen=True, slots=True)
class Skipped:
    """What is not tried, and why, in words that end with a full stop.

    `unread`: it could not be read, so nobody knows whether it is a photo or holds some. `files` is 1 for a folder too.
    """

    where: str
    reason: str
    unread: bool = False
    files: int = 1


def photos_in(folder: Path, results: Path, *, recursive: bool) -> tuple[list[Path], list[Skipped]]:
    """The photos of a folder in order, and what is skipped. Raises `OSError` if the folder cannot be read.

    The first bytes decide what is a photo. A file that is only named like one is among the photos all the same, because
    it may be a damaged photo, which must not pass in silence. With `recursive` the subfolders follow, but for hidden
    ones, links, and `results`, the folder that is written into.
    """
    photos: list[Path] = []
    skipped: list[Skipped] = []
    system_files, waiting = 0, [folder]
    while waiting:
        place = waiting.pop()
        try:
            entries = _listed(place)
        except OSError as error:
            if place == folder:
                raise
            skipped.append(Skipped(f"{place}/", f"It cannot be read: {error.strerror}.", unread=True))
            continue
        subfolders = []
        for entry in entries:
            path = place / entry.name
            if _is_folder(entry):
                reason = _why_no_subfolder(path, results, recursive)
                if reason is None:
                    subfolders.append(path)
                else:
                    skipped.append(Skipped(f"{path}/", reason))
            elif _is_system_file(entry.name):
                system_files += 1
            elif (no_photo := _why_no_photo(path)) is not None:
                skipped.append(no_photo)
            else:
                photos.append(path)
        waiting += reversed(subfolders)
    if system_files:
        names = ", ".join((f"{_SYSTEM_PREFIX}*", *_SYSTEM_FILES))
        skipped.append(
            Skipped(f"{system_files} file(s)", f"macOS and Windows make them ({names}).", files=system_files)
        )
    return photos, skipped


def format_of_file(path: Path) -> InputFormat:
    """A file's format, by its first bytes; no more is read.

    Raises `OSError` if it cannot be read, `UnsupportedMediaType` if it is no photo, or one that is stored as TIFF in a
    way that is not accepted, as most raw photos are.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for its other end
        raise UnsupportedMediaType("This is a pipe, a socket or a device.")
    with path.open("rb", buffering=0) as file:
        head = file.read(_SIGNATURE_BYTES)
        file_format = format_of(head)
        if file_format.take_apart is tiff_parts:
            check_tiff_kind(head + file.read(_TIFF_HEAD_BYTES))
    return file_format


def identity(path: Path) -> tuple[int, int] | None:
    """What a file or folder is on its disk, whichever name leads to it: device and inode. None if nobody can tell."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _is_system_file(name: str) -> bool:
    return name.startswith(_SYSTEM_PREFIX) or name.lower() in {known.lower() for known in _SYSTEM_FILES}


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself; as a file it is then skipped with the reason
        return False


def _why_no_subfolder(path: Path, results: Path, recursive: bool) -> str | None:
    """None for a subfolder whose photos are restored."""
    if path.is_symlink():
        return "a link to a folder; it is not followed."
    here = identity(path)
    if here is not None and here == identity(results):
        return "the results go there."
    if path.name.startswith("."):
        return "a hidden folder."
    return None if recursive else "a folder; --recursive restores its photos too."


def _why_no_photo(path: Path) -> Skipped | None:
    """None for a photo, and for a file that is only named like one."""
    try:
        format_of_file(path)
    except OSError as error:
        return Skipped(str(path), f"It cannot be read: {error.strerror}.", unread=True)
    except UnsupportedMediaType as error:
        is_named_like_one = path.suffix.lower() in _SUFFIXES and path.is_file()
        return None if is_named_like_one else Skipped(str(path), error.message)
    return None
