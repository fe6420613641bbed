"""SECURITY.md: every promise stands beside the code that keeps it and the tests that hold it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
SECURITY = ROOT / "SECURITY.md"

_LINK = re.compile(r"\[[^\]]+\]\(([^)]+)\)")
_SEPARATOR = re.compile(r"(?<!\\)\|")


class Row(NamedTuple):
    """A row of a table: the cells by their column."""

    line: int
    cells: dict[str, str]


def rows_of(text: str) -> Iterator[Row]:
    """The rows of all tables, without their heads."""
    columns: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in _SEPARATOR.split(line)[1:-1]]
        if not columns:
            columns = cells
        elif not set(line) <= set("|-:"):
            assert len(cells) == len(columns), f"line {number} has not the columns of its table"
            yield Row(number, dict(zip(columns, cells, strict=True)))


def links_in(text: str) -> list[str]:
    """The targets of the links, without fragments; not those to other sites and within the page."""
    found = (link.split("#")[0] for link in _LINK.findall(text) if "://" not in link)
    return [link for link in found if link]


def faults_of(row: Row, root: Path = ROOT) -> list[str]:
    """What is missing in a row of promises, as sentences."""
    *_, promise, _, _ = row.cells.values()
    modules, tests = (links_in(row.cells.get(column, "")) for column in ("module", "test"))
    faults = [] if promise else ["it promises nothing"]
    faults += [] if modules else ["it names no module"]
    faults += [] if tests else ["it names no test"]
    faults += [f"there is no {link}" for link in (*modules, *tests) if not (root / link).is_file()]
    faults += [f"{link} is a test" for link in modules if link.startswith("tests/")]
    faults += [f"{link} has no test" for link in tests if (root / link).is_file() and not has_tests(root / link)]
    return faults


def has_tests(path: Path) -> bool:
    """Whether pytest collects this file and finds tests in it."""
    if not (path.name.startswith("test_") and path.suffix == ".py"):
        return False
    parsed = ast.walk(ast.parse(path.read_text()))
    functions = (node for node in parsed if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(function.name.startswith("test_") for function in functions)


ROWS = list(rows_of(SECURITY.read_text()))


def test_there_are_promises_against_attackers_and_faults() -> None:
    heads = {next(iter(row.cells)) for row in ROWS}
    assert heads == {"attacker", "fault"}
    assert len(ROWS) > 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"line {row.line}")
def test_every_promise_has_a_module_and_a_test(row: Row) -> None:
    assert faults_of(row) == []


def test_every_link_leads_somewhere() -> None:
    assert [link for link in links_in(SECURITY.read_text()) if not (ROOT / link).exists()] == []


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ("| a promise | | [test](tests/test_security.py) |", "it names no module"),
        ("| a promise | [module](app/settings.py) | |", "it names no test"),
        ("| a promise | [module](app/settings.py) | by hand |", "it names no test"),
        ("| | [module](app/settings.py) | [test](tests/test_security.py) |", "it promises nothing"),
        ("| a promise | [module](app/gone.py) | [test](tests/test_security.py) |", "there is no app/gone.py"),
        ("| a promise | [module](app/settings.py) | [test](tests/conftest.py) |", "tests/conftest.py has no test"),
        ("| a promise | [test](tests/conftest.py) | [test](tests/test_security.py) |", "tests/conftest.py is a test"),
    ],
)
def test_a_promise_that_nothing_holds_is_found(cells: str, fault: str) -> None:
    (row,) = rows_of(f"| promise | module | test |\n|---|---|---|\n{cells}\n")
    assert faults_of(row) == [fault]


def test_a_row_with_too_few_cells_is_found() -> None:
    with pytest.raises(AssertionError, match="line 3 has not the columns"):
        list(rows_of("| promise | module | test |\n|---|---|---|\n| a promise |\n"))
