"""Extracts a model's file from the zip in which it is published."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.weights import sha256_of
from pipeline.models.download.failures import TransferFailed, reason

_CHUNK = 1024 * 1024  # bytes
_ADVICE = "Use an up-to-date Likeness."


def extract(archive: Path, model: ModelFile, target: Path) -> None:
    """Write the model's member of the zip to `target`; the member's path has no influence on where it is written.

    Raises `TransferFailed` unless the zip has exactly one such member, with the right size and SHA-256.
    """
    member = model.archive.member if model.archive else target.name
    with target.open("wb") as file:
        for chunk in _content(archive, member, model.bytes):
            file.write(chunk)
    found = sha256_of(target)
    if found != model.sha256:
        raise TransferFailed(f"{member} in {archive.name} has SHA-256 {found}, expected {model.sha256}. {_ADVICE}")


def _content(archive: Path, member: str, size: int | None) -> Iterator[bytes]:
    """The bytes of a zip's member, in chunks."""
    try:
        with zipfile.ZipFile(archive) as zipped:
            entries = zipped.infolist()
            found = [entry for entry in entries if entry.filename == member]
            if not found:  # some zips have one folder around all files
                found = [entry for entry in entries if PurePosixPath(entry.filename).name == member]
            if len(found) != 1:
                raise zipfile.BadZipFile(f"it has {len(found)} entries of that name")
            if found[0].file_size != size:  # zipfile never reads more than the entry declares
                raise zipfile.BadZipFile(f"it has {found[0].file_size} bytes, expected {size}")
            with zipped.open(found[0]) as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
    except Exception as error:  # encrypted, damaged, unknown method: zipfile has no common base class for these
        raise TransferFailed(f"{member} cannot be taken out of {archive.name}: {reason(error)}. {_ADVICE}") from error
