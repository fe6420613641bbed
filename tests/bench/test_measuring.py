"""The measuring tools, on small inputs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from bench import busy, machine, photo, server
from bench.likeness import GivenFaces
from bench.peak import PeakMemory
from bench.rate import flops, product_rate
from bench.stopwatch import Stopwatch, Timed
from pipeline.run import Run
from pipeline.steps.detection import detect
from pipeline.types import Face, Image


def test_the_machines_rate_is_positive() -> None:
    assert product_rate(torch.float32, "cpu", (64,)) > 0


def test_a_networks_work_is_counted() -> None:
    convolution = torch.nn.Conv2d(3, 8, 3, padding=1, bias=False)
    assert flops(convolution, torch.zeros(2, 3, 16, 16)) == 2 * (2 * 16 * 16 * 8 * 3 * 9)


def test_the_machine_is_described() -> None:
    found = machine.describe("cpu")
    assert found["cpu"]
    assert int(found["cores"]) >= 1
    assert "gpu" not in found


def test_a_runs_peak_is_its_own_and_the_process_remembers_the_highest() -> None:
    peak = PeakMemory()
    peak.reset()
    before = peak.read()["run_mb"]
    block = np.ones(200_000_000, np.uint8)
    with_block = peak.read()
    assert before is not None
    assert with_block["run_mb"] is not None
    assert with_block["run_mb"] >= before + 150
    del block
    peak.reset()
    after = peak.read()
    assert after["process_mb"] is not None
    assert after["process_mb"] >= with_block["run_mb"]
    if Path("/proc/self/clear_refs").exists():
        assert after["run_mb"] is not None
        assert after["run_mb"] <= with_block["run_mb"] - 150


def test_a_timed_method_is_added_up_and_other_attributes_stay() -> None:
    model = SimpleNamespace(name="model", parse=lambda crop, *, twice=False: crop * (2 if twice else 1))
    stopwatch = Stopwatch()
    timed = Timed(model, "parse", stopwatch, "parser")
    assert (timed.name, timed.parse(3), timed.parse(3, twice=True)) == ("model", 3, 6)
    assert set(stopwatch.milliseconds) == {"parser"}
    stopwatch.reset()
    assert stopwatch.milliseconds == {}


# --- photos ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", [photo.portrait(512), photo.portrait(400), photo.mosaic(400, 2)])
def test_given_faces_are_where_the_detector_finds_them(sample: photo.Sample, embedded_models: object) -> None:
    image = np.ascontiguousarray(sample.pixels, dtype=np.float32) / 255
    found = embedded_models.detector.detect(image, Run().check)  # type: ignore[attr-defined]
    assert len(found) >= 1
    for face in found:
        nearest = min(np.abs(face.landmarks - given.landmarks).max() for given in sample.faces)
        assert nearest <= 0.02 * image.shape[0]


def test_a_mosaic_has_a_face_in_every_place(tmp_path: Path) -> None:
    sample = photo.mosaic(400, 4)
    assert sample.pixels.shape == (400, 400, 3)
    assert len(sample.faces) == 16
    assert np.array_equal(sample.faces[5].box, sample.faces[0].box + 100)
    file = cv2.imread(str(sample.save(tmp_path / "mosaic.png")))
    assert np.array_equal(file[..., ::-1], sample.pixels)
    again = photo.from_json(photo.to_json(sample.faces))
    assert np.array_equal(again[7].landmarks, sample.faces[7].landmarks)


def test_a_detector_runs_and_the_given_faces_are_returned() -> None:
    seen: list[tuple[int, ...]] = []

    def look(image: Image, check: Callable[[], None]) -> list[Face]:
        check()
        seen.append(image.shape)
        return []

    detector = SimpleNamespace(name="detector", working_bytes=0, max_side=100, detect=look)
    sample = photo.portrait(400)
    image = np.zeros((400, 400, 3), np.float32)
    (found,) = detect(image, GivenFaces(detector, sample.faces, 400), Run())
    assert seen == [(100, 100, 3)]
    assert np.allclose(found.landmarks, sample.faces[0].landmarks, atol=1e-2)
    assert np.allclose(found.box, sample.faces[0].box, atol=1e-2)


# --- the device's busy share ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("photos", "share"), [(0, 0.0), (1, 1.0)])
def test_the_busy_share_of_the_device(photos: int, share: float) -> None:
    admission = SimpleNamespace(on_device=photos)
    assert server.watch(admission, 0.05)["busy"] == share  # type: ignore[arg-type]


def test_clients_send_until_the_block_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr("httpx.Client.post", answering(sent, 200))
    with busy.Clients(1, b"photo") as clients:
        while len(sent) < 10:
            time.sleep(0.001)
    assert clients.done_since(0.0) >= 10
    assert set(sent) == {"http://127.0.0.1:1/api/v1/enhance"}


def test_a_refused_photo_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("httpx.Client.post", answering([], 503))
    with pytest.raises(ValueError, match="503"), busy.Clients(1, b"photo"):
        pass


def answering(sent: list[str], status: int) -> Callable[..., object]:
    def check() -> None:
        if status != 200:
            raise ValueError(str(status))

    def post(client: object, url: str, **options: object) -> object:
        sent.append(url)
        return SimpleNamespace(raise_for_status=check)

    return post
