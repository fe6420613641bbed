"""Batches: many photos in one form, stored while they arrive, and their results as a ZIP."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.http.schemas.jobs import BatchOut
from jobs.errors import StoreUnavailable
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import BATCHES, JOBS, keeping, objects_at_rest, objects_in
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import BOUNDARY, MULTIPART, Likeness, eventually, form_body, head_of

PHOTO = samples.small_face()
MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def server(folder: Path, models: FakeModels) -> Iterator[Likeness]:
    with keeping(folder, models, batch_size=4, max_upload_mb=1) as likeness:
        yield likeness


@pytest.fixture
def held(models: FakeModels) -> Iterator[FakeModels]:
    models.detector.gate.clear()
    yield models
    models.detector.gate.set()


def submit(
    server: Likeness, *files: tuple[str, bytes], path: str = BATCHES, headers: Any = None, **fields: object
) -> Any:
    data = {name: str(value) for name, value in fields.items()}
    return server.client.post(path, files=[("file", file) for file in files], data=data, headers=headers)


def over(server: Likeness, path: str) -> dict[str, Any]:
    eventually(lambda: server.client.get(path).json()["links"]["results"])
    batch: dict[str, Any] = server.client.get(path).json()
    return batch


def archive(**entries: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return target.getvalue()


def test_each_file_is_a_job(server: Likeness) -> None:
    response = submit(server, ("a.jpg", PHOTO), ("b.jpg", PHOTO), upscale_factor=1, output_format="jpeg")
    assert response.status_code == 202, response.text
    batch = BatchOut.model_validate_json(response.content, strict=True)
    assert response.headers["location"] == batch.links.self == f"{BATCHES}/{batch.id}"
    assert [job.file_name for job in batch.jobs] == ["a.jpg", "b.jpg"]
    assert sum(batch.counts.values()) == 2
    finished = over(server, batch.links.self)
    assert finished["counts"] == {"succeeded": 2}
    now = server.enhance(PHOTO, accept="image/jpeg", upscale_factor=1)
    for job in finished["jobs"]:
        assert server.client.get(f"{JOBS}/{job['id']}").json()["batch"] == str(batch.id)
        assert server.client.get(job["links"]["result"]).content == now.content


@pytest.mark.parametrize("path", [BATCHES, "/enhance/batch"])
def test_a_batch_sent_again_under_its_key_is_the_same_batch(server: Likeness, folder: Path, path: str) -> None:
    files = [("a.jpg", PHOTO), ("b.txt", b"no picture" * 50), ("c.zip", archive(**{"d.jpg": PHOTO}))]
    headers = {"Idempotency-Key": f"mine {path}".replace(" ", "-")}
    first = submit(server, *files, path=path, headers=headers, upscale_factor=1)
    over(server, first.headers["location"])
    stored = objects_in(folder)
    again = submit(server, *files, path=path, headers=headers, upscale_factor=1)
    assert (again.status_code, again.headers["location"]) == (202, first.headers["location"])
    assert [job["id"] for job in again.json()["jobs"]] == [job["id"] for job in first.json()["jobs"]]
    for other in ([*files[:2], ("c.zip", archive(**{"d.jpg": PHOTO + b"x"}))], files[:2], files[1:] + files[:1]):
        refused = submit(server, *other, path=path, headers=headers, upscale_factor=1)
        assert_refused(refused, 422, "idempotency_mismatch", "request")
    assert submit(server, *files, path=path, headers=headers).json()["code"] == "idempotency_mismatch"
    assert objects_in(folder) == stored
    refused = submit(server, *files, path=path, headers={"Idempotency-Key": "a key"}, upscale_factor=1)
    assert_refused(refused, 422, "bad_parameter", "parameters")


def test_a_bad_file_is_a_job_that_failed(server: Likeness) -> None:
    large = PHOTO + bytes(MEBIBYTE)
    response = submit(server, ("a.txt", b"no picture" * 50), ("b.jpg", b""), ("c.jpg", large), ("d.jpg", PHOTO))
    batch = over(server, response.headers["location"])
    ends = [
        (job["state"], (job["error"] or {}).get("code"), (job["error"] or {}).get("status")) for job in batch["jobs"]
    ]
    assert ends == [
        ("failed", "unsupported_media_type", 415),
        ("failed", "bad_parameter", 422),
        ("failed", "too_many_bytes", 413),
        ("succeeded", None, None),
    ]
    assert batch["jobs"][2]["error"]["error"] == "The upload is larger than the 1 MB that this server accepts."


def test_the_results_are_a_zip(server: Likeness) -> None:
    response = submit(server, ("a.jpg", PHOTO), ("a.jpg", PHOTO), ("c.txt", b"no picture" * 50), kind="upscale")
    batch = over(server, response.headers["location"])
    results = server.client.get(batch["links"]["results"])
    assert results.headers["content-type"] == "application/zip"
    assert f'filename="{batch["id"]}.zip"' in results.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(results.content)) as made:
        assert made.testzip() is None
        assert made.namelist() == ["a.png", "a (2).png", "report.csv", "report.json"]
        assert made.read("a.png") == server.client.get(batch["jobs"][0]["links"]["result"]).content
        rows = json.loads(made.read("report.json"))
    assert [row["state"] for row in rows] == ["succeeded", "succeeded", "failed"]
    report = server.client.get(batch["jobs"][0]["links"]["report"]).json()["data"]
    assert rows[0]["psnr"] == report["metrics"]["psnr"] is not None


def test_a_zip_is_as_good_as_its_photos(server: Likeness) -> None:
    photos = archive(**{"a/x.jpg": PHOTO, "y.txt": b"no picture" * 50, "__MACOSX/x": b"x"})
    response = submit(server, ("all.zip", photos), ("z.jpg", PHOTO), upscale_factor=1)
    batch = over(server, response.headers["location"])
    assert [(job["file_name"], job["state"]) for job in batch["jobs"]] == [
        ("x.jpg", "succeeded"),
        ("y.txt", "failed"),
        ("z.jpg", "succeeded"),
    ]


@pytest.mark.parametrize(
    ("files", "fields", "status", "code"),
    [
        ([("a.zip", b"PK\x03\x04 and nothing")], {}, 422, "bad_archive"),
        ([("a.zip", archive(**{f"{n}.jpg": PHOTO for n in range(5)}))], {}, 422, "bad_archive"),
        ([(f"{n}.jpg", PHOTO) for n in range(5)], {}, 422, "bad_parameter"),
        ([("a.jpg", PHOTO)], {"strength": "much"}, 422, "bad_parameter"),
        ([("a.jpg", PHOTO)], {"colour": "red"}, 422, "bad_parameter"),
        ([("a.jpg", PHOTO)], {"url": "https://example.org/a.png"}, 422, "bad_parameter"),
        ([("a.jpg", PHOTO)], {"dry_run": "true"}, 422, "bad_parameter"),
        ([("a.jpg", PHOTO)], {"preview": "true"}, 422, "bad_parameter"),
        ([("a.jpg", PHOTO)], {"restorer": "nobody"}, 422, "bad_parameter"),
        ([("a.jpg", PHOTO)], {"kind": "upscale", "strength": "1"}, 422, "bad_parameter"),
        ([("a.jpg", PHOTO)], {"width": 9, "upscale_factor": 2}, 422, "bad_parameter"),
        ([("a.jpg", PHOTO)], {"output_format": "jpeg", "lossless": "true"}, 422, "bad_parameter"),
        ([("a.jpg", PHOTO)], {"preset": "x" * 5000}, 400, "malformed_form"),
        ([("a.jpg", PHOTO)], {f"field{n}": "x" for n in range(65)}, 400, "malformed_form"),
    ],
)
def test_a_batch_that_is_refused_leaves_nothing(
    server: Likeness, folder: Path, files: Any, fields: dict[str, object], status: int, code: str
) -> None:
    before = objects_at_rest(server, folder)
    refused = submit(server, *files, **fields)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert objects_in(folder) == before


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (form_body({"upscale_factor": "2"}), 422, "bad_parameter"),
        (form_body({"reference": PHOTO}), 422, "bad_parameter"),
        (form_body({"file": PHOTO}, closed=False), 400, "malformed_form"),
        (f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(), 400, "malformed_form"),
        (f"--{BOUNDARY}\r\n=?=\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(), 400, "malformed_form"),
        (f"--other\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(), 400, "malformed_form"),
    ],
)
def test_a_form_without_photos_or_with_faults_is_refused(
    server: Likeness, folder: Path, body: bytes, status: int, code: str
) -> None:
    before = objects_at_rest(server, folder)
    refused = server.client.post(BATCHES, content=body, headers={"Content-Type": MULTIPART})
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert objects_in(folder) == before


def test_a_boundary_that_is_too_long_is_refused(server: Likeness) -> None:
    long = "b" * 5000
    for path in (BATCHES, JOBS):
        refused = server.client.post(
            path,
            content=f"--{long}--\r\n".encode(),
            headers={"Content-Type": f"multipart/form-data; boundary={long}"},
        )
        assert_refused(refused, 400, "malformed_form", "request")


@pytest.mark.parametrize("media_type", ["image/jpeg", "application/zip", "application/json"])
def test_a_batch_is_a_form(server: Likeness, media_type: str) -> None:
    refused = server.client.post(BATCHES, content=PHOTO, headers={"Content-Type": media_type})
    assert_refused(refused, 415, "unsupported_media_type", "request")


def test_a_batch_that_is_too_large_is_refused_before_it_arrives(server: Likeness) -> None:
    connection = server.connect()
    connection.sendall(head_of(BATCHES, {"Content-Type": MULTIPART, "Content-Length": 5 * MEBIBYTE}))
    assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    connection.close()


def test_a_client_that_leaves_its_upload_leaves_nothing(server: Likeness, folder: Path) -> None:
    before = objects_at_rest(server, folder)
    body = form_body({"file": PHOTO}, closed=False) + form_body({"file": PHOTO})
    connection = server.connect()
    connection.sendall(head_of(BATCHES, {"Content-Type": MULTIPART, "Content-Length": len(body)}) + body[:-500])
    eventually(lambda: objects_in(folder) != before)
    connection.close()
    eventually(lambda: objects_in(folder) == before)


def test_a_batch_is_cancelled_and_deleted(server: Likeness, folder: Path, held: FakeModels) -> None:
    path = submit(server, ("a.jpg", PHOTO), ("b.jpg", PHOTO), ("c.jpg", PHOTO)).headers["location"]
    eventually(lambda: server.client.get(path).json()["counts"].get("running"))
    refused = server.client.get(f"{path}/results.zip")
    assert assert_refused(refused, 409, "batch_not_finished", "request").endswith("3 jobs are not finished yet.")
    cancelled = server.client.post(f"{path}/cancel").json()
    assert cancelled["counts"] == {"running": 1, "cancelled": 2}
    assert [job["cancelling"] for job in cancelled["jobs"]] == [True, False, False]
    assert server.client.delete(path).status_code == 204
    held.detector.gate.set()
    numbers = [job["id"] for job in cancelled["jobs"]]
    eventually(lambda: not any(number in name for number in numbers for name in objects_in(folder)))
    for part in ("", "/results.zip"):
        assert_refused(server.client.get(path + part), 404, "unknown_job", "request")
    assert_refused(server.client.get(f"{BATCHES}/1"), 404, "unknown_job", "request")
    assert_refused(server.client.delete(path), 404, "unknown_job", "request")
    assert_refused(server.client.post(f"{path}/cancel"), 404, "unknown_job", "request")


def test_the_addresses_of_other_services_are_aliases(server: Likeness) -> None:
    response = submit(server, ("a.jpg", PHOTO), path="/enhance/batch", upscale_factor=1)
    assert response.status_code == 202
    number = response.json()["id"]
    batch = over(server, f"/batch/{number}")
    assert batch == server.client.get(f"{BATCHES}/{number}").json()
    assert server.client.get(f"/batch/{number}/results").content[:4] == b"PK\x03\x04"
    for address in (f"/batch/{number}/results", f"{BATCHES}/{number}/results.zip"):
        head = server.client.head(address)
        assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", "application/zip")
        assert head.headers["content-disposition"] == server.client.get(address).headers["content-disposition"]
        assert "content-length" not in head.headers


def test_a_table_that_does_not_answer_is_503_and_nothing_stays(
    server: Likeness, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("The database does not answer.")

    before = objects_at_rest(server, folder)
    store = server.app.state.jobs.store
    for call in ("add", "add_batch"):
        monkeypatch.setattr(store, call, away)
    for path in (BATCHES, JOBS):
        refused = submit(server, ("a.jpg", PHOTO), path=path)
        assert_refused(refused, 503, "store_unavailable", "store")
        assert refused.headers["retry-after"] == "10"
        assert objects_in(folder) == before
