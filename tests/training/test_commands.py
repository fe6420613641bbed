"""The commands that training/README.md names start."""

from __future__ import annotations

import importlib
import sys

import pytest


@pytest.mark.parametrize("name", ["detector", "recogniser", "train", "evaluation", "pictures"])
def test_a_command_shows_its_help(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = importlib.import_module(f"training.{name}")
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as caught:
        command.main()
    assert caught.value.code == 0
    assert "--help" in capsys.readouterr().out
