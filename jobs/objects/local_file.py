"""A file of a folder while it is written."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

PARTS = "parts"
ABANDONED_S = 3600.0
TRIES = 5


class LocalFile:
    """One object while it is written. All methods block; each may be called from any thread.

    A lock keeps `discard` apart from a write that still runs in another thread after its caller was cancelled.
    """

    def __init__(self, root: Path, key: str) -> None:
        self._root = root
        self._target = root / key
        # obstore lists no file whose name ends in # and digits.
        self._part = root / PARTS / f"{uuid4().hex}#0"
        self._lock = threading.Lock()
        self._file: int | None = None
        self._discarded = False

    def open(self) -> None:
        """Makes the file under a name of its own. Raises `OSError`."""
        with self._lock:
            if self._discarded:
                return
            make_folder(self._part.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self._file = os.open(self._part, flags, 0o600)

    def write(self, data: bytes) -> None:
        """Appends. Raises `OSError`."""
        with self._lock:
            rest = memoryview(data)
            while rest and self._file is not None:
                rest = rest[os.write(self._file, rest) :]

    def commit(self) -> None:
        """Gives the file its name, after its bytes are on the disk. Raises `OSError`."""
        with self._lock:
            if self._file is None:
                return
            os.fsync(self._file)
            os.close(self._file)
            self._file = None
            self._rename()

    def discard(self) -> None:
        """Leaves nothing of a file that was not committed."""
        with self._lock:
            self._discarded = True
            if self._file is not None:
                os.close(self._file)
                self._file = None
            self._part.unlink(missing_ok=True)

    def _rename(self) -> None:
        folder = self._target.parent
        for left in reversed(range(TRIES)):
            try:
                self._make_folders(folder)
                self._part.replace(self._target)
                break
            except FileNotFoundError:  # whoever deletes the last file of a folder removes the folder too
                if not left or not self._part.exists():
                    raise
        sync_folder(folder)

    def _make_folders(self, folder: Path) -> None:
        missing = []
        while folder != self._root and not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for each in reversed(missing):
            make_folder(each)
            sync_folder(each.parent)


def make_folder(folder: Path) -> None:
    """Makes a folder for this user only, if it is not there. Raises `OSError`."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)


def sync_folder(folder: Path) -> None:
    """Puts the names in a folder on the disk. Raises `OSError`, but not where the folder has gone meanwhile."""
    with suppress(FileNotFoundError):
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def remove_abandoned(root: Path) -> None:
    """Removes what processes have left that ended while they wrote. Raises `OSError`."""
    parts = root / PARTS
    if not parts.is_dir():
        return
    for part in parts.iterdir():
        with suppress(FileNotFoundError):
            if time.time() - part.stat().st_mtime > ABANDONED_S:
                part.unlink()
