"""Which models are used, by the settings."""

from app.settings import Settings
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
