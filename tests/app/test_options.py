"""The table of options: forms, `/config`, the command line and docs/api.md follow from it."""

import argparse
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from app.commands import photos
from app.commands.photo_options import ONLY_IN_FORMS
from app.face_boxes import FaceBoxes
from app.http.schemas.forms import EnhanceForm, UpscaleForm
from app.http.schemas.state import Limits
from app.options import OPTIONS, Option, enhance_options, table_of
from pipeline.options import SIZES, About, EnhanceOptions
from tests.markdown import section_of

FIELDS = section_of("docs/api.md", "Fields")
BY_NAME = {option.name: option for option in OPTIONS}
each = pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)


def documented_row(name: str) -> tuple[str, str]:
    """Second and third cell of an option's row."""
    found = re.search(rf"^\| `{name}` \| (.+?) \| (.*?) ?\|$", FIELDS, flags=re.MULTILINE)
    assert found, f"the table of fields has no row for {name}"
    return found[1], found[2]


def kind_of(option: Option) -> str:
    if option.choices:
        return " · ".join(f"`{choice}`" for choice in option.choices)
    if option.about.bounds is not None:
        return f"{option.about.bounds[0]}–{option.about.bounds[1]}".replace("-", "−")
    return {bool: "bool", str: "a name", FaceBoxes: "JSON list"}.get(option.type, "JSON object")


@each
def test_the_table_of_fields_has_type_bounds_and_default_of_each_option(option: Option) -> None:
    kind, _, default = documented_row(option.name)[0].rpartition(", ")
    if option.default is not None:
        shown = str(option.default).lower() if isinstance(option.default, bool) else option.default
        assert (kind, default) == (
            kind_of(option),
            f"`{shown}`" if option.choices else f"{shown:g}" if isinstance(shown, float) else str(shown),
        )
    else:
        assert documented_row(option.name)[0].startswith(f"{kind_of(option)}, ")


def test_the_table_of_fields_has_no_other_rows() -> None:
    assert set(re.findall(r"^\| `([a-z_]+)`", FIELDS, flags=re.MULTILINE)) == {*BY_NAME, "file", "url", "reference"}


@each
def test_the_forms_have_each_option(option: Option) -> None:
    field = EnhanceForm.model_fields[option.name]
    assert (field.default, field.description) == (option.default, option.about.words)
    assert (option.name in UpscaleForm.model_fields) == option.about.upscales


def test_the_forms_have_no_other_fields_but_files_and_their_address() -> None:
    assert set(EnhanceForm.model_fields) - set(BY_NAME) == {"file", "url", "reference"}


def test_the_limits_of_config_are_the_bounds_of_the_options() -> None:
    bounded = {option.name for option in OPTIONS if option.about.bounds is not None}
    assert bounded == {name for name in Limits.model_fields if name in BY_NAME}


def parsed(*arguments: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    photos.add_parser(parser.add_subparsers())
    values, _ = photos.values_of(vars(parser.parse_args(["enhance", "in.jpg", "out.png", *arguments])))
    return values


@each
def test_the_command_line_has_each_option_with_its_default(option: Option) -> None:
    if option.name in ONLY_IN_FORMS:
        assert option.name not in parsed()
    else:
        assert parsed()[option.name] == (None if option.name == "output_format" else option.default)


def test_the_command_line_takes_no_option_that_is_only_in_forms(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--dry-run", "--preview")
    assert "unrecognized arguments: --preview" in capsys.readouterr().err


def test_the_command_line_tells_which_options_were_given() -> None:
    parser = argparse.ArgumentParser()
    photos.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["enhance", "in.jpg", "out.png", "--strength", "1", "--no-require-face"])
    _, given = photos.values_of(vars(arguments))
    assert given & {option.name for option in OPTIONS} == {"strength", "require_face", "output_format"}


def test_command_line_arguments_become_options() -> None:
    faces = ("--faces", "largest", "--face-overrides", '{"1": 0.25}', "--face-boxes", "[[0, 1, 20, 31.5]]")
    values = parsed("--strength", "0.5", "--no-require-face", *faces)
    assert enhance_options(values, 0.6) == EnhanceOptions(
        strength=0.5,
        require_face=False,
        faces="largest",
        face_overrides=((1, 0.25),),
        face_boxes=((0, 1, 20, 31.5),),
        identity_threshold=0.6,
    )


@pytest.mark.parametrize(
    "arguments",
    [("--strength", "2"), ("--quality", "1.5"), ("--face-overrides", "[]"), ("--face-boxes", "[[0, 0, 5, 5]]")],
)
def test_the_command_line_refuses_a_bad_value(arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(*arguments)
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.parametrize("first", SIZES)
@pytest.mark.parametrize("second", SIZES)
def test_the_command_line_takes_one_size(first: str, second: str, capsys: pytest.CaptureFixture[str]) -> None:
    names = {f"--{name.replace('_', '-')}" for name in (first, second)}
    arguments = [part for name in sorted(names) for part in (name, "2" if name == "--upscale-factor" else "1024")]
    if len(names) == 1:
        assert parsed(*arguments)[first] in (2, 1024)
        return
    with pytest.raises(SystemExit):
        parsed(*arguments)
    *_, said = capsys.readouterr().err.splitlines()
    assert all(name in said for name in names)


def test_options_that_are_not_given_have_the_pipelines_defaults() -> None:
    assert enhance_options({}, None) == EnhanceOptions()


@dataclass(frozen=True)
class _Toned:
    tone: Annotated[Literal["warm", "cold"] | None, About("of the light")] = None
    grain: Annotated[int | None, About("in levels", (0, 9))] = None


def test_an_option_without_a_default_has_the_type_of_its_values() -> None:
    tone, grain = table_of(_Toned)  # type: ignore[arg-type]
    assert (tone.choices, tone.default, tone.about.words) == (["warm", "cold"], None, "of the light")
    assert (grain.type, grain.choices, grain.about.bounds) == (int, [], (0, 9))
