"""`python -m app models pull`: what is downloaded, asked about and shown."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tqdm import tqdm

from app.__main__ import main
from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.registry import REGISTRY
from tests.pipeline.models.file_server import Answer, FileServer, file_server

EMBEDDED = ("mtcnn", "compact-face", "compact-x2", "compact-x4", "dlib-resnet")


EMBEDDED = ("mtcnn", "compact-face", "compact-x2", "compact-x4", "dlib-resnet")
DATA = b"weights" * 1000


@pytest.fixture(autouse=True)
def weights_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weights"
    monkeypatch.setenv("LIKENESS_WEIGHTS_DIR", str(folder))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return folder


def put(folder: Path, name: str, data: bytes = b"not it") -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """Name → the cells of its row after the licence: commercial use, installed, in use."""
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["ROLE", "NAME", "SIZE", "LICENCE", "COMMERCIAL", "INSTALLED", "IN", "USE"]
    starts = [header.index(word) for word in ("COMMERCIAL", "INSTALLED", "IN USE")]
    ends = [*starts[1:], None]
    return {
        line.split()[1]: [line[start:end].strip() for start, end in zip(starts, ends, strict=True)] for line in lines
    }


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


def row(server: FileServer, name: str, **changes: object) -> ModelFile:
    """An official model that the server has."""
    values: dict[str, object] = {
        "name": name,
        "role": "restorer",
        "origin": "official",
        "adapter": "gfpgan",
        "file": f"{name}.pth",
        "url": server.serve(f"/{name}.pth", Answer(DATA)),
        "bytes": len(DATA),
        "sha256": hashlib.sha256(DATA).hexdigest(),
        "licence": "MIT",
        "commercial_use": "yes",
    }
    return ModelFile(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def table(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    models = (
        row(server, "best"),
        row(server, "second"),
        row(server, "faces", role="recogniser", commercial_use="no", licence="research only"),
        row(server, "fourfold", role="upscaler", scale=4, denoise_with="grainy"),
        row(server, "grainy", role="upscaler", scale=4),
    )
    monkeypatch.setattr("app.commands.download.REGISTRY", (*(m for m in REGISTRY if m.origin == "embedded"), *models))


def lying_in(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*") if path.suffix != ".lock"} if folder.is_dir() else set()


@pytest.mark.usefixtures("table")
def test_nothing_is_downloaded_before_the_licences_are_accepted(
    weights_dir: Path, server: FileServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "pull"]) == 1
    output = capsys.readouterr()
    assert "research only" in output.out
    assert "Not plainly free for commercial use: faces." in output.err
    assert "--accept-licences" in output.err
    assert server.requests == []
    assert lying_in(weights_dir) == set()


@pytest.mark.usefixtures("table")
def test_pull_brings_the_best_of_every_role_and_its_twin(weights_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull", "--accept-licences"]) == 0
    assert lying_in(weights_dir) == {"best.pth", "faces.pth", "fourfold.pth", "grainy.pth"}
    assert "best: downloaded" in capsys.readouterr().out
    assert main(["models", "pull", "--accept-licences"]) == 0
    assert "best: is there already" in capsys.readouterr().out


@pytest.mark.usefixtures("table")
def test_what_would_be_downloaded_is_told_with_its_sum(capsys: pytest.CaptureFixture[str]) -> None:
    main(["models", "pull"])
    header, *rows, total = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "DOWNLOAD", "LICENCE", "COMMERCIAL"]
    assert [row.split() for row in rows[1:2]] == [["faces", "0.01", "MB", "research", "only", "no"]]
    assert total == "To download: 0.03 MB"


@pytest.mark.usefixtures("table")
def test_what_the_settings_name_is_pulled(weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_RESTORER", "second,compact-face")
    monkeypatch.setenv("LIKENESS_RECOGNISER", "none")
    assert main(["models", "pull"]) == 0
    assert lying_in(weights_dir) == {"second.pth", "fourfold.pth", "grainy.pth"}


@pytest.mark.usefixtures("table")
def test_what_is_there_is_neither_shown_nor_asked_about(weights_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(weights_dir, "faces.pth", DATA)
    assert main(["models", "pull"]) == 0  # only that one has a licence to accept
    output = capsys.readouterr().out
    assert "faces: is there already" in output
    assert "research only" not in output


@pytest.mark.usefixtures("table")
def test_without_a_terminal_progress_is_told_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull", "best"]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("best: ")]
    assert lines[0] == "best: - of 0.01 MB"
    assert lines[-1] == "best: 0.01 MB of 0.01 MB"


@pytest.mark.usefixtures("table")
def test_a_bar_for_each_file_that_ends_full(monkeypatch: pytest.MonkeyPatch, weights_dir: Path) -> None:
    shown: list[tuple[str, int, int, int]] = []

    class Watched(tqdm):  # type: ignore[type-arg]
        def __init__(self, **options: Any) -> None:
            super().__init__(**{**options, "disable": False, "file": io.StringIO()})

        def close(self) -> None:
            if not self.disable:
                shown.append((self.desc, self.initial, self.n, self.total))
            super().close()

    monkeypatch.setattr("app.commands.download.tqdm", Watched)
    put(weights_dir, "best.pth.part", DATA[:1000])
    assert main(["models", "pull", "best", "second"]) == 0
    size = len(DATA)
    assert shown == [("best", 1000, size, size), ("second", 0, size, size)]


@pytest.mark.usefixtures("table")
def test_ctrl_c_tells_how_to_go_on(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.commands.download.pull", interrupted)
    assert main(["models", "pull", "best"]) == 130
    assert f"kept in {weights_dir}; the same command goes on" in capsys.readouterr().err


@pytest.mark.usefixtures("table")
def test_what_is_free_needs_no_acceptance(weights_dir: Path) -> None:
    assert main(["models", "pull", "second", "second", "fourfold"]) == 0
    assert lying_in(weights_dir) == {"second.pth", "fourfold.pth", "grainy.pth"}


@pytest.mark.usefixtures("table")
def test_only_welcome_licences_are_pulled(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_LICENCES", "commercial")
    assert main(["models", "pull"]) == 0
    assert "faces.pth" not in lying_in(weights_dir)
    assert main(["models", "pull", "faces", "--accept-licences"]) == 2
    assert "commercial refuses faces" in capsys.readouterr().err


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("name", "words"), [("nonsense", "no model nonsense, only mtcnn"), ("compact-x2", "nothing to download")]
)
def test_names_that_cannot_be_pulled(name: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull", name]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.usefixtures("table")
def test_one_failure_is_told_and_the_others_come(
    weights_dir: Path, server: FileServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.serve("/best.pth", Answer(b"x" * len(DATA)))
    assert main(["models", "pull", "--accept-licences"]) == 1
    output = capsys.readouterr()
    assert "best: " in output.err
    assert "SHA-256" in output.err
    assert "1 of 4 could not be downloaded." in output.err
    assert lying_in(weights_dir) == {"faces.pth", "fourfold.pth", "grainy.pth"}


@pytest.mark.usefixtures("table")
def test_the_mirror_of_the_settings_is_asked(
    weights_dir: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.serve("/mirror/best.pth", Answer(DATA))
    monkeypatch.setenv("LIKENESS_MODELS_MIRROR", server.url("/mirror"))
    assert main(["models", "pull", "best"]) == 0
    assert [request.target for request in server.requests] == ["/mirror/best.pth"]


@pytest.mark.usefixtures("table")
def test_a_mirror_that_is_no_address_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_MODELS_MIRROR", "mirror.example.org")
    assert main(["models", "pull", "best"]) == 2
    assert "no http or https address" in capsys.readouterr().err
