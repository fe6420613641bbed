"""The photos in an uploaded ZIP, read one after the other, bounded against archives that are built to do harm."""

import asyncio
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from jobs.file_names import shown
from pipeline.errors import InputError

CHUNK_BYTES = 2**20
MOST_AT_ONCE = 2 * CHUNK_BYTES
SKIPPED = re.compile(r"(^|/)(__MACOSX/|\.(?!\.?/)|Thumbs\.db$|desktop\.ini$|$)", re.IGNORECASE)
LOCAL_HEADER_BYTES = 30
ENCRYPTED = 0x41
UTF8 = 0x800
ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
)
FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, OverflowError, struct.error)


class BadArchive(InputError):
    """The archive as a whole cannot be taken."""

    code = "bad_archive"
    stage = "archive"


class BadArchiveEntry(InputError):
    """One file of the archive cannot be taken; the others can."""

    code = "bad_archive_entry"
    stage = "archive"


@dataclass(frozen=True, slots=True)
class ArchivedPhoto:
    """One file of an archive. `name`: without folders. `size`: what the archive says, which may be wrong.

    `chunks` raises `BadArchiveEntry` where the file cannot be taken, if need be after some of its bytes.
    """

    name: str
    size: int
    chunks: AsyncIterator[bytes]


async def archived_photos(
    archive: bytes | BinaryIO, *, max_photos: int, max_bytes: int, max_total_bytes: int
) -> list[ArchivedPhoto]:
    """The photos of an archive in its order; nothing is unpacked before `chunks` is read, and then never held.

    `archive` can be sought in, and stays open until all is read. Each photo may have `max_bytes` bytes, all together
    `max_total_bytes`. Folders, hidden files and what macOS and Windows add are left out. Raises `BadArchive`.
    """
    file = io.BytesIO(archive) if isinstance(archive, bytes) else archive
    opened, entries = await asyncio.to_thread(_opened, file)
    if not entries:
        raise BadArchive("There is no photo in the archive.")
    if len(entries) > max_photos:
        raise BadArchive(f"There are {len(entries)} photos in the archive; at most {max_photos} are taken at once.")
    total = sum(min(entry.file_size, max_bytes) for entry in entries)
    if total > max_total_bytes:
        raise BadArchive(f"The photos of the archive have {total} bytes unpacked; at most {max_total_bytes} are taken.")
    return [ArchivedPhoto(_name(entry), entry.file_size, _chunks(opened, entry, max_bytes)) for entry in entries]


def _opened(file: BinaryIO) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    try:
        opened = zipfile.ZipFile(_Bounded(file))
    except (*FAULTS, NotImplementedError) as error:
        raise BadArchive("The file is no ZIP archive, or it is damaged.") from error
    entries = [entry for entry in opened.infolist() if not SKIPPED.search(entry.filename.replace("\\", "/"))]
    # An archive may let many names share the same compressed bytes, so that a small one unpacks to very much.
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise BadArchive("Files of the archive overlap: it is damaged, or built to do harm.")
        end = entry.header_offset + LOCAL_HEADER_BYTES + entry.compress_size
    return opened, entries


async def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_bytes: int) -> AsyncIterator[bytes]:
    if entry.flag_bits & ENCRYPTED:
        raise BadArchiveEntry("The file is encrypted. Upload it without a password.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise BadArchiveEntry("The entry is a link and no file.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # The others can make gigabytes of one chunk.
        raise BadArchiveEntry("The file is compressed by another method than Deflate, which most programs use.")
    if entry.file_size > max_bytes:
        raise BadArchiveEntry(f"The file has {entry.file_size} bytes; at most {max_bytes} are taken.")
    read = 0
    try:
        with archive.open(entry) as opened:
            while chunk := await asyncio.to_thread(opened.read, CHUNK_BYTES):
                if not read and chunk.startswith(ARCHIVES):
                    raise BadArchiveEntry("The file is an archive itself. Only photos are taken out of an archive.")
                read += len(chunk)
                yield chunk
    except FAULTS as error:
        raise BadArchiveEntry("The file is damaged: its bytes are not those that were packed.") from error
    if read != entry.file_size:
        raise BadArchiveEntry("The file is damaged: it has another size than the archive says.")


def _name(entry: zipfile.ZipInfo) -> str:
    name = entry.filename
    if not entry.flag_bits & UTF8:  # macOS writes UTF-8 without saying so
        with suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return shown(name)


class _Bounded(io.RawIOBase):
    """A file of which never much is read at once. `zipfile` reads an archive's whole table of files in one piece."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(MOST_AT_ONCE + 1 if size < 0 else min(size, MOST_AT_ONCE + 1))
        if len(data) > MOST_AT_ONCE:
            raise BadArchive("The archive has a table of too many files.")
        return data
