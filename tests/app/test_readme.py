"""The README documents every setting with its default, and the files that documents link to exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from annotated_types import Le

from app.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, str]:
    """First cell → second cell of the first table under a heading, without the backticks."""
    section = README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `(.+?)`(?:, `.+?`)? \| (.+?) \|", section, flags=re.MULTILINE)
    return {name: value.strip("`") for name, value in rows}


def test_every_setting_is_in_the_table_with_its_default() -> None:
    documented = table("Settings")
    assert set(documented) == {f"LIKENESS_{name.upper()}" for name in Settings.model_fields}
    settings = Settings()
    for name in Settings.model_fields:
        default = getattr(settings, name)
        if not default and not isinstance(default, int | float):
            default = "(empty)"
        shown = documented[f"LIKENESS_{name.upper()}"].replace("~", str(Path.home()))
        assert shown == (f"{default:g}" if isinstance(default, float) else str(default))


def test_the_table_has_the_highest_value_of_every_number() -> None:
    for name, field in Settings.model_fields.items():
        for bound in field.metadata:
            if isinstance(bound, Le):
                (row,) = re.findall(rf"^\| `LIKENESS_{name.upper()}` .*$", README, flags=re.MULTILINE)
                assert re.search(rf"\b(at most|to) {bound.le}\b", row), row


def test_every_variable_that_a_document_or_a_deployment_names_is_a_setting() -> None:
    """A server does not start with an unknown one."""
    named = [
        ROOT / name
        for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/jobs.md", "Dockerfile", "web/e2e/servers.ts")
    ]
    files = [*named, *(path for path in (ROOT / "deploy").rglob("*") if path.is_file())]
    found = {name for file in files for name in re.findall("LIKENESS_([A-Z_]*[A-Z])", file.read_text(encoding="utf-8"))}
    assert found <= {name.upper() for name in Settings.model_fields} | {"API_KEY"}  # of --server, which no server knows


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "client/README.md",
        "deploy/README.md",
        "docs/jobs.md",
        "training/README.md",
    ],
)
def test_every_place_that_a_document_links_to_is_there(name: str) -> None:
    document = ROOT / name
    links = re.findall(r"\]\(([^)#:\s]*)(?:#([^)\s]+))?\)", document.read_text(encoding="utf-8"))
    assert links
    for link, heading in links:
        target = document.parent / link if link else document
        assert target.exists(), link
        assert not heading or heading in headings(target), f"{link}#{heading}"


def headings(document: Path) -> set[str]:
    """The names by which GitHub links to the headings of a document."""
    found = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}
