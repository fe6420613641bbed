"""The documents of the repository, as the tests read them that compare them with the code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
# For who uses or runs the service.
FOR_USERS = ["README.md", *sorted(f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md"))]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section_of(name: str, heading: str) -> str:
    """What stands under a heading of the second level, with the headings below it."""
    return text_of(name).split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def examples_of(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(name), flags=re.MULTILINE | re.DOTALL)


def prose_of(name: str) -> str:
    """A document without its blocks of code, whose comments look like headings."""
    return re.sub(r"^```.*?^```$", "", text_of(name), flags=re.MULTILINE | re.DOTALL)


def anchors_of(name: str) -> set[str]:
    """The names by which GitHub links to the headings of a document."""
    found = re.findall(r"^#+ (.+)$", prose_of(name), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def links_of(name: str) -> list[tuple[str, str]]:
    """File and anchor of each link and picture that leads to a place in the repository; either may be empty."""
    found = re.findall(r'\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"', prose_of(name))
    places = [link or attribute for link, attribute in found]
    split = [place.partition("#") for place in places if not re.match(r"[a-z]+:", place)]
    return [(file, anchor) for file, _, anchor in split]
