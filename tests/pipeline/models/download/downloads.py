"""Files to download, and what became of them."""

from __future__ import annotations

import hashlib
import io
import random
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.models.catalogue.model_file import Archive, ModelFile
from pipeline.models.download.failures import DownloadFailed
from pipeline.models.download.pull import Pulled, pull
from pipeline.models.download.transfer import Patience
from tests.pipeline.models.file_server import PATIENCE

DATA = random.Random(0).randbytes(300_000)
OTHER = random.Random(1).randbytes(300_000)
QUICK = Patience(attempts=3, pause_s=0, longest_pause_s=5)
UNWATCHED: dict[str, Any] = {"progress": lambda *_: None, "notice": lambda _: None}
PROXIES = [case(f"{scheme}_proxy") for scheme in ("http", "https", "all", "no") for case in (str.lower, str.upper)]


def row(url: str | None, data: bytes = DATA, name: str = "a", **changes: Any) -> ModelFile:
    """A model whose file is `data`."""
    model = ModelFile(
        name=name,
        role="restorer",
        origin="official",
        adapter="gfpgan",
        file=f"{name}.pth",
        url=url,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        licence="MIT",
        commercial_use="yes",
    )
    return replace(model, **changes)


def fetch(folder: Path, *models: ModelFile, patience: Patience = QUICK, **options: Any) -> list[Pulled]:
    return list(pull(models, folder, patience=patience, **(UNWATCHED | options)))


def downloaded(folder: Path, *models: ModelFile, **options: Any) -> bool:
    """Whether it was downloaded; it must not have failed."""
    results = fetch(folder, *models, **options)
    assert [result.failure for result in results] == [None] * len(models)
    assert all(result.model is model for result, model in zip(results, models, strict=True))
    assert len({result.downloaded for result in results}) == 1
    return results[0].downloaded


def refusal(folder: Path, model: ModelFile, **options: Any) -> str:
    """The sentence of a model that could not be fetched."""
    (result,) = fetch(folder, model, **options)
    assert not result.downloaded
    assert result.model is model
    assert isinstance(result.failure, DownloadFailed)
    assert isinstance(result.failure, PipelineError)
    assert (result.failure.code, result.failure.stage) == ("download_failed", "models")
    assert result.failure.message.startswith(f"{model.name}: ")
    assert result.failure.message.endswith(".")
    assert ".. " not in result.failure.message
    return result.failure.message


def lying_in(folder: Path) -> dict[str, bytes]:
    """Every file but the empty locks."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


def put(folder: Path, name: str, data: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)


def eventually(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.005)


def zip_of(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as zipped:
        for name, data in entries.items():
            zipped.writestr(name, data)
    return target.getvalue()


def member(url: str, archive: bytes, entry: str, data: bytes, name: str = "a", **changes: Any) -> ModelFile:
    published = Archive(entry, len(archive), hashlib.sha256(archive).hexdigest())
    return row(url, data, name, archive=published, **changes)
