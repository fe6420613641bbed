"""Figures that no photo gets, as there is no model for them: told once, at the end, with what to do about it."""

from collections.abc import Iterator, Mapping

from app.commands.table import megabytes
from pipeline.models.catalogue.lacking import FIGURE_ROLES, NO_LICENCE, Lack, lack_of
from pipeline.models.catalogue.preferences import ModelPreferences
from pipeline.models.catalogue.selection import Selection
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
    return {role: _advice(lack_of(role, selection, preferences)) for role in FIGURE_ROLES}


def advice_elsewhere() -> dict[Role, str]:
    """Role → a sentence on how a service gets a model for it."""
    return dict.fromkeys(LACKING.values(), ELSEWHERE)


def _advice(lack: Lack) -> str:
    instead = ", ".join(lack.instead)
    if lack.command is not None:
        unless = f" {lack.setting} must then be unset." if lack.setting else ""
        return f"`{lack.command}` downloads one ({megabytes(lack.bytes)}).{unless}"
    if lack.setting == NO_LICENCE:
        return f"{lack.setting} refuses {', '.join(lack.models)}."
    used = f"; without it {instead}, which ships with Likeness, is used" if instead else ""
    return f"{lack.setting} wants it so{used}."
