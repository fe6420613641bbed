from __future__ import annotations

import pytest

from bench import table


def test_columns_are_padded_and_figures_right_aligned() -> None:
    lines = table.markdown(["stage", "a"], [["decode", "1 ms"], ["x", "1000 ms"]]).splitlines()
    assert lines == [
        "| stage  |       a |",
        "| :----- | ------: |",
        "| decode |    1 ms |",
        "| x      | 1000 ms |",
    ]


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="as many cells"):
        table.markdown(["a", "b"], [["only one"]])


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.123, "0.12 s"), (9.949, "9.95 s"), (12.34, "12.3 s"), (130.2, "130 s")]
)
def test_seconds(value: float | None, text: str) -> None:
    assert table.seconds(value) == text


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0.04, "0.0 ms"), (3.21, "3.2 ms"), (1512.4, "1512 ms")])
def test_milliseconds(value: float | None, text: str) -> None:
    assert table.milliseconds(value) == text


@pytest.mark.parametrize(
    ("theirs", "ours", "text"),
    [
        (14.0, 4.0, "3.50×"),
        (14.0, 0.5, "28.0×"),
        (1.0, 4.0, "0.25×"),
        (None, 1.0, "–"),
        (1.0, None, "–"),
        (1.0, 0, "–"),
    ],
)
def test_a_ratio_is_theirs_divided_by_ours(theirs: float | None, ours: float | None, text: str) -> None:
    assert table.ratio(theirs, ours) == text


def test_shares_and_memory() -> None:
    assert (table.percent(0.153), table.percent(None)) == ("15 %", "–")
    assert (table.megabytes(2240.4), table.megabytes(None)) == ("2240 MB", "–")
