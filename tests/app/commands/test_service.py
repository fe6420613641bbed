"""The service of `--server`: its address, its key, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.__main__ import main
from app.access.keys import new_key
from app.commands import sending
from client.likeness_client import Retries
from tests.app import samples
from tests.app.commands.refused import refused
from tests.app.commands.sent import address
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import keeping
from tests.app.server import Likeness, serving


def test_a_wrong_key_is_told_once(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, entry = new_key("shop")
    (tmp_path / "key").write_text("wrong\n")
    with serving(FakeModels(), api_keys=entry) as server:
        command = ["enhance", str(photos), str(tmp_path / "out"), "--server", address(server)]
        assert main([*command, "--api-key-file", str(tmp_path / "key")]) == 2
        assert capsys.readouterr().err.count("This API key is not known here.") == 1
        assert main(command) == 2
        assert "An API key is needed" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_key_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, entry = new_key("shop")
    (tmp_path / "key").write_text(f"{key}\n")
    photo = tmp_path / "a.jpg"
    photo.write_bytes(samples.small_face())
    with keeping(tmp_path / "data", api_keys=entry) as server:
        command = ["enhance", str(photo), str(tmp_path / "a.png"), "--server", address(server)]
        assert main([*command, "--api-key-file", str(tmp_path / "key")]) == 0
        monkeypatch.setenv("LIKENESS_API_KEY", key)
        assert main(command) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--server", "likeness"], "likeness is no address like https://"),
        (["--server", "http://127.0.0.1:1"], "http://127.0.0.1:1: The server did not answer: "),
        (["--server", "KEEPER", "--api-key-file", "none"], "none cannot be read"),
        (["--server", "KEEPER", "--api-key-file", "empty"], "empty is empty."),
        (["--server", "KEEPER", "--restorer", "nobody"], "--restorer: the service offers "),
        (["--server", "KEEPER", "--output-format", "jpeg", "--bit-depth", "16"], "bit_depth=16 is for PNG and TIFF"),
        (["--server", "KEEPER", "--keep-location"], "--keep-location needs --metadata keep."),
        (["--jobs", "2"], "--jobs needs --server."),
        (["--api-key-file", "key"], "--api-key-file needs --server."),
    ],
)
def test_what_cannot_work_is_refused(
    options: list[str],
    said: str,
    photos: Path,
    tmp_path: Path,
    keeper: Likeness,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sending, "START", Retries(attempts=1))
    monkeypatch.chdir(tmp_path)
    Path("empty").write_text("\n")
    options = [option.replace("KEEPER", address(keeper)) for option in options]
    assert main(["enhance", str(photos), str(tmp_path / "out"), *options]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("count", ["0", "65", "many"])
def test_a_wrong_number_at_once_is_refused(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "between 1 and 64" in refused(["enhance", "a", "b", "--server", "http://x", "--jobs", count], capsys)


def test_faces_are_no_matter_of_upscale(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--strength" in refused(["upscale", "a", "b", "--strength", "1"], capsys)
