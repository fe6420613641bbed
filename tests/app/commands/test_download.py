"""`python -m app models pull`: which models are downloaded, licences to accept, and output."""

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
from tests.app.commands.weights import DATA, put
from tests.app.full_disk import full_disk
from tests.pipeline.models.file_server import Answer, FileServer, file_server

pytestmark = pytest.mark.usefixtures("weights_dir")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


def row(server: FileServer, name: str, **changes: object) -> ModelFile:
    """A row of the catalogue for an official model whose file the server has."""
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
    assert main(["models", "pull"]) == 0
    output = capsys.readouterr()
    assert "research only" in output.out
    assert "Not plainly free for commercial use: faces." in output.out
    assert "`python -m app models pull --accept-licences` downloads" in output.out
    assert output.err == ""
    assert main(["models", "pull", "second", "faces"]) == 0
    assert "`python -m app models pull second faces --accept-licences` downloads" in capsys.readouterr().out
    assert server.requests == []
    assert lying_in(weights_dir) == set()


@pytest.mark.usefixtures("table")
def test_pull_downloads_the_best_of_every_role_and_its_twin(
    weights_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "pull", "--accept-licences"]) == 0
    assert lying_in(weights_dir) == {"best.pth", "faces.pth", "fourfold.pth", "grainy.pth"}
    assert "best: downloaded" in capsys.readouterr().out
    assert main(["models", "pull", "--accept-licences"]) == 0
    assert "best: is there already" in capsys.readouterr().out


@pytest.mark.usefixtures("table")
def test_the_models_to_download_are_listed_with_their_total_size(capsys: pytest.CaptureFixture[str]) -> None:
    main(["models", "pull"])
    header, *rows, total, _ = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "DOWNLOAD", "LICENCE", "COMMERCIAL"]
    assert [row.split() for row in rows[1:2]] == [["faces", "0.01", "MB", "research", "only", "no"]]
    assert total == "To download: 0.03 MB"


@pytest.mark.usefixtures("table")
def test_pull_downloads_the_models_named_in_the_settings(weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_RESTORER", "second,compact-face")
    monkeypatch.setenv("LIKENESS_RECOGNISER", "none")
    assert main(["models", "pull"]) == 0
    assert lying_in(weights_dir) == {"second.pth", "fourfold.pth", "grainy.pth"}


@pytest.mark.usefixtures("table")
def test_an_installed_model_needs_no_accepted_licence(weights_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(weights_dir, "faces.pth", DATA)
    assert main(["models", "pull"]) == 0  # no other model has a licence to accept
    output = capsys.readouterr().out
    assert "faces: is there already" in output
    assert "research only" not in output


@pytest.mark.usefixtures("table")
def test_progress_is_printed_in_lines_if_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull", "best"]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("best: ")]
    assert lines[0] == "best: - of 0.01 MB"
    assert lines[-1] == "best: 0.01 MB of 0.01 MB"


@pytest.mark.usefixtures("table")
def test_each_file_has_a_progress_bar_that_ends_full(monkeypatch: pytest.MonkeyPatch, weights_dir: Path) -> None:
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
def test_ctrl_c_prints_how_to_resume(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.commands.download.pull", interrupted)
    assert main(["models", "pull", "best"]) == 130
    assert f"kept in {weights_dir}; the same command goes on" in capsys.readouterr().err


@pytest.mark.usefixtures("table")
def test_a_free_licence_needs_no_acceptance(weights_dir: Path) -> None:
    assert main(["models", "pull", "second", "second", "fourfold"]) == 0
    assert lying_in(weights_dir) == {"second.pth", "fourfold.pth", "grainy.pth"}


@pytest.mark.usefixtures("table")
def test_pull_refuses_licences_that_the_settings_refuse(
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
def test_a_name_that_cannot_be_pulled_is_refused(name: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull", name]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.usefixtures("table")
def test_one_failed_download_does_not_stop_the_others(
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
def test_without_a_network_it_ends_at_once_with_one_sentence(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("it tries again"))
    monkeypatch.setenv("LIKENESS_MODELS_MIRROR", "http://models.invalid")
    assert main(["models", "pull", "--accept-licences"]) == 1
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("models.invalid cannot be reached: ")
    assert told.endswith(". Check the network and try again. 0 of 4 models came.")
    assert lying_in(weights_dir) == set()


@pytest.mark.usefixtures("table")
def test_pull_downloads_from_the_mirror_in_the_settings(
    weights_dir: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.serve("/mirror/best.pth", Answer(DATA))
    monkeypatch.setenv("LIKENESS_MODELS_MIRROR", server.url("/mirror"))
    assert main(["models", "pull", "best"]) == 0
    assert [request.target for request in server.requests] == ["/mirror/best.pth"]


@pytest.mark.usefixtures("table")
def test_a_mirror_without_http_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LIKENESS_MODELS_MIRROR", "mirror.example.org")
    assert main(["models", "pull", "best"]) == 2
    assert "no http or https address" in capsys.readouterr().err


@pytest.mark.usefixtures("table")
def test_a_full_disk_is_told_in_a_sentence_and_leaves_no_file(
    weights_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with full_disk():
        assert main(["models", "pull", "best"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if "cannot be written" in line] == [
        f"best: {weights_dir} cannot be written: File too large. Make room on its disk, and try again."
    ]
    assert lying_in(weights_dir) == set()
    assert main(["models", "pull", "best"]) == 0
