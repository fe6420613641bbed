"""What the browser app says of the formats that results are written in is what the service does."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.codec.output_formats import OUTPUT_FORMATS

FORMATS = Path(__file__).parents[2] / "web" / "src" / "photos" / "formats.ts"
LIMITS_NOTHING = 1_000_000  # a side that no result has


def test_a_side_of_a_result_is_at_most_as_long_as_the_service_allows() -> None:
    said = re.findall(
        r"^  (\w+): \{ name: .*?(?:longestSide: ([\d_]+))? \},$", FORMATS.read_text("utf-8"), re.MULTILINE
    )
    sides = {name: int(side) if side else None for name, side in said}
    assert sides.pop("same") is None  # which format that is, only the photo tells
    allowed = {name: info.max_side for name, info in OUTPUT_FORMATS.items()}
    assert sides == {name: None if side >= LIMITS_NOTHING else side for name, side in allowed.items()}
