"""Which models are used, by the settings."""

from typing import Literal

from app.settings import Settings
from app.work.errors import BadParameter
from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.selection import Selection, choose


def select(settings: Settings) -> Selection:
    """The models to use, their files checked.

    Raises `ModelUnavailable`, also if a folder of weights was named that does not exist: with a mistake in its name the
    embedded models would silently be used.
    """
    if settings.lacks_weights_dir:
        raise ModelUnavailable(
            f"LIKENESS_WEIGHTS_DIR: {settings.weights_dir} does not exist; `python -m app models pull` makes it.",
            stage="models",
        )
    return choose(settings.model_preferences)


def check_offered(role: Literal["restorer", "upscaler"], name: str | None, selection: Selection) -> None:
    """Raise `BadParameter` where a request names a model that is not offered."""
    offered = selection.offered_names(role)
    if name is not None and name not in offered:
        raise BadParameter(f"{role}: this server offers {', '.join(offered)}, not {name[:80]}.")
