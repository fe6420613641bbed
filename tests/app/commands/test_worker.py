"""`python -m app worker` before it works: what it needs, in one sentence each."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.__main__ import main
from app.commands import observed_worker

BROKER = "redis://:c4n4ry@127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIKENESS_BROKER_URL", BROKER)
    monkeypatch.setenv("LIKENESS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LIKENESS_MODELS", "embedded")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"BROKER_URL": ""}, "LIKENESS_BROKER_URL: it is missing. A worker gets its jobs from there."),
        (
            {"DATA_DIR": ""},
            "LIKENESS_BROKER_URL: it needs a place for jobs: LIKENESS_DATA_DIR, or LIKENESS_DATABASE_URL and "
            "LIKENESS_OBJECTS_URL.",
        ),
        ({"DATA_DIR": __file__}, f"LIKENESS_DATA_DIR: {__file__} cannot be made: File exists."),
    ],
)
def test_what_hinders_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variables: dict[str, str], sentence: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"LIKENESS_{name}", value)
    assert main(["worker"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == sentence


@pytest.mark.parametrize("queues", ["", "face", "faces,", "faces,faces", "faces;video"])
def test_queues_that_are_not(capsys: pytest.CaptureFixture[str], queues: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["worker", "--queues", queues])
    assert ended.value.code == 2
    assert "some of faces,upscale,video" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "queues"),
    [([], ("faces", "upscale", "video")), (["--queues", "upscale, faces"], ("upscale", "faces"))],
)
@pytest.mark.parametrize(("can_go_on", "status"), [(True, 0), (False, 1)])
def test_it_works(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], queues: tuple[str, ...], can_go_on: bool, status: int
) -> None:
    asked = []
    monkeypatch.setattr(observed_worker, "run_observed", lambda *given: asked.append(given) or can_go_on)
    assert main(["worker", *arguments]) == status
    ((settings, selection, given_queues),) = asked
    assert settings.broker_url == BROKER
    assert selection is not None
    assert tuple(given_queues) == queues
