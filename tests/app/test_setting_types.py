"""Hosts, mirrors, names of models and folders: what a setting may be, and why it is refused."""

from __future__ import annotations

import os
import string
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.setting_types import MAX_HOST, check_folder, check_host, check_mirror, check_names
from app.settings import Settings

SIGNS = st.text(st.sampled_from(string.printable + "ß·\u200b"), max_size=40)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "::", "fe80::1%eth0", "localhost", "likeness_1", "a.b-c.example.org", "example.org.", "x" * 63],
)
def test_addresses_and_names_are_hosts(host: str) -> None:
    assert check_host(host) == host


@pytest.mark.parametrize(
    "host",
    ["", " ", "*", "a b", "a..b", ".a", "[::1]", "127.0.0.1:80", "http://a", "ä.example.org", "x" * 64, "a." * 127],
)
def test_other_texts_are_no_hosts(host: str) -> None:
    assert len(host) <= MAX_HOST + 1
    with pytest.raises(ValueError, match="neither an IP address nor the name of a host"):
        check_host(host)


@pytest.mark.parametrize(
    "url", ["", "http://mirror", "https://user:word@mirror.example.org:8443/a/b/", "http://[::1]:8000/models"]
)
def test_http_urls_are_mirrors(url: str) -> None:
    assert check_mirror(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "mirror.example.org",
        "user:canary@mirror.example.org",
        "ftp://mirror.example.org",
        "file:///models",
        "https://",
        "https://user:canary@",
        "https://mirror:canary",
        "https://mirror:0",
        "https://mirror:65536",
        "https://[canary",
        "https://mirror/?token=canary",
        "https://mirror/#canary",
        "https://mirror/a folder",
    ],
)
def test_other_texts_are_no_mirrors_and_are_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="no http or https address") as caught:
        check_mirror(url)
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None or "canary" not in str(caught.value.__context__)


@pytest.mark.parametrize("text", ["", "none", "gfpgan-v1.4", " a ,b_2,, c.3 ", ","])
def test_names_of_models_are_separated_by_commas(text: str) -> None:
    assert check_names(text) == text


@pytest.mark.parametrize("text", ["a b", "a;b", "../a", "redis://:word@cache", "a,-b", "ä"])
def test_other_texts_are_no_names_of_models(text: str) -> None:
    with pytest.raises(ValueError, match="the name of a model has letters"):
        check_names(text)


@given(SIGNS)
def test_any_text_is_taken_unchanged_or_refused(text: str) -> None:
    for check in (check_host, check_mirror, check_names):
        with suppress(ValueError):  # and no other error
            assert check(text) == text


class TestFolder:
    def test_a_folder_is_taken(self, tmp_path: Path) -> None:
        assert check_folder(tmp_path, missing_ok=False) == tmp_path

    def test_a_missing_one_is_refused_unless_it_may_be_made(self, tmp_path: Path) -> None:
        missing = tmp_path / "missing"
        assert check_folder(missing, missing_ok=True) == missing
        with pytest.raises(ValueError, match="missing does not exist"):
            check_folder(missing, missing_ok=False)

    @pytest.mark.parametrize("missing_ok", [True, False])
    def test_a_file_is_refused(self, missing_ok: bool, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        for path in (file, file / "inside"):
            with pytest.raises(ValueError, match="is not a folder"):
                check_folder(path, missing_ok=missing_ok)

    def test_what_cannot_be_read_is_refused_with_the_systems_reason(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loop = tmp_path / "loop"
        loop.symlink_to(loop)
        with pytest.raises(ValueError, match="loop cannot be read: Too many levels of symbolic links"):
            check_folder(loop, missing_ok=True)
        monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # the superuser may enter every folder
        with pytest.raises(ValueError, match="files in it cannot be opened"):
            check_folder(tmp_path, missing_ok=True)

    @pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every folder")
    @pytest.mark.parametrize("mode", [0, 0o111, 0o444])
    def test_a_folder_without_permission_is_refused(self, mode: int, tmp_path: Path) -> None:
        tmp_path.chmod(mode)
        try:
            with pytest.raises(ValueError, match="cannot be read"):
                check_folder(tmp_path, missing_ok=True)
        finally:
            tmp_path.chmod(0o700)


def test_the_default_folders_need_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = Settings()
    assert not settings.web_dir.exists()
    assert settings.weights_dir == tmp_path / ".cache" / "likeness"
    assert not settings.lacks_weights_dir
    monkeypatch.setenv("LIKENESS_WEB_DIR", "web/out")
    monkeypatch.setenv("LIKENESS_WEIGHTS_DIR", "~/.cache/likeness")
    assert Settings() == settings


def test_only_a_named_folder_of_weights_can_be_lacking(tmp_path: Path) -> None:
    assert Settings(weights_dir=tmp_path / "weights").lacks_weights_dir  # `models pull` makes it
    assert not Settings(weights_dir=tmp_path).lacks_weights_dir


def test_a_tilde_in_a_folder_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LIKENESS_WEIGHTS_DIR", "~/weights")
    monkeypatch.setenv("LIKENESS_WEB_DIR", "~/app")
    assert Settings().weights_dir == tmp_path / "weights"
    assert Settings().web_dir == tmp_path / "app"
