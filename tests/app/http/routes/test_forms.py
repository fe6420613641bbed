"""Limits of forms, and errors while a form is read."""

from __future__ import annotations

import gc
import logging
from contextlib import closing
from tempfile import SpooledTemporaryFile

import pytest

from tests import images
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, MULTIPART, Likeness, eventually, form_body, head_of, serving

PHOTO = images.png(images.gradient())


@pytest.mark.parametrize(
    ("files", "fields", "sentence"),
    [
        (5, {}, "Too many files. Maximum number of files is 4."),
        (1, {f"field{number}": "" for number in range(65)}, "Too many fields. Maximum number of fields is 64."),
        (1, {"faces": "x" * 4097}, "Part exceeded maximum size of 4KB."),
    ],
    ids=["files", "fields", "long field"],
)
def test_a_form_beyond_a_limit_is_refused_with_a_sentence(
    likeness: Likeness, files: int, fields: dict[str, str], sentence: str
) -> None:
    answer = likeness.client.post(ENHANCE, files=[("file", b"x")] * files, data=fields)
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["error"]) == ("malformed_form", sentence)


def test_a_file_given_twice_is_refused(likeness: Likeness) -> None:
    answer = likeness.client.post(ENHANCE, files=[("file", PHOTO)] * 2)
    assert (answer.status_code, answer.json()["error"]) == (422, "file may be given only once.")


def test_a_client_that_disconnects_during_its_upload_is_not_logged_as_a_malformed_form(
    likeness: Likeness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "likeness")
    body = form_body({"file": PHOTO})
    with closing(likeness.connect()) as connection:
        connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(body)}) + body[:-20])
    eventually(lambda: any(record.name == "likeness.requests" for record in caplog.records))
    (line,) = [vars(record) for record in caplog.records if record.name == "likeness.requests"]
    assert (line["status"], line["code"], line["stage"]) == (499, "cancelled", "upload")


def test_the_files_of_an_upload_are_closed_before_the_work(fakes: FakeModels) -> None:
    """An event stream may take minutes, and the work has its own copy of the bytes."""
    with serving(fakes) as server:
        fakes.detector.gate.clear()
        with closing(server.start(ENHANCE, PHOTO, headers={"Accept": "text/event-stream"})):
            eventually(lambda: server.status()["slots_in_use"] == 1)
            spooled = [found for found in gc.get_objects() if isinstance(found, SpooledTemporaryFile)]
            assert all(file.closed for file in spooled)
            fakes.detector.gate.set()
