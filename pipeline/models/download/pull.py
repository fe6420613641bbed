"""Official model files: fetched from where they are published, checked, and only then given their names.

While a file is fetched it lies beside its place as `<file>.part` (`<zip>.part` where it is published in a zip), and
`<file>.lock` keeps other processes from fetching it too. The empty `.lock` stays; removing it would not be safe.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TypeAlias

import httpx
from filelock import FileLock, Timeout

from pipeline.errors import PipelineError
from pipeline.models.catalogue.registry import ModelFile
from pipeline.models.catalogue.weights import fault, sha256_of
from pipeline.models.download.transfer import LAST_PORT, Patience, Transfer, TransferFailed, length, reason

# Model, bytes of the file on the server that are there so far, bytes in all. Only where a download must start over
# do the first go back. For a zip the model is the first one that is wanted of it.
Progress: TypeAlias = Callable[[ModelFile, int, int], None]
Notice: TypeAlias = Callable[[str], None]  # a sentence for the person waiting: why nothing comes just now

_CHUNK = 1024 * 1024  # bytes
_USER_INFO = re.compile(r"^((?:[^:/@]*:)?//)?.*@", re.DOTALL)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_OTHER_VERSION = "Use an up-to-date Likeness."
_PATIENCE = Patience()


class DownloadFailed(PipelineError):
    """A model's file could not be fetched; the message tells why, what to do, and whether a part is kept."""

    code = "download_failed"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of one model: its file is there and right, unless there is a `failure`."""

    model: ModelFile
    downloaded: bool  # by this call; else it was there already, or another process was faster
    failure: DownloadFailed | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    """A file on a server, and the models that are wanted of it: one, or several where it is a zip."""

    url: httpx.URL
    name: str
    size: int
    sha256: str
    models: tuple[ModelFile, ...] = ()


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

    Every model comes out once; one that fails does not stop the others. What is there and right is left alone, what
    is wrong is replaced once the right file is there. With a `mirror` the file `<mirror>/<last part of model.url>`
    is fetched. Proxies are taken from the environment. `notice` is told of pauses before another try, and of waiting
    for another process.

    Raises at once: ValueError for models without a URL (embedded ones); `DownloadFailed` if an address is not http
    or https, if `weights_dir` is not and cannot become a folder, or if not all that is missing fits into it.
    """
    sources = _sources(models, mirror)
    try:
        weights_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{weights_dir} cannot be made a folder for models: {error.strerror}. Choose another folder."
        raise DownloadFailed(message, stage="models") from error
    _check_space(sources, weights_dir)
    return chain.from_iterable(_pull(source, weights_dir, progress, notice, patience) for source in sources)


def _sources(models: Sequence[ModelFile], mirror: str | None) -> list[_Source]:
    """What is to be fetched: models of the same zip together."""
    groups: dict[_Source, list[ModelFile]] = {}
    for model in dict.fromkeys(models):
        if model.url is None:
            raise ValueError(f"{model.name} comes with Likeness; there is nothing to download.")
        last = PurePosixPath(model.url.partition("?")[0]).name
        url = _address(model, model.url if mirror is None else f"{mirror.rstrip('/')}/{last}")
        zipped = model.archive
        name, size, sha256 = (last, zipped.bytes, zipped.sha256) if zipped else (model.file, model.bytes, model.sha256)
        groups.setdefault(_Source(url, name, size, sha256), []).append(model)
    return [replace(source, models=tuple(group)) for source, group in groups.items()]


