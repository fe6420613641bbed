"""`Client`: jobs and batches of the real service."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from client.likeness_client import Batch, Client, JobFailed, Refused, WaitTimeout
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import JOBS
from tests.app.server import Likeness

PHOTO = samples.small_face()


def test_a_job_is_submitted_awaited_and_fetched(client: Client, photo: Path, held: FakeModels) -> None:
    seen = [job := client.submit(photo, output_format="png")]
    assert (job.file_name, job.is_over) == ("größe.jpg", False)
    with pytest.raises(WaitTimeout):
        client.wait(job, on_progress=seen.append, timeout=0.3)
    held.detector.gate.set()
    over = client.wait(job, on_progress=seen.append, timeout=30)
    assert (over.state, seen[-1]) == ("succeeded", over)
    assert [seen[0].state, seen[-1].state] == ["queued", "succeeded"]
    restored = client.result(over)
    assert restored.picture == client.enhance(PHOTO).picture
    assert over.result is not None
    assert (over.result.bytes, over.result.width) == (len(restored.picture), restored.report.width)
    assert client.wait(job.id).id == client.job(job.id).id == job.id
    client.delete(over)
    with pytest.raises(Refused) as caught:
        client.job(job.id)
    assert (caught.value.status, caught.value.code) == (404, "unknown_job")


def test_a_job_that_failed_raises_its_error(client: Client) -> None:
    job = client.submit(samples.no_face() + b" ", kind="upscale")
    assert client.wait(job).state == "succeeded"
    batch = client.batch([b"no picture" * 50])
    with pytest.raises(JobFailed, match="no picture of a kind") as caught:
        client.wait(batch.jobs[0])
    assert (caught.value.code, caught.value.status) == ("unsupported_media_type", 415)


def test_a_job_is_cancelled(client: Client, held: FakeModels) -> None:
    first, second = client.submit(PHOTO), client.submit(PHOTO)
    assert client.cancel(second).state == "cancelled"
    with pytest.raises(JobFailed) as caught:
        client.wait(second)
    assert caught.value.code == "job_cancelled"
    held.detector.gate.set()
    client.wait(first, timeout=30)


def test_a_batch_is_done_and_its_results_written(client: Client, photo: Path, tmp_path: Path) -> None:
    seen: list[Batch] = []
    batch = client.batch([photo, PHOTO, b"no picture" * 50], on_progress=seen.append, upscale_factor=1, kind="upscale")
    assert [job.state for job in batch.jobs] == ["succeeded", "succeeded", "failed"]
    assert (batch.counts, seen[-1].is_over) == ({"succeeded": 2, "failed": 1}, True)
    target = client.results_zip(batch, tmp_path / "all.zip")
    with zipfile.ZipFile(target) as made:
        assert made.testzip() is None
        assert made.read("größe.png") == client.result(batch.jobs[0]).picture
    assert [path.name for path in tmp_path.glob("*.part")] == []
    client.delete(batch)
    with pytest.raises(Refused):
        client.wait_batch(batch)


def test_a_batch_is_cancelled(client: Client, held: FakeModels, tmp_path: Path) -> None:
    batch = client.submit_batch([PHOTO, PHOTO])
    with pytest.raises(WaitTimeout):
        client.wait_batch(batch, timeout=0.2)
    with pytest.raises(Refused):
        client.results_zip(batch, tmp_path / "all.zip")
    assert list(tmp_path.iterdir()) == []
    client.cancel(batch)
    held.detector.gate.set()
    assert client.wait_batch(batch, timeout=30).counts["cancelled"] >= 1  # the other one may just have been done


def test_all_pages_of_jobs_are_listed(server: Likeness, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.likeness_client.client.first_page", lambda state: f"{JOBS}?limit=2&state={state}")
    made = [client.submit(PHOTO, upscale_factor=1) for _ in range(5)]
    for job in made:
        client.wait(job, timeout=30)
    listed = [job.id for job in client.jobs("succeeded")]
    assert listed[:5] == [job.id for job in reversed(made)]
    assert len(listed) == len({*listed})
