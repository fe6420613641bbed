"""The commands of the documents, as they stand: all are understood, and those about photos are done."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from itertools import takewhile
from pathlib import Path

import pytest

from app.__main__ import main, parser_of_all
from tests.app import samples
from tests.app.commands.sent import address
from tests.app.fakes import FakeModels
from tests.app.server import Likeness
from tests.markdown import FOR_USERS, examples_of, text_of

SERVICE = "https://likeness.example.org"


def commands() -> list[list[str]]:
    """The arguments of each example, without comments and what is the shell's: `> file` and `&`."""
    texts = [example for name in FOR_USERS for example in examples_of(name, "sh")]
    lines = [line for text in texts for line in re.findall(r"\.venv/bin/python -m app (.+)$", text, flags=re.MULTILINE)]
    split = [shlex.split(line, comments=True) for line in dict.fromkeys(lines)]
    return [list(takewhile(lambda word: word not in (">", "&"), words)) for words in split]


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_each_command_is_understood(arguments: list[str]) -> None:
    parser_of_all().parse_args(arguments)


@pytest.mark.parametrize(
    "arguments", [found for found in commands() if found[0] in ("enhance", "upscale")], ids=" ".join
)
def test_each_command_about_photos_is_done(
    arguments: list[str],
    tmp_path: Path,
    keeper: Likeness,
    fake_models: FakeModels,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The service of the example is one of ours, and its photos have as many faces as the boxes say."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos" / "1990").mkdir(parents=True)
    for name in ("photo.jpg", "photos/a.jpg", "photos/1990/b.jpg"):
        (tmp_path / name).write_bytes(samples.small_face())
    if "--face-overrides" in arguments:
        arguments = [*arguments, "--face-boxes", "[[0, 0, 22, 30], [70, 0, 92, 30]]"]
    words = [address(keeper) if word == SERVICE else word for word in arguments]
    assert main(words) == 0
    assert (tmp_path / arguments[2]).exists()
    said = capsys.readouterr()
    if "--json" in arguments:
        assert json.loads(said.out)["photo"] == "photos/a.jpg"
        (table,) = re.findall(r"^jq -r '(.+)' reports\.jsonl", text_of("docs/command-line.md"), flags=re.MULTILINE)
        if shutil.which("jq"):
            made = subprocess.run(["jq", "-r", table], input=said.out, capture_output=True, text=True, check=True)
            assert re.fullmatch(r"photos/a\.jpg\t[01][.0-9]*\n", made.stdout)
    else:
        assert said.out == ""
