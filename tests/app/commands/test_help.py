"""Every option of every command is explained."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.__main__ import main, parser_of_all

ROOT = Path(__file__).resolve().parents[3]


def explained(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str | None]]:
    """Each option, argument and command of a parser and of those below, with its help."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            words = {choice.dest: choice.help for choice in action._choices_actions}
            for name, command in action.choices.items():
                yield command.prog, words.get(name)
                yield from explained(command)
        else:
            yield f"{parser.prog} {'/'.join(action.option_strings) or action.dest}", action.help


def test_every_command_and_option_has_help() -> None:
    found = dict(explained(parser_of_all()))
    assert {"python -m app models pull --accept-licences", "python -m app enhance --face-overrides"} <= set(found)
    assert [name for name, words in found.items() if not words or words == argparse.SUPPRESS] == []


def test_every_option_of_benchmarks_and_training_has_help() -> None:
    """Their parsers are made where they are used, so the source is read."""
    calls = [
        (path, call)
        for folder in ("app", "bench", "training")
        for path in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument"
    ]
    assert len(calls) > 30
    silent = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, call in calls
        if not {"help", None} & {keyword.arg for keyword in call.keywords}  # None: **words
    ]
    assert silent == []


@pytest.mark.parametrize("task", ["enhance", "upscale"])
def test_defaults_are_told_where_there_are_some(task: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([task, "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "(default: 2.0)" in said
    assert "(default: None)" not in said
