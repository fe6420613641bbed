"""Whether the disk has room for a download."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.download.failures import DownloadFailed, TransferFailed
from pipeline.models.download.source import Source


def check_space_for_all(sources: Sequence[Source], folder: Path) -> None:
    """Raise `DownloadFailed` unless everything that is missing fits into the folder.

    A file counts as right here if it has the right size. An `OSError` is ignored: the download will report it.
    """
    try:
        needed = 0
        for source in sources:
            wanted = [model for model in source.models if length(folder / model.file) != model.bytes]
            if wanted:
                needed += _bytes_needed(source, wanted, folder / f"{source.name}.part")
        _check_free(needed, folder)
    except TransferFailed as error:
        raise DownloadFailed(str(error), stage="models") from error
    except OSError:
        return


def check_space(source: Source, wanted: Sequence[ModelFile], part: Path) -> None:
    """Raise `TransferFailed` unless the rest of `part` and, for a zip, the `wanted` files in it fit on the disk."""
    _check_free(_bytes_needed(source, wanted, part), part.parent)


def length(path: Path) -> int:
    """The bytes of a file; 0 if there is none."""
    return path.stat().st_size if path.exists() else 0


def _bytes_needed(source: Source, wanted: Sequence[ModelFile], part: Path) -> int:
    return source.size - length(part) + sum(model.bytes or 0 for model in wanted if model.archive)


def _check_free(needed: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise TransferFailed(
            f"{needed / 1e6:.1f} MB are still needed in {folder} and {free / 1e6:.1f} MB are free. "
            "Make room and try again."
        )
