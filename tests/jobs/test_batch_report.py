from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.batch_report import as_csv, as_json, row_of
from tests.jobs.jobs_made import failed, finished, job

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
REPORT = {
    "faces": [
        {"action": "restored", "identity_similarity": 0.91},
        {"action": "softened", "identity_similarity": 0.72},
        {"action": "kept", "identity_similarity": 0.1},
        {"action": "unchanged", "identity_similarity": None},
    ],
    "metrics": {"psnr": 31.5, "ssim": 0.93, "lpips": None, "identity_similarity": 0.72, "reference": "input"},
}


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_a_finished_job_has_its_figures() -> None:
    done = finished("me.jpg")
    row = row_of(done, result="me.png", report=REPORT)
    assert (row.job, row.file, row.state, row.result) == (str(done.id), "me.jpg", "succeeded", "me.png")
    assert (row.width, row.height, row.faces, row.restored, row.seconds) == (640, 480, 2, 2, 2.3)
    assert (row.identity_similarity, row.psnr, row.ssim, row.lpips) == (0.72, 31.5, 0.93, None)
    assert row.error is None


def test_a_report_without_metrics_and_faces_leaves_them_empty() -> None:
    row = row_of(finished("me.jpg"), result="me.png", report={"metrics": None, "faces": []})
    assert (row.restored, row.identity_similarity, row.psnr) == (0, None, None)
    assert row_of(finished("me.jpg"), result="me.png", report=None).restored is None


def test_a_failed_job_has_its_sentence_and_one_that_waits_has_nothing() -> None:
    rows = [
        row_of(failed("a", "The file is damaged."), result=None, report=None),
        row_of(job("b"), result=None, report=None),
    ]
    first, second = read(as_csv(rows))
    assert (first["state"], first["error"], first["width"]) == ("failed", "The file is damaged.", "")
    assert (second["state"], second["error"], second["seconds"]) == ("queued", "", "")


def test_json_has_the_same_names_as_csv() -> None:
    rows = [row_of(finished("größe.jpg"), result="größe.png", report=REPORT)]
    (document,) = json.loads(as_json(rows))
    (line,) = read(as_csv(rows))
    assert list(document) == list(line)
    assert document["file"] == line["file"] == "größe.jpg"
    assert document["ssim"] == 0.93


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =1", "\u200b=1"])
def test_a_name_is_never_a_formula(name: str) -> None:
    (line,) = read(as_csv([row_of(job(name), result=None, report=None)]))
    assert line["file"].startswith("'")


@pytest.mark.parametrize("name", ["a;=1+1", "a; =1+1", "a;;+1", "=1;=1", "a;'=1"])
def test_a_name_is_no_formula_where_semicolons_separate(name: str) -> None:
    """As in Excel where commas are for decimals."""
    data = as_csv([row_of(job(name), result=None, report=None)]).decode("utf-8-sig")
    cells = [cell for line in data.splitlines() for cell in line.split(";")]
    assert not any(cell.strip().startswith(FORMULA) for cell in cells)


def test_every_text_is_quoted() -> None:
    """Else LibreOffice, to which semicolons separate too, sees other columns."""
    data = as_csv([row_of(failed("a;b.jpg", "No; never."), result=None, report=None)]).decode("utf-8-sig")
    assert ',"a;b.jpg",' in data
    assert '"No; never."' in data


@given(st.text())
def test_any_name_is_one_cell_of_one_line_and_no_formula(name: str) -> None:
    data = as_csv([row_of(failed(name, name), result=name, report=None)])
    assert data.count(b"\r\n") == 2
    (line,) = read(data)
    for cell in (line["file"], line["error"], line["result"]):
        assert not cell.startswith(FORMULA) or cell.startswith("'")
    json.loads(as_json([row_of(job(name), result=None, report=None)]))
