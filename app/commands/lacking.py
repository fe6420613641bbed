"""Figures that no photo gets, as there is no model for them: told once, at the end, with what to do about it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from app.commands.table import megabytes
from pipeline.models.catalogue.preferences import ModelPreferences, preferred
from pipeline.models.catalogue.selection import NONE, Selection, pull_command
from pipeline.models.roles import Role

# The codes of warnings that are true of every photo → the role without a model.
LACKING: Mapping[str, Role] = {
    "identity_not_protected": "recogniser",
    "identity_unavailable": "recogniser",
    "lpips_unavailable": "perceptual",
}
ELSEWHERE = (
    "Where the service runs, `python -m app models list` shows its models, and `python -m app models pull` brings more."
)


def lines_about(lacking: Mapping[str, str], advice: Mapping[Role, str]) -> Iterator[str]:
    """A line for each role of which a figure is lacking. `lacking`: code → sentence of the warnings about that."""
    for role in dict.fromkeys(LACKING[code] for code in sorted(lacking)):
        sentences = [lacking[code] for code in sorted(lacking) if LACKING[code] == role]
        yield " ".join((*sentences, advice[role]))


def advice_here(selection: Selection, preferences: ModelPreferences) -> dict[Role, str]:
    """Role → a sentence on how this machine gets a model for it."""
    return {role: _advice(role, selection, preferences) for role in LACKING.values()}


def advice_elsewhere() -> dict[Role, str]:
    """Role → a sentence on how a service gets a model for it."""
    return dict.fromkeys(LACKING.values(), ELSEWHERE)


def _advice(role: Role, selection: Selection, preferences: ModelPreferences) -> str:
    candidates = [model for model in selection.known if model.role == role]
    setting = f"LIKENESS_{role.upper()}"
    if preferences.wanted.get(role) == (NONE,):
        shipped = next((model.name for model in candidates if model.origin == "embedded"), None)
        instead = f"; without it {shipped}, which ships with Likeness, is used" if shipped else ""
        return f"{setting}={NONE} wants it so{instead}."
    allowed = [model for model in candidates if not preferences.refuses(model)]
    official = preferred(candidates, replace(preferences, origin="official"), allowed)
    if not official:
        stands_in = ", ".join(model.name for model in allowed if model.origin == "embedded")
        instead = f"; with LIKENESS_MODELS=auto {stands_in} stands in" if stands_in else ""
        refused = ", ".join(model.name for model in candidates if preferences.refuses(model))
        return f"LIKENESS_LICENCES=commercial refuses {refused}{instead}."
    download = megabytes((official[0].archive or official[0]).bytes)
    unless = " LIKENESS_MODELS=embedded must then be unset." if preferences.origin == "embedded" else ""
    return f"{pull_command(official)} downloads one ({download}).{unless}"
