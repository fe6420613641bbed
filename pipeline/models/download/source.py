"""The files to download and their URLs: one file for each model, or a zip for several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import httpx

from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.download.failures import DownloadFailed

LAST_PORT = 65535

_USER_INFO = re.compile(r"^((?:[^:/@]*:)?//)?.*@", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Source:
    """A file on a server: its size in bytes, and the models in it (several in a zip, or if rows share a file)."""

    url: httpx.URL
    name: str
    size: int
    sha256: str
    models: tuple[ModelFile, ...] = ()


def sources_of(models: Sequence[ModelFile], mirror: str | None) -> list[Source]:
    """The files to download, each once. With a `mirror` (a URL), `<mirror>/<last part of the model's URL>`.

    Raises `ValueError` for a model without a URL, and `DownloadFailed` for an address that is not http or https.
    """
    groups: dict[Source, list[ModelFile]] = {}
    for model in dict.fromkeys(models):
        if model.url is None or model.bytes is None:
            raise ValueError(f"{model.name} comes with Likeness; there is nothing to download.")
        last = PurePosixPath(model.url.partition("?")[0]).name
        url = _address(model, model.url if mirror is None else f"{mirror.rstrip('/')}/{last}")
        zipped = model.archive
        name, size, sha256 = (last, zipped.bytes, zipped.sha256) if zipped else (model.file, model.bytes, model.sha256)
        groups.setdefault(Source(url, name, size, sha256), []).append(model)
    return [replace(source, models=tuple(group)) for source, group in groups.items()]


def _address(model: ModelFile, text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or (url.port or 0) > LAST_PORT:
        shown = _USER_INFO.sub(r"\1", text)  # the text without user name and password
        message = f"{model.name}: {shown} is no http or https address. Use another mirror."
        raise DownloadFailed(message, stage="models")
    return url
