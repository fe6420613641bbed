"""Writes into a folder: whole or not at all, readable for this user only, and on the disk when the call returns.

obstore's own local store writes to a temporary name and renames, but leaves the bytes in the system's cache and gives
files the rights that the umask leaves. A job must not be in the table while its photo may vanish with the power.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

from jobs.objects.errors import writing
from jobs.objects.local_file import LocalFile
from jobs.objects.pieces import pieces

WRITE_BYTES = 2**19
HELD_BYTES = 2 * WRITE_BYTES  # of a stream: a piece that is written, and the next one


async def put(root: Path, key: str, body: bytes | AsyncIterator[bytes]) -> int:
    """Writes one object; returns how many bytes it has. Raises `StoreUnavailable` and what the iterator raises."""
    file = LocalFile(root, key)
    size = 0
    try:
        if isinstance(body, bytes):
            with writing():
                await asyncio.to_thread(_write_whole, file, body)
            size = len(body)
        else:
            with writing():
                await asyncio.to_thread(file.open)
            async with aclosing(pieces(body, WRITE_BYTES)) as parts:
                async for part in parts:
                    with writing():
                        await asyncio.to_thread(file.write, part)
                    size += len(part)
            with writing():
                await asyncio.to_thread(file.commit)
    except BaseException:
        await asyncio.shield(asyncio.to_thread(file.discard))
        raise
    return size


def _write_whole(file: LocalFile, body: bytes) -> None:
    """All steps in one thread: each change of threads takes up to a millisecond on a busy machine."""
    file.open()
    file.write(body)
    file.commit()


async def check_folder(root: Path) -> None:
    """Raises `StoreUnavailable` where no object can be written."""
    file = LocalFile(root, "check")
    with writing():
        try:
            await asyncio.to_thread(file.open)
        finally:
            await asyncio.to_thread(file.discard)
