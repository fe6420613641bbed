"""What a selection chose, and why it was refused."""

from __future__ import annotations

import pytest

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.preferences import ModelPreferences
from pipeline.models.catalogue.selection import Selection, choose
from tests.pipeline.models.table import (
    TABLE,
)


def names(selection: Selection) -> dict[str, list[str]]:
    """The default models of each role that has any."""
    return {role: [model.name for model in models] for role, models in selection.defaults.items() if models}


def refusal(preferences: ModelPreferences, table: tuple[ModelFile, ...] = TABLE) -> str:
    with pytest.raises(ModelUnavailable) as caught:
        choose(preferences, table)
    assert caught.value.stage == "models"
    return caught.value.message
