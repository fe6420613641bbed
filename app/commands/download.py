"""`python -m app models pull`: official models, downloaded."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial

from app.commands.exit_status import SOME_FAILED
from app.commands.progress_bar import tqdm
from app.commands.table import megabytes, print_table, say
from app.settings import Settings
from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.selection import models_by_name, official_set
from pipeline.models.catalogue.weights import fault
from pipeline.models.download.failures import NoNetwork
from pipeline.models.download.pull import pull


def pull_models(parsed: argparse.Namespace, settings: Settings) -> int:
    """Download the named models, or what the settings name and else the best of every role; 1 if one fails.

    Where a licence that is not free for commercial use is not accepted, it only shows what would be downloaded. Raises
    `ModelUnavailable` for names that are no official model or whose licence the settings refuse, and `DownloadFailed`.
    """
    preferences = settings.model_preferences
    models = models_by_name(parsed.names, REGISTRY) if parsed.names else official_set(preferences, REGISTRY)
    mixed_in = [other for model in models for other in REGISTRY if other.name == model.denoise_with]
    models = list(dict.fromkeys([*models, *mixed_in]))
    shipped = [model.name for model in models if model.url is None]
    if shipped:
        raise ModelUnavailable(f"{', '.join(shipped)}: ships with Likeness, there is nothing to download.")
    refused = [model.name for model in models if preferences.refuses(model)]
    if refused:
        raise ModelUnavailable(f"LIKENESS_LICENCES=commercial refuses {', '.join(refused)}.")
    lacking = [model for model in models if fault(model, settings.weights_dir) is not None]
    for model in models:
        if model not in lacking:
            say(f"{model.name}: is there already")
    if not lacking:
        return 0
    rows = [(m.name, megabytes((m.archive or m).bytes), m.licence, m.commercial_use) for m in lacking]
    print_table(("NAME", "DOWNLOAD", "LICENCE", "COMMERCIAL"), rows)
    downloads = {model.url: (model.archive or model).bytes or 0 for model in lacking}  # models of one zip come together
    say(f"To download: {megabytes(sum(downloads.values()))}")
    restricted = [model.name for model in lacking if model.commercial_use != "yes"]
    if restricted and not parsed.accept_licences:
        again = " ".join(("python -m app models pull", *parsed.names, "--accept-licences"))
        say(
            f"Nothing was downloaded yet. Not plainly free for commercial use: {', '.join(restricted)}. Read their "
            f"licences (docs/models.md leads to them); if they suit you, `{again}` downloads. Else name other models."
        )
        return 0
    try:
        return 0 if _pull(lacking, settings) else SOME_FAILED
    except KeyboardInterrupt:
        say(f"What came so far is kept in {settings.weights_dir}; the same command goes on from there.", sys.stderr)
        raise


def _pull(models: Sequence[ModelFile], settings: Settings) -> bool:
    """Download with a bar for each file; whether all went well."""
    done, mirror = 0, settings.models_mirror or None
    note = partial(tqdm.write, file=sys.stderr)  # does not break the bar
    with closing(_Bars()) as bars:
        try:
            for pulled in pull(models, settings.weights_dir, mirror=mirror, progress=bars.update, notice=note):
                bars.close()
                if pulled.failure is not None:
                    say(pulled.failure.message, sys.stderr)
                    continue
                done += 1
                say(f"{pulled.model.name}: {'downloaded' if pulled.downloaded else 'was brought by another process'}")
        except NoNetwork as error:
            bars.close()
            say(f"{error.message} {done} of {len(models)} models came.", sys.stderr)
            return False
    failed = len(models) - done
    if failed:
        say(f"{failed} of {len(models)} could not be downloaded.", sys.stderr)
    else:
        say(f"All are in {settings.weights_dir}; `python -m app models list` shows which the next start uses.")
    return not failed


class _Bars:
    """One progress bar at a time, for the file that is being downloaded; lines where there is no terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None
        self._tenth = -1  # of the file: the last for which a line was printed

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
            say(f"{name}: {megabytes(there)} of {megabytes(total)}", sys.stderr)

    def close(self) -> None:
        """Remove the bar: the file is complete, or its download has failed."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
