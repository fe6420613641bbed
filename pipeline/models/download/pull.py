"""Downloads official model files: a file gets its name only after its SHA-256 is checked.

Until then it is `<file>.part` in the same folder (`<zip>.part` if it is published in a zip), and `<file>.lock` keeps
other processes from downloading it too. The empty `.lock` stays: another process may be waiting for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from filelock import FileLock, Timeout

from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.weights import fault
from pipeline.models.download.archive import extract
from pipeline.models.download.failures import (
    DownloadFailed,
    NoNetwork,
    TransferFailed,
    Unreachable,
    download_failed,
)
from pipeline.models.download.source import Source, sources_of
from pipeline.models.download.space import check_space, check_space_for_all, length
from pipeline.models.download.transfer import Patience, Transfer

# Model, bytes that have arrived, bytes in all. The second decreases only if a download must start over. For a zip the
# model is the first wanted one in it, and the bytes are the zip's.
OnBytes: TypeAlias = Callable[[ModelFile, int, int], None]
OnWait: TypeAlias = Callable[[str], None]  # a sentence for the user: why no bytes arrive now

_PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Pulled:
    """The result for one model: its file is in place and right, unless there is a `failure`."""

    model: ModelFile
    downloaded: bool  # by this call; else it was in place already, or another process downloaded it
    failure: DownloadFailed | None = None


def pull(
    models: Sequence[ModelFile],
    weights_dir: Path,
    *,
    progress: OnBytes,
    notice: OnWait,
    mirror: str | None = None,
    patience: Patience = _PATIENCE,
) -> Iterator[Pulled]:
    """Download the models' files into `weights_dir`, one after the other while the caller iterates over the result.

    There is one result for each model; a failure does not stop the others. A right file is kept; a wrong one is
    replaced once the right file has arrived. With a `mirror` the file `<mirror>/<last part of model.url>` is
    downloaded. Proxies are taken from the environment. `notice` gets a sentence before each further attempt, and when
    another process downloads the same file.

    Raises before the first download: `ValueError` for models without a URL (embedded ones); `DownloadFailed` if an
    address is not http or https, if `weights_dir` is no folder and cannot be created, or if the disk has too little
    room for the missing files. Raises `NoNetwork` while it is iterated over, where a host cannot be reached: the files
    after that are not tried.
    """
    sources = sources_of(models, mirror)
    try:
        weights_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{weights_dir} cannot be made a folder for models: {error.strerror}. Choose another folder."
        raise DownloadFailed(message, stage="models") from error
    check_space_for_all(sources, weights_dir)
    return chain.from_iterable(_pull(source, weights_dir, progress, notice, patience) for source in sources)


def _pull(source: Source, folder: Path, progress: OnBytes, notice: OnWait, patience: Patience) -> list[Pulled]:
    """Download one file and put its models in their places."""
    part = folder / f"{source.name}.part"
    lock = FileLock(folder / f"{source.name}.lock")
    wanted: Sequence[ModelFile] = source.models
    failures: dict[ModelFile, Exception] = {}
    try:
        wanted = _lacking(wanted, folder)
        if wanted:
            with _locked(lock, source.name, notice):
                wanted = _lacking(wanted, folder)  # another process may have downloaded them meanwhile
                if wanted:
                    _fetch(source, part, wanted, progress, notice, patience)
                    failures = _place(part, wanted, folder)
        else:
            _remove_leftovers(source, folder, lock)
    except Unreachable as error:
        raise NoNetwork(str(error), stage="models") from error
    except (TransferFailed, OSError) as error:
        failures = dict.fromkeys(wanted, error)
    return [
        Pulled(model, False, download_failed(model, failures[model], folder, part))
        if model in failures
        else Pulled(model, downloaded=model in wanted)
        for model in source.models
    ]


def _lacking(models: Sequence[ModelFile], folder: Path) -> list[ModelFile]:
    return [model for model in models if fault(model, folder) is not None]


def _locked(lock: FileLock, name: str, notice: OnWait) -> AbstractContextManager[object]:
    """The acquired lock, which `with` releases; `notice` gets a sentence if another process holds it."""
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        notice(f"{name} is being downloaded by another process; waiting for it.")
        return lock.acquire()


def _remove_leftovers(source: Source, folder: Path, lock: FileLock) -> None:
    """Remove `.part` files that a killed process left, now that the files themselves are complete."""
    names = {source.name, *(model.file for model in source.models)}
    left = [part for name in names if (part := folder / f"{name}.part").is_file()]
    if left:
        with (
            suppress(OSError),
            lock.acquire(timeout=0),
        ):  # if the lock is taken, the next call removes them
            for part in left:
                part.unlink(missing_ok=True)


def _fetch(
    source: Source, part: Path, wanted: Sequence[ModelFile], progress: OnBytes, notice: OnWait, patience: Patience
) -> None:
    """Complete `part`. Raises `TransferFailed` before the first byte if it and the files in it do not fit."""

    def report(there: int) -> None:
        progress(wanted[0], there, source.size)

    check_space(source, wanted, part)
    try:
        Transfer(source.url, part, source.size, source.sha256, report, notice, patience).run()
    finally:
        if part.is_file() and not length(part):
            part.unlink()


def _place(part: Path, wanted: Sequence[ModelFile], folder: Path) -> dict[ModelFile, Exception]:
    """Give the models of a complete download their names. Returns the models for which that failed, and why."""
    if wanted[0].archive is None:
        _settle(part, folder / wanted[0].file)  # rows that share a file name it alike
        return {}
    failures: dict[ModelFile, Exception] = {}
    for model in wanted:
        try:
            _unpack(part, model, folder / model.file)
        except (TransferFailed, OSError) as error:
            failures[model] = error
    # After an `OSError`, such as a full disk, the zip is kept: the next try need not download it again.
    if not any(isinstance(error, OSError) for error in failures.values()):
        part.unlink()
    return failures


def _unpack(archive: Path, model: ModelFile, target: Path) -> None:
    """Take a model's file out of the zip and give it its name."""
    part = target.with_name(f"{target.name}.part")
    try:
        extract(archive, model, part)
        _settle(part, target)
    finally:
        part.unlink(missing_ok=True)  # the next try extracts it anew


def _settle(part: Path, target: Path) -> None:
    """Rename a checked file, after an fsync: a crash cannot leave an incomplete file under this name."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)
