"""The user's own models: upscalers that `spandrel` knows, one line each in `models.csv` in the weights directory.

    path,sha256,licence,commercial_use,name
    4x-nomos8k.pth,9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08,CC-BY-4.0,yes,nomos

`commercial_use` (yes, no or unclear; by default unclear) and `name` (by default the file's without its suffix) are
optional. A relative path starts in the weights directory.
"""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from typing import get_args

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import CommercialUse, ModelFile

TABLE = "models.csv"
REQUIRED = ("path", "sha256", "licence")
OPTIONAL = ("commercial_use", "name")
SUFFIXES = (".pth", ".safetensors")


def read_own_models(weights_dir: Path) -> tuple[ModelFile, ...]:
    """The rows of the user's table; none if there is no table.

    Raises `ModelUnavailable`, which names the first wrong line. Does not check whether the files exist.
    """
    table = weights_dir / TABLE
    try:
        lines = table.read_text(encoding="utf-8-sig").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except PermissionError as error:
        if not os.access(weights_dir, os.X_OK):  # no permission to enter the folder
            return ()
        raise ModelUnavailable(f"{table} cannot be read: {error}.", stage="models") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ModelUnavailable(f"{table} cannot be read: {error}.", stage="models") from error
    rows = csv.DictReader(lines, skipinitialspace=True, strict=True)
    columns = tuple(name.strip() for name in rows.fieldnames or ())
    rows.fieldnames = list(columns)
    if not set(REQUIRED) <= set(columns) <= {*REQUIRED, *OPTIONAL}:
        raise ModelUnavailable(
            f"{table}: the first line must be {','.join(REQUIRED)}[,{'][,'.join(OPTIONAL)}].", stage="models"
        )
    models: list[ModelFile] = []
    try:
        for row in rows:
            models.append(_model(row))
            if models[-1].name in [model.name for model in models[:-1]]:
                raise ValueError(f"{models[-1].name} is there twice")
    except (ValueError, csv.Error) as error:
        raise ModelUnavailable(f"{table}, line {rows.line_num}: {error}.", stage="models") from error
    return tuple(models)


def _model(row: dict[str, str | None]) -> ModelFile:
    """One line as a row of the registry. Raises `ValueError`, which says what is wrong."""
    if None in row or any(row[column] in (None, "") for column in REQUIRED):
        raise ValueError("it does not have the columns of the first line")
    values = {column: (value or "").strip() for column, value in row.items()}
    try:
        path = Path(values["path"]).expanduser()
    except RuntimeError as error:  # ~ of an unknown user
        raise ValueError(str(error)) from error
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path} is neither a .pth nor a .safetensors file")
    sha256 = values["sha256"].lower()
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError("the SHA-256 is not 64 hexadecimal digits")
    name = values.get("name") or path.stem
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ValueError(f"{name!r} is no name: letters, digits, '.', '_' and '-' only")
    commercial_use = values.get("commercial_use", "").lower() or "unclear"
    for known in get_args(CommercialUse):
        if commercial_use == known:
            return ModelFile(
                name=name,
                role="upscaler",
                origin="own",
                adapter="spandrel-upscaler",
                file=str(path),
                url=None,
                bytes=None,  # the table does not have it; the SHA-256 is enough
                sha256=sha256,
                licence=values["licence"],
                commercial_use=known,
                scale=None,  # known once the network is loaded
            )
    raise ValueError(f"commercial_use is {commercial_use!r}, not one of {', '.join(get_args(CommercialUse))}")
