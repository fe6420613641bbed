"""The table of settings has every one with its default and its bound, and no document names another."""

from __future__ import annotations

import re
from pathlib import Path

from annotated_types import Le

from app.settings import Settings
from tests.markdown import FOR_USERS, ROOT, section_of

TABLE = section_of("docs/operations.md", "Settings")


def test_every_setting_is_in_the_table_with_its_default() -> None:
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \|", TABLE, flags=re.MULTILINE)
    documented = {name: default.strip("`") for name, default in rows}
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
                (row,) = re.findall(rf"^\| `LIKENESS_{name.upper()}` .*$", TABLE, flags=re.MULTILINE)
                assert re.search(rf"\b(at most|to) {bound.le}\b", row), row


def test_every_variable_that_a_document_or_a_deployment_names_is_a_setting() -> None:
    """A server does not start with an unknown one."""
    named = [*FOR_USERS, "CONTRIBUTING.md", "SECURITY.md", "Dockerfile", "web/e2e/servers.ts"]
    files = [*(ROOT / name for name in named), *(path for path in (ROOT / "deploy").rglob("*") if path.is_file())]
    found = {name for file in files for name in re.findall("LIKENESS_([A-Z_]*[A-Z])", file.read_text(encoding="utf-8"))}
    assert found <= {name.upper() for name in Settings.model_fields} | {"API_KEY"}  # of --server, which no server knows
