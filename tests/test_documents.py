"""Links between the documents lead somewhere, and the README leads to every document for users."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from tests.markdown import FOR_USERS, ROOT, anchors_of, links_of, prose_of, text_of

OTHERS = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "client/README.md",
    "deploy/README.md",
    "training/README.md",
]


@pytest.mark.parametrize("name", [*FOR_USERS, *OTHERS])
def test_every_place_that_a_document_links_to_is_there(name: str) -> None:
    links = links_of(name)
    assert links
    for file, anchor in links:
        target = ((ROOT / name).parent / file).resolve() if file else ROOT / name
        assert target.exists(), file
        assert target.is_relative_to(ROOT), file
        assert not anchor or anchor in anchors_of(str(target.relative_to(ROOT))), f"{file}#{anchor}"


def test_the_readme_leads_to_every_document_for_users() -> None:
    reached = {file for file, _ in links_of("README.md")}
    assert set(FOR_USERS) - {"README.md"} <= reached


def test_the_readme_stays_short() -> None:
    assert text_of("README.md").count("\n") <= 150


@pytest.mark.parametrize("name", FOR_USERS)
def test_each_document_has_one_title_and_skips_no_level(name: str) -> None:
    levels = [len(marks) for marks in re.findall(r"^(#+) ", prose_of(name), flags=re.MULTILINE)]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(below <= above + 1 for above, below in pairwise(levels))
