"""The browser app is read once, at the start: which files are read, and which errors stop the start."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from app.__main__ import main
from tests.app import export
from tests.app.fakes import FakeModels
from tests.app.server import serving

BROWSER = "text/html"


def test_changes_after_the_start_are_not_served(tmp_path: Path) -> None:
    folder = export.export(tmp_path)
    with serving(FakeModels(), web_dir=folder) as site:
        (folder / "index.html").write_text("changed", encoding="utf-8")
        (folder / "about.html").unlink()
        (folder / "new.html").write_text("new", encoding="utf-8")
        assert site.client.get("/").text == export.INDEX
        assert site.client.get("/about").status_code == 200
        assert site.client.get("/new").status_code == 404


def test_an_app_without_404_html_gives_404_in_json(tmp_path: Path) -> None:
    folder = export.export(tmp_path)
    (folder / "404.html").unlink()
    with serving(FakeModels(), web_dir=folder) as site:
        assert site.client.get("/nothing", headers={"Accept": BROWSER}).json()["code"] == "not_found"


def test_without_an_app_the_root_redirects_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "about.html").touch()
    caplog.set_level(logging.INFO, "likeness")
    with serving(FakeModels(), web_dir=tmp_path) as site:
        answer = site.client.get("/", headers={"Accept": BROWSER})
        assert (answer.status_code, answer.headers["location"]) == (307, "/docs")
        assert site.client.get("/about").status_code == 404
    (said,) = [record.getMessage() for record in caplog.records if "browser app" in record.getMessage()]
    assert str(tmp_path) in said
    assert "make web" in said


def test_the_start_logs_the_number_and_size_of_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "likeness")
    with serving(FakeModels(), web_dir=export.export(tmp_path)):
        pass
    (said,) = [record.getMessage() for record in caplog.records if "browser app" in record.getMessage()]
    assert f"{tmp_path}: 11 files, 0.0 MB" in said


def test_a_file_that_cannot_be_read_stops_the_start_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = export.export(tmp_path)

    def refuse(file: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    monkeypatch.setenv("LIKENESS_WEB_DIR", str(folder))
    monkeypatch.setenv("LIKENESS_MODELS", "embedded")
    assert main(["serve", "--port", "0"]) == 2
    said = capsys.readouterr().err
    assert str(folder) in said
    assert said.endswith("cannot be read: Permission denied.\n")


def test_an_index_html_that_links_out_of_the_folder_is_no_app(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>elsewhere</p>", encoding="utf-8")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "index.html").symlink_to(tmp_path / "index.html")
    with serving(FakeModels(), web_dir=folder) as site:
        assert site.client.get("/").headers["location"] == "/docs"
