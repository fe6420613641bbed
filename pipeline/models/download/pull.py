"""Official model files: fetched from where they are published, checked, and only then given their names.

While a file is fetched it lies beside its place as `<file>.part` (`<zip>.part` where it is published in a zip), and
`<file>.lock` keeps other processes from fetching it too. The empty `.lock` stays; removing it would not be safe.
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
from pipeline.models.download.failures import DownloadFailed, TransferFailed, download_failed
from pipeline.models.download.source import Source, sources_of
from pipeline.models.download.space import check_space, check_space_for_all, length
from pipeline.models.download.transfer import Patience, Transfer

# Model, bytes of the file on the server that have arrived so far, bytes in all. The second falls only where a download
# must start over. For a zip the model is the first one that is wanted of it.
Progress: TypeAlias = Callable[[ModelFile, int, int], None]
Notice: TypeAlias = Callable[[str], None]  # a sentence for the person who waits: why nothing arrives now

_PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of one model: its file is in place and right, unless there is a `failure`."""

    model: ModelFile
    downloaded: bool  # by this call; else it was in place already, or another process was faster
    failure: DownloadFailed | None = None


def _no_progress(model: ModelFile, there: int, total: int) -> None:
    pass


def _no_notice(sentence: str) -> None:
    pass


def pull(
    models: Sequence[ModelFile],
    weights_dir: Path,
    *,
    mirror: str | None = None,
    progress: Progress = _no_progress,
    notice: Notice = _no_notice,
    patience: Patience = _PATIENCE,
) -> Iterator[Pulled]:
    """Fetch the models' files into `weights_dir`, one after the other while the result is iterated over.

    Every model comes out once; one that fails does not stop the others. A right file is left alone; a wrong one is
    replaced once the right file has arrived. With a `mirror` the file `<mirror>/<last part of model.url>` is fetched.
    Proxies are taken from the environment. `notice` gets a sentence before each further attempt, and when another
    process downloads the same file.

    Raises at once: ValueError for models without a URL (embedded ones); `DownloadFailed` if an address is not http
    or https, if `weights_dir` is not and cannot become a folder, or if not all that is missing fits into it.
    """
    sources = sources_of(models, mirror)
    try:
        weights_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{weights_dir} cannot be made a folder for models: {error.strerror}. Choose another folder."
        raise DownloadFailed(message, stage="models") from error
    check_space_for_all(sources, weights_dir)
    return chain.from_iterable(_pull(source, weights_dir, progress, notice, patience) for source in sources)


def _pull(source: Source, folder: Path, progress: Progress, notice: Notice, patience: Patience) -> list[Pulled]:
    """Fetch one file and put its models in their places."""
    part = folder / f"{source.name}.part"
    lock = FileLock(folder / f"{source.name}.lock")
    wanted: Sequence[ModelFile] = source.models
    failures: dict[ModelFile, Exception] = {}
    try:
        wanted = _lacking(wanted, folder)
        if wanted:
            with _locked(lock, source.name, notice):
                wanted = _lacking(wanted, folder)  # another process may have fetched them while this one waited
                if wanted:
                    _fetch(source, part, wanted, progress, notice, patience)
                    failures = _place(part, wanted, folder)
        else:
            _remove_leftovers(source, folder, lock)
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


def _locked(lock: FileLock, name: str, notice: Notice) -> AbstractContextManager[object]:
    """The acquired lock, which `with` releases; `notice` gets a sentence if another process holds it."""
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        notice(f"{name} is being downloaded by another process; waiting for it.")
        return lock.acquire()


def _remove_leftovers(source: Source, folder: Path, lock: FileLock) -> None:
    """Remove the parts that a killed process has left of files that are complete now."""
    names = {source.name, *(model.file for model in source.models)}
    left = [part for name in names if (part := folder / f"{name}.part").is_file()]
    if left:
        with suppress(OSError), lock.acquire(timeout=0):  # where the lock is taken, the next call removes them
            for part in left:
                part.unlink(missing_ok=True)


def _fetch(
    source: Source, part: Path, wanted: Sequence[ModelFile], progress: Progress, notice: Notice, patience: Patience
) -> None:
    """Complete `part`. Raises before the first byte if it, or what is then taken out of a zip, would not fit."""

    def report(there: int) -> None:
        progress(wanted[0], there, source.size)

    check_space(source, wanted, part)
    try:
        Transfer(source.url, part, source.size, source.sha256, report, notice, patience).run()
    finally:
        if part.is_file() and not length(part):
            part.unlink()


def _place(part: Path, wanted: Sequence[ModelFile], folder: Path) -> dict[ModelFile, Exception]:
    """Give the models of a complete download their names; returns those for which that failed, and why."""
    if wanted[0].archive is None:
        _settle(part, folder / wanted[0].file)  # rows that share a file have the same name for it
        return {}
    failures: dict[ModelFile, Exception] = {}
    for model in wanted:
        try:
            _unpack(part, model, folder / model.file)
        except (TransferFailed, OSError) as error:
            failures[model] = error
    # A full disk can be mended, and then the zip saves a download; a zip with wrong content is of no use.
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
        part.unlink(missing_ok=True)  # half a member is of no use: the next try extracts it again


def _settle(part: Path, target: Path) -> None:
    """Rename a checked file. Its content is written to the disk before, so that no crash leaves the name on less."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)
