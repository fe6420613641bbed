"""The model files on this machine, for the command line: listed, verified, downloaded."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import TextIO

from tqdm import tqdm

from app.settings import Settings
from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.registry import REGISTRY, ROLES, ModelFile
from pipeline.models.catalogue.selection import Selection, Shelf, choose, known_models, official_set
from pipeline.models.catalogue.weights import fault, installed
from pipeline.models.download.pull import DownloadFailed, pull

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
    checked = set() if selection is None else {model for models in selection.offered.values() for model in models}
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
                "yes" if model in checked else _state(model, settings.shelf),
                _use(model, selection, settings.shelf),
            )
            for model in ordered
        ],
    )
    for note in () if selection is None else selection.notes:
        _say(note, sys.stderr)
    return problem


def verify_models(names: Sequence[str], settings: Settings) -> bool:
    """Print for each file whether it is what it should be; true if all are.

    Without names: for every installed one, and what would hinder a start. Raises `ModelUnavailable` for bad names.
    """
    known = known_models(settings.weights_dir)
    models = _by_name(names, known) if names else [m for m in known if installed(m, settings.weights_dir)]
    wrong = {model: fault(model, settings.weights_dir) for model in models}
    for model, sentence in wrong.items():
        _say(f"{model.name}: right" if sentence is None else sentence)
    if not names:
        try:
            choose(settings.shelf)
        except ModelUnavailable as error:
            told = set(wrong.values())
            for line in error.message.splitlines():
                if line not in told:
                    _say(line)
            return False
    return not any(wrong.values())


def pull_models(names: Sequence[str], settings: Settings, *, accept_licences: bool) -> bool:
    """Download the named models, or what the settings name and else the best of every role.

    True if all are there and right afterwards. Nothing is downloaded unless the licences are free for commercial use
    or accepted. Raises `ModelUnavailable` for names that are no official model or whose licence the settings refuse,
    and `DownloadFailed`.
    """
    shelf = settings.shelf
    models = _with_twins(_by_name(names, REGISTRY) if names else official_set(shelf, REGISTRY))
    shipped = [model.name for model in models if model.url is None]
    if shipped:
        raise ModelUnavailable(f"{', '.join(shipped)}: ships with Likeness, there is nothing to download.")
    refused = [model.name for model in models if shelf.refuses(model)]
    if refused:
        raise ModelUnavailable(f"LIKENESS_LICENCES=commercial refuses {', '.join(refused)}.")
    lacking = [model for model in models if fault(model, settings.weights_dir) is not None]
    for model in models:
        if model not in lacking:
            _say(f"{model.name}: is there already")
    if not lacking:
        return True
    _print_table(
        ("NAME", "DOWNLOAD", "LICENCE", "COMMERCIAL"),
        [(model.name, _size((model.archive or model).bytes), model.licence, model.commercial_use) for model in lacking],
    )
    downloads = {model.url: (model.archive or model).bytes for model in lacking}  # models of one zip come together
    _say(f"To download: {_size(sum(downloads.values()))}")
    restricted = [model.name for model in lacking if model.commercial_use != "yes"]
    if restricted and not accept_licences:
        _say(
            f"Not plainly free for commercial use: {', '.join(restricted)}. Read their licences (README.md leads to "
            "them); if they suit you, run this again with --accept-licences, or name other models.",
            sys.stderr,
        )
        return False
    try:
        return _pull(lacking, settings)
    except KeyboardInterrupt:
        _say(f"What came so far is kept in {settings.weights_dir}; the same command goes on from there.", sys.stderr)
        raise


def _pull(models: Sequence[ModelFile], settings: Settings) -> bool:
    """Download with a bar for each file; whether all went well."""
    failures: list[DownloadFailed] = []
    with closing(_Bars()) as bars:
        mirror = settings.models_mirror or None
        for pulled in pull(models, settings.weights_dir, mirror=mirror, progress=bars.update, notice=bars.note):
            bars.close()
            if pulled.failure is not None:
                failures.append(pulled.failure)
                _say(pulled.failure.message, sys.stderr)
            else:
                _say(f"{pulled.model.name}: {'downloaded' if pulled.downloaded else 'was brought by another process'}")
    if failures:
        _say(f"{len(failures)} of {len(models)} could not be downloaded.", sys.stderr)
    else:
        _say(f"All are in {settings.weights_dir}; `python -m app models list` shows which the next start uses.")
    return not failures


class _Bars:
    """One progress bar at a time, for the file that is being downloaded; lines where there is no terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None
        self._tenth = -1  # of the file, that was last told in a line

    def update(self, model: ModelFile, there: int, total: int) -> None:
        """Show that `there` of `total` bytes are there."""
        name = model.name if model.archive is None else f"{model.name} (zip)"
        if self._bar is None:
            self._tenth = -1
            self._bar = tqdm(total=total, desc=name, unit="B", unit_scale=True, initial=there, disable=None)
        self._bar.n = there
        self._bar.update(0)
        tenth = 10 * there // total
        if self._bar.disable and tenth > self._tenth:
            self._tenth = tenth
            _say(f"{name}: {_size(there)} of {_size(total)}", sys.stderr)

    def note(self, sentence: str) -> None:
        """Say something between."""
        tqdm.write(sentence, file=sys.stderr)

    def close(self) -> None:
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


def _with_twins(models: Sequence[ModelFile]) -> list[ModelFile]:
    """The models, and those whose weights they are mixed with to denoise less."""
    twins = [twin for model in models for twin in REGISTRY if twin.name == model.denoise_with]
    return list(dict.fromkeys([*models, *twins]))


def _say(text: str, file: TextIO | None = None) -> None:
    """Print at once: in a pipe the two outputs would otherwise come late and in another order."""
    print(text, file=file or sys.stdout, flush=True)


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
        _say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
