"""The client's types say what the server's document says."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from client.likeness_client import (
    Batch,
    BatchFields,
    EnhanceFields,
    Estimate,
    Face,
    Job,
    JobError,
    JobFields,
    JobResult,
    Look,
    LookFields,
    Metrics,
    Notice,
    Preview,
    Report,
    UpscaleFields,
)
from client.likeness_client.fields import form_of
from client.likeness_client.jobs import OVER, State

ROOT = Path(__file__).parents[2]
SCHEMAS: dict[str, Any] = json.loads((ROOT / "web" / "openapi.json").read_text(encoding="utf-8"))["components"][
    "schemas"
]
APART = {"file", "dry_run", "preview"}  # the photo is an argument; `look` is the dry run, which may have a preview


@pytest.mark.parametrize(
    ("form", "typed"),
    [
        ("UpscaleForm", UpscaleFields),
        ("EnhanceForm", EnhanceFields),
        ("JobForm", JobFields),
        ("BatchForm", BatchFields),
    ],
)
def test_every_field_of_the_server_has_its_counterpart(form: str, typed: Any) -> None:
    properties = SCHEMAS[form]["properties"]
    hints = get_type_hints(typed)
    assert {*properties} - APART - {*hints} == set()
    assert {*hints} <= {*properties}
    for name, hint in hints.items():
        assert_fits(hint, properties[name])


def assert_fits(hint: Any, schema: dict[str, Any]) -> None:
    if "enum" in schema:
        assert get_origin(hint) is Literal
        assert {*get_args(hint)} == {*schema["enum"]}
    else:
        plain = {"number": float, "integer": int, "boolean": bool, "string": str}[schema["type"]]
        is_made_text = "contentMediaType" in schema  # a file, or JSON
        assert is_made_text or hint is plain


def test_a_look_has_the_fields_of_what_it_looks_at() -> None:
    assert {*get_type_hints(LookFields)} == {*get_type_hints(EnhanceFields), "kind", "preview"}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ("Report", Report),
        ("FaceOut", Face),
        ("Metrics", Metrics),
        ("WarningOut", Notice),
        ("DryRun", Look),
        ("PhotoPreview", Preview),
        ("Estimate", Estimate),
        ("JobOut", Job),
        ("JobErrorOut", JobError),
        ("JobResultOut", JobResult),
        ("BatchOut", Batch),
    ],
)
def test_what_the_client_reads_is_always_in_the_answer(schema: str, kind: Any) -> None:
    assert {field.name for field in fields(kind)} <= {*SCHEMAS[schema]["required"]}


def test_the_states_are_those_of_the_server() -> None:
    states = {*SCHEMAS["JobOut"]["properties"]["state"]["enum"]}
    assert {*get_args(State)} == states
    assert states == OVER | {"queued", "running"}


def test_fields_become_text_as_the_server_reads_it() -> None:
    given = {"metrics": False, "strength": 0.5, "width": 100, "restorer": None, "face_overrides": {0: 0, 2: 0.5}}
    assert form_of({**given, "face_boxes": [(1, 2, 30, 40)], "preset": "best"}) == {
        "metrics": "false",
        "strength": "0.5",
        "width": "100",
        "face_overrides": '{"0": 0, "2": 0.5}',
        "face_boxes": "[[1, 2, 30, 40]]",
        "preset": "best",
    }
