"""The choice of models by the settings: a named folder of weights must exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import Settings
from app.work.selection import select
from pipeline.errors import ModelUnavailable


def test_a_named_folder_of_weights_must_exist(tmp_path: Path) -> None:
    settings = Settings(models="embedded", weights_dir=tmp_path / "wieghts")
    with pytest.raises(
        ModelUnavailable, match=r"LIKENESS_WEIGHTS_DIR: .*/wieghts does not exist; .* makes it"
    ) as caught:
        select(settings)
    assert caught.value.stage == "models"
    (tmp_path / "wieghts").mkdir()
    assert select(settings).offered_names("restorer") == ["portrait-face", "compact-face"]


def test_the_default_folder_of_weights_need_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert select(Settings()).offered_names("restorer") == ["portrait-face", "compact-face"]
