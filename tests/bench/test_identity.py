from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench import identity
from bench.identity import Analysed, files_of, main, pairs_of, person, separation_table
from pipeline.types import Image
from tests import images
from tests.pipeline.fakes import face_in


def seen(name: str, *embeddings: tuple[float, float]) -> Analysed:
    """A photo with a face for each embedding."""
    found = np.array(embeddings, np.float32).reshape(-1, 2)
    return Analysed(name, np.zeros((1, 1, 3), np.float32), [face_in(0, 0, 1, 1)] * len(found), found)


@pytest.mark.parametrize(
    ("name", "people", "shown"),
    [
        ("ada2", (), "ada"),
        ("Ada_lovelace-3", (), "ada"),
        ("2019-03", (), None),
        ("Ada2", ("ada", "grace"), "ada"),
        ("grace_hopper", ("ada", "grace"), "grace"),
        ("whole_imgs_00", ("ada", "grace"), None),
    ],
)
def test_the_file_name_gives_the_person(name: str, people: tuple[str, ...], shown: str | None) -> None:
    assert person(name, people) == shown


def test_pairs_are_grouped_by_person() -> None:
    photos = [
        seen("ada1", (1, 0)),
        seen("ada2", (0.8, 0.6)),
        seen("grace1", (0, 1)),
        seen("group", (1, 0), (-1, 0)),  # two faces in one photo, so neither is known by name
        seen("ada_empty"),
    ]
    pairs = pairs_of(photos, ("ada", "grace"))
    assert pairs["one person"] == [pytest.approx(0.8)]
    assert sorted(pairs["two people"]) == [pytest.approx(value) for value in (0, 0.6)]
    assert pairs["in one photo"] == [-1]
    one, two, together = separation_table(photos, ("ada", "grace"), 0.5).splitlines()[-3:]
    assert "100.0 %" in one
    assert "50.0 %" in two
    assert "0.0 %" in together


def test_without_pairs_there_are_no_figures() -> None:
    table = separation_table([seen("ada", (1, 0))], (), 0.5)
    assert table.count("–") == 18


def test_texts_in_folders_are_skipped(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.png", "README.md"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder").mkdir()
    assert [file.name for file in files_of([tmp_path])] == ["a.png", "b.jpg"]


def test_a_folder_of_photos(
    tmp_path: Path, astronaut: Image, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_MODELS", "embedded")
    pixels = (astronaut[:256, 96:352] * 255).astype(np.uint8)
    for name, picture in (("eileen1", pixels), ("eileen2", pixels[:, ::-1].copy())):
        (tmp_path / f"{name}.png").write_bytes(images.png(picture))
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    assert main([str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "broken.jpg" in said.err
    lines = {line.split("|")[1].strip(): line.split("|")[2:-1] for line in said.out.splitlines() if "|" in line}
    assert [cell.strip() for cell in lines["eileen1"][:2]] == ["1", "1"]
    assert all(0.5 < float(cell) <= 1 for cell in lines["eileen1"][2:])
    assert lines["one person"][0].strip() == "1"


def test_no_readable_photo_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert "No photo" in capsys.readouterr().err


def test_without_a_recogniser_it_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIKENESS_RECOGNISER", "none")
    with pytest.raises(SystemExit):
        identity.main([str(tmp_path)])
