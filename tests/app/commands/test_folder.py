"""`enhance_files`: photos of a folder, one after the other; a failure does not stop the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.commands.files import plan_files
from app.commands.folder import Workshop, enhance_files
from app.options import OutputOptions
from app.settings import Settings
from app.work.pace import Pace
from pipeline.options import EnhanceOptions
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.full_disk import full_disk


def done(source: Path, target: Path, fakes: FakeModels, **settings: float) -> list[tuple[str, bool, str]]:
    plans = plan_files(source, target, None).photos
    limits = Settings(**settings).photo_limits  # type: ignore[arg-type]
    results = enhance_files(plans, EnhanceOptions(), OutputOptions(), Workshop(fakes(), Pace(), limits))
    return [(result.source.name, result.done, result.message) for result in results]


def test_a_broken_photo_does_not_stop_the_rest(album: Path, tmp_path: Path, fakes: FakeModels) -> None:
    (album / "aa.jpg").write_bytes(images.cut(samples.portrait()))
    (album / "ab.png").write_bytes(images.noise())
    results = done(album, tmp_path / "out", fakes)
    assert [(name, good) for name, good, _ in results] == [
        ("a.jpeg", True),
        ("aa.jpg", False),
        ("ab.png", False),
        ("b.PNG", True),
    ]
    assert "is incomplete" in results[1][2]
    assert "1 of 1 face(s) restored, 96×64" in results[0][2]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.png"]
    assert samples.opened((tmp_path / "out" / "a.png").read_bytes()).size == (96, 64)


def test_a_photo_whose_model_fails_is_reported_as_failed(album: Path, tmp_path: Path, fakes: FakeModels) -> None:
    fakes.upscaler.trouble.error = RuntimeError("upset")
    assert [good for _, good, _ in done(album, tmp_path / "out", fakes)] == [False, False]
    assert not (tmp_path / "out").exists()


def test_a_target_that_cannot_be_written_is_reported(album: Path, tmp_path: Path, fakes: FakeModels) -> None:
    (tmp_path / "file").write_bytes(b"x")
    ((_, good, message),) = done(album / "b.PNG", tmp_path / "file" / "out.png", fakes)
    assert not good
    assert "file" in message


def test_a_full_disk_is_told_and_leaves_no_part(album: Path, tmp_path: Path, fakes: FakeModels) -> None:
    out = tmp_path / "out"
    with full_disk(room=100):
        results = done(album, out, fakes)
    assert [message for _, _, message in results] == [
        f"{out / name} cannot be written: File too large." for name in ("a.png", "b.png")
    ]
    assert list(out.iterdir()) == []


def test_no_partly_written_file_remains(album: Path, tmp_path: Path, fakes: FakeModels) -> None:
    target = tmp_path / "out" / "b.png"
    plans = plan_files(album / "b.PNG", target, None).photos
    target.mkdir(parents=True)  # another process creates a folder there meanwhile
    (result,) = enhance_files(
        plans, EnhanceOptions(), OutputOptions(), Workshop(fakes(), Pace(), Settings().photo_limits)
    )
    assert not result.done
    assert [path.name for path in target.parent.iterdir()] == ["b.png"]


def test_a_file_whose_name_ends_in_part_is_kept(album: Path, tmp_path: Path, fakes: FakeModels) -> None:
    """A photo that is saved beside its results, or what a browser has not finished to download."""
    (album / "c.png.part").write_bytes(before := images.jpeg(images.gradient()))
    (album / "c.jpg").write_bytes(before)
    results = done(album / "c.jpg", album / "c.png", fakes)
    assert [good for _, good, _ in results] == [True]
    assert (album / "c.png.part").read_bytes() == before


@pytest.mark.parametrize("stem", ["a" * 251, "\u5199" * 83])
def test_a_name_may_be_as_long_as_the_disk_takes(tmp_path: Path, fakes: FakeModels, stem: str) -> None:
    """255 bytes."""
    source = tmp_path / f"{stem}.png"
    source.write_bytes(images.png(images.gradient()))
    assert [good for _, good, _ in done(source, tmp_path / "out", fakes)] == [True]
    assert [path.name for path in (tmp_path / "out").iterdir()] == [source.name]


def test_pixel_limits_apply_to_files(album: Path, tmp_path: Path, fakes: FakeModels) -> None:
    ((_, good, message),) = done(album / "b.PNG", tmp_path / "a.png", fakes, max_input_megapixels=0.001)
    assert not good
    assert "megapixels" in message
    ((_, good, message),) = done(album / "b.PNG", tmp_path / "a.png", fakes, max_output_megapixels=0.006)
    assert not good
    assert "megapixels" in message
    ((_, good, _),) = done(album / "b.PNG", tmp_path / "a.png", fakes, max_output_megapixels=0.007)
    assert good


def test_warnings_are_in_the_message(tmp_path: Path, fakes: FakeModels) -> None:
    alpha = np.full((32, 48), 128, np.uint8)
    (tmp_path / "a.png").write_bytes(images.png(np.dstack([images.gradient(), alpha])))
    ((_, good, message),) = done(tmp_path / "a.png", tmp_path / "out.jpg", fakes)
    assert good
    assert "white" in message