def _address(model: ModelFile, text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or (url.port or 0) > LAST_PORT:
        shown = _USER_INFO.sub(r"\1", text)  # no password
        message = f"{model.name}: {shown} is no http or https address. Use another mirror."
        raise DownloadFailed(message, stage="models")
    return url


def _check_space(sources: Sequence[_Source], folder: Path) -> None:
    """Raise `DownloadFailed` unless everything fits; a file of the right size passes for the right one here."""
    try:
        needed = 0
        for source in sources:
            wanted = [model for model in source.models if length(folder / model.file) != model.bytes]
            if wanted:
                needed += _space(source, wanted, folder / f"{source.name}.part")
        _check_free(needed, folder)
    except TransferFailed as error:
        raise DownloadFailed(str(error), stage="models") from error
    except OSError:  # the one file that has the trouble will tell
        return


def _space(source: _Source, wanted: Sequence[ModelFile], part: Path) -> int:
    """How many bytes more it takes to have the file, and beside it what is wanted of a zip."""
    return source.size - length(part) + sum(model.bytes for model in wanted if model.archive)


def _check_free(needed: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise TransferFailed(
            f"{needed / 1e6:.1f} MB are still needed in {folder} and {free / 1e6:.1f} MB are free. "
            "Make room and try again."
        )


def _pull(source: _Source, folder: Path, progress: Progress, notice: Notice, patience: Patience) -> list[Pulled]:
    """Fetch one file and put its models in their places."""
    part = folder / f"{source.name}.part"
    lock = FileLock(folder / f"{source.name}.lock")
    wanted: Sequence[ModelFile] = source.models
    failures: dict[ModelFile, Exception] = {}
    try:
        wanted = _lacking(wanted, folder)
        if wanted:
            with _locked(lock, source.name, notice):
                wanted = _lacking(wanted, folder)  # another process may have brought them meanwhile
                if wanted:
                    _fetch(source, part, wanted, progress, notice, patience)
                    failures = _place(part, wanted, folder)
        else:
            _tidy(source, folder, lock)
    except (TransferFailed, OSError) as error:
        failures = dict.fromkeys(wanted, error)
    return [
        Pulled(model, False, _failed(model, failures[model], folder, part))
        if model in failures
        else Pulled(model, downloaded=model in wanted)
        for model in source.models
    ]


def _lacking(models: Sequence[ModelFile], folder: Path) -> list[ModelFile]:
    return [model for model in models if fault(model, folder) is not None]


def _locked(lock: FileLock, name: str, notice: Notice) -> AbstractContextManager[object]:
    """The lock, to be given back by `with`; whoever must wait for it is told so."""
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        notice(f"{name} is being downloaded by another process; waiting for it.")
        return lock.acquire()


def _tidy(source: _Source, folder: Path, lock: FileLock) -> None:
    """Remove what a killed process has left of a download that nobody needs any more."""
    names = {source.name, *(model.file for model in source.models)}
    left = [part for name in names if (part := folder / f"{name}.part").is_file()]
    if left:
        with suppress(OSError), lock.acquire(timeout=0):  # where it is not to be had: another time
            for part in left:
                part.unlink(missing_ok=True)


def _fetch(
    source: _Source, part: Path, wanted: Sequence[ModelFile], progress: Progress, notice: Notice, patience: Patience
) -> None:
    """Complete `part`. Raises before the first byte if it, or what is then taken out of a zip, would not fit."""

    def report(there: int) -> None:
        progress(wanted[0], there, source.size)

    _check_free(_space(source, wanted, part), part.parent)
    try:
        Transfer(source.url, part, source.size, source.sha256, report, notice, patience).run()
    finally:
        if part.is_file() and not length(part):
            part.unlink()


def _place(part: Path, wanted: Sequence[ModelFile], folder: Path) -> dict[ModelFile, Exception]:
    """Give what was fetched its name; the models for which that failed, and why."""
    if wanted[0].archive is None:
        _settle(part, folder / wanted[0].file)  # that of all of them, if several rows share a file
        return {}
    failures: dict[ModelFile, Exception] = {}
    for model in wanted:
        try:
            _unpack(part, model, folder / model.file)
        except (TransferFailed, OSError) as error:
            failures[model] = error
    # A full disk can be mended, and then the zip saves a download; one with wrong content is of no use.
    if not any(isinstance(error, OSError) for error in failures.values()):
        part.unlink()
    return failures


def _settle(part: Path, target: Path) -> None:
    """The only way to a right name: the content lies on the disk before it is called so."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)


def _unpack(archive: Path, model: ModelFile, target: Path) -> None:
    """Write a model's member of the zip to `target`, whatever its name in there, if it is the right one."""
    member = model.archive.member if model.archive else target.name
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            for chunk in _content(archive, member, model.bytes):
                file.write(chunk)
        found = sha256_of(part)
        if found != model.sha256:
            raise TransferFailed(
                f"{member} in {archive.name} has SHA-256 {found}, expected {model.sha256}. {_OTHER_VERSION}"
            )
        _settle(part, target)
    finally:
        part.unlink(missing_ok=True)  # half a member is of no use: the next try begins anew


def _content(archive: Path, member: str, size: int) -> Iterator[bytes]:
    """The bytes of a zip's member. Raises `TransferFailed` unless there is one such and it has the right size."""
    try:
        with zipfile.ZipFile(archive) as zipped:
            entries = zipped.infolist()
            found = [entry for entry in entries if entry.filename == member]
            if not found:  # some zips have a folder around everything
                found = [entry for entry in entries if PurePosixPath(entry.filename).name == member]
            if len(found) != 1:
                raise zipfile.BadZipFile(f"it has {len(found)} entries of that name")
            if found[0].file_size != size:  # zipfile never gives more than the entry declares
                raise zipfile.BadZipFile(f"it has {found[0].file_size} bytes, expected {size}")
            with zipped.open(found[0]) as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
    except Exception as error:  # encrypted, damaged, unknown method: zipfile has no common class for these
        raise TransferFailed(
            f"{member} cannot be taken out of {archive.name}: {reason(error)}. {_OTHER_VERSION}"
        ) from error


def _failed(model: ModelFile, error: Exception, folder: Path, part: Path) -> DownloadFailed:
    """The failure of one model, as its user reads it."""
    message = str(error)
    if isinstance(error, OSError):
        advice = (
            "Make room on its disk"
            if error.errno in _NO_ROOM
            else "Remove what is in the way, allow writing there, or choose another folder"
        )
        message = f"{error.filename or folder} cannot be written: {error.strerror or error}. {advice}, and try again."
    kept = os.path.getsize(part) if os.path.isfile(part) else 0  # unlike Path's, False where it may not be looked at
    if kept:
        message += f" {kept} bytes are kept in {part} for the next try."
    failure = DownloadFailed(f"{model.name}: {message}", stage="models")
    failure.__cause__ = error
    return failure
