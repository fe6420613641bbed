"""The model files on this machine, for the command line: listed, verified, downloaded."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from tqdm import tqdm

from app.settings import Settings
from pipeline.errors import ModelUnavailable
from pipeline.models.download import DownloadFailed, pull
from pipeline.models.registry import REGISTRY, ROLES, ModelFile
from pipeline.models.selection import Selection, Shelf, choose, known_models
from pipeline.models.weights import fault, installed

COLUMNS = ("ROLE", "NAME", "SIZE", "LICENCE", "COMMERCIAL", "INSTALLED", "IN USE")


def list_models(settings: Settings) -> str | None:
    """Print every known model and its state. What hinders a start, as sentences; None if nothing does.

    Raises `ModelUnavailable` for a table of own models that cannot be read.
    """
    selection, problem = None, None
    try:
        selection = choose(settings.shelf)
    except ModelUnavailable as error:  # the table is what helps to mend it
        problem = error.message
    models = known_models(settings.weights_dir)
    ordered = sorted(models, key=lambda model: ROLES.index(model.role))
    _print_table(
        COLUMNS,
        [
            (
                model.role,
                model.name,
                _size(model.bytes),
                model.licence,
                model.commercial_use,
                _state(model, settings.shelf),
                _use(model, selection, settings.shelf),
            )
            for model in ordered
        ],
    )
    for note in () if selection is None else selection.notes:
        print(note, file=sys.stderr)
    return problem


def verify_models(names: Sequence[str], settings: Settings) -> bool:
    """Print for each file whether it is what it should be; true if all are. Raises `ModelUnavailable` for bad names."""
    known = known_models(settings.weights_dir)
    models = _by_name(names, known) if names else [m for m in known if installed(m, settings.weights_dir)]
    right = True
    for model in models:
        wrong = fault(model, settings.weights_dir)
        print(f"{model.name}: right" if wrong is None else wrong)
        right = right and wrong is None
    return right


def pull_models(names: Sequence[str], settings: Settings, *, accept_licences: bool) -> bool:
    """Download the named models, or the best of every role; true if all are there and right afterwards.

    Nothing is downloaded unless the licences are free for commercial use or accepted. Raises `ModelUnavailable` for
    names that are no official model or whose licence the settings refuse, and `DownloadFailed`.
    """
    shelf = settings.shelf
    models = _with_twins(_by_name(names, REGISTRY) if names else _best_of_every_role(shelf))
    shipped = [model.name for model in models if model.url is None]
    if shipped:
        raise ModelUnavailable(f"{', '.join(shipped)}: ships with Likeness, there is nothing to download.")
    refused = [model.name for model in models if shelf.refuses(model)]
    if refused:
        raise ModelUnavailable(f"LIKENESS_LICENCES=commercial refuses {', '.join(refused)}.")
    _print_table(
        ("NAME", "DOWNLOAD", "LICENCE", "COMMERCIAL"),
        [(model.name, _size((model.archive or model).bytes), model.licence, model.commercial_use) for model in models],
    )
    restricted = [model.name for model in models if model.commercial_use != "yes"]
    if restricted and not accept_licences:
        print(
            f"Not plainly free for commercial use: {', '.join(restricted)}. Read their licences; if they suit you, "
            "run this again with --accept-licences, or name other models.",
            file=sys.stderr,
        )
        return False
    return _pull(models, settings)


def _pull(models: Sequence[ModelFile], settings: Settings) -> bool:
    """Download with a bar for each file; whether all went well."""
    failures: list[DownloadFailed] = []
    with _Bars() as bars:
        for pulled in pull(models, settings.weights_dir, mirror=settings.models_mirror or None, progress=bars.update):
            bars.finish()
            if pulled.failure is not None:
                failures.append(pulled.failure)
                print(pulled.failure.message, file=sys.stderr)
            else:
                print(f"{pulled.model.name}: {'downloaded' if pulled.downloaded else 'was there already'}")
    if failures:
        print(f"{len(failures)} of {len(models)} models are missing.", file=sys.stderr)
    else:
        print(f"All are in {settings.weights_dir}. They are used from the next start on.")
    return not failures


class _Bars:
    """One progress bar at a time, for the file that is being downloaded."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None

    def __enter__(self) -> _Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def update(self, model: ModelFile, there: int, total: int) -> None:
        """Show that `there` of `total` bytes are there."""
        if self._bar is None:
            name = model.name if model.archive is None else f"{model.name} (zip)"
            self._bar = tqdm(total=total, desc=name, unit="B", unit_scale=True, initial=there, disable=None)
        self._bar.n = there
        self._bar.update(0)

    def finish(self) -> None:
        """The present file is done, one way or the other."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _by_name(names: Iterable[str], known: Sequence[ModelFile]) -> list[ModelFile]:
    """The models of these names. Raises `ModelUnavailable` for one that is not known."""
    models = {model.name: model for model in known}
    unknown = [name for name in names if name not in models]
    if unknown:
        raise ModelUnavailable(f"There is no model {', '.join(unknown)}, only {', '.join(models)}.", stage="models")
    return [models[name] for name in dict.fromkeys(names)]


def _best_of_every_role(shelf: Shelf) -> list[ModelFile]:
    """For each role and scale the first official model whose licence is welcome: what `auto` would take."""
    found: dict[tuple[str, int], ModelFile] = {}
    for model in REGISTRY:
        if model.origin == "official" and not shelf.refuses(model):
            found.setdefault((model.role, model.scale), model)
    return list(found.values())


def _with_twins(models: Sequence[ModelFile]) -> list[ModelFile]:
    """The models, and those whose weights they are mixed with to denoise less."""
    twins = [twin for model in models for twin in REGISTRY if twin.name == model.denoise_with]
    return list(dict.fromkeys([*models, *twins]))


def _size(size: int) -> str:
    return f"{size / 1e6:.2f} MB" if size else "-"


def _state(model: ModelFile, shelf: Shelf) -> str:
    if not installed(model, shelf.weights_dir):
        return "no"
    return "yes" if fault(model, shelf.weights_dir) is None else "wrong file"


def _use(model: ModelFile, selection: Selection | None, shelf: Shelf) -> str:
    if shelf.refuses(model):
        return "refused"
    if selection is None:
        return "?"
    if model in selection.defaults[model.role]:
        return "yes"
    return "on request" if model in selection.offered[model.role] else "no"


def _print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    for row in (header, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
