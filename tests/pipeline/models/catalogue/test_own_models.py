from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.own_models import TABLE, read_own_models

HASH = "ab" * 32
HEADER = "path,sha256,licence,commercial_use,name\n"


def read(text: str, folder: Path) -> list[tuple[str, str | None, str, str]]:
    (folder / TABLE).write_text(text, encoding="utf-8")
    return [(model.name, model.file, model.licence, model.commercial_use) for model in read_own_models(folder)]


def test_no_table_and_no_folder_are_no_models(tmp_path: Path) -> None:
    assert read_own_models(tmp_path) == ()
    assert read_own_models(tmp_path / "missing") == ()
    (tmp_path / "file").touch()
    assert read_own_models(tmp_path / "file") == ()


def test_a_line_is_a_model(tmp_path: Path) -> None:
    assert read(f"path,sha256,licence\n4x-Sharp_v2.pth,{HASH.upper()},CC-BY-4.0\n", tmp_path) == [
        ("4x-Sharp_v2", "4x-Sharp_v2.pth", "CC-BY-4.0", "unclear")
    ]
    model = read_own_models(tmp_path)[0]
    assert (model.role, model.origin, model.adapter) == ("upscaler", "own", "spandrel-upscaler")
    assert (model.sha256, model.url) == (HASH, None)


def test_all_columns_in_any_order_with_quotes_and_spaces(tmp_path: Path) -> None:
    text = f'name , licence, path, commercial_use, sha256\nfine, "MIT, by X", /models/a b.safetensors, Yes, {HASH}\n'
    assert read(text, tmp_path) == [("fine", "/models/a b.safetensors", "MIT, by X", "yes")]


def test_a_table_saved_by_a_spreadsheet(tmp_path: Path) -> None:
    (tmp_path / TABLE).write_bytes(b"\xef\xbb\xbf" + f"path,sha256,licence\r\na.pth,{HASH},MIT\r\n\r\n".encode())
    assert [model.name for model in read_own_models(tmp_path)] == ["a"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["first line must be path,sha256,licence"]),
        ("path,sha256\na.pth,x\n", ["first line"]),
        ("path,sha256,licence,scale\n", ["first line"]),
        (f"{HEADER}a.pth,{HASH}\n", ["line 2", "columns"]),
        (f"{HEADER}a.pth,{HASH},,yes,a\n", ["line 2", "columns"]),
        (f"{HEADER}a.pth,{HASH},MIT,yes,a,more\n", ["line 2", "columns"]),
        (f"{HEADER}a.pth,abc,MIT,yes,a\n", ["line 2", "64 hexadecimal"]),
        (f"{HEADER}a.onnx,{HASH},MIT,yes,a\n", ["line 2", ".safetensors"]),
        (f"{HEADER}a.pth,{HASH},MIT,maybe,a\n", ["line 2", "maybe", "yes, no, unclear"]),
        (f"{HEADER}a.pth,{HASH},MIT,yes,a/b\n", ["line 2", "a/b"]),
        (f"{HEADER}a.pth,{HASH},MIT,yes,a\nb.pth,{HASH},MIT,yes,a\n", ["line 3", "a is there twice"]),
        (f"{HEADER}~nobody-of-that-name/a.pth,{HASH},MIT,yes,a\n", ["line 2", "home directory"]),
        (f'{HEADER}"a.pth,{HASH},MIT,yes,a\n', ["line"]),
    ],
)
def test_a_wrong_table_says_where_it_is_wrong(text: str, words: list[str], tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        read(text, tmp_path)
    assert caught.value.stage == "models"
    assert str(tmp_path / TABLE) in caught.value.message
    assert all(word in caught.value.message for word in words), caught.value.message


def test_a_table_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / TABLE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        read_own_models(tmp_path)


def test_a_folder_that_may_not_be_entered_holds_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As under systemd's ProtectHome, or in a container that runs as another user."""

    def forbidden(path: Path, **_: object) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", forbidden)
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        read_own_models(tmp_path)
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert read_own_models(tmp_path) == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_somebody_else_can_start_beside_a_closed_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path\n"
        "from pipeline.models.catalogue.preferences import ModelPreferences\n"
        "from pipeline.models.catalogue.selection import choose\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "print(choose(ModelPreferences(Path(sys.argv[1]) / 'likeness')).offered_names('restorer'))"
    )
    arguments = [sys.executable, "-c", code, str(closed), str(Path(__file__).resolve().parents[4])]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    if "Permission denied" in ended.stderr and "embedded" in ended.stderr:
        pytest.skip("this checkout may not be read by others")
    assert ended.stdout == "['portrait-face', 'compact-face']\n", ended.stderr
