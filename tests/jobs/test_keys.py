from __future__ import annotations

from pathlib import PurePosixPath
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.keys import checked, job_of, photo_key, reference_key, result_keys

UUIDS = st.uuids()
SUFFIXES = st.sampled_from([".png", "png", ".jpg", ".webp", ".tiff"])


@given(UUIDS, st.integers(1, 10**6), SUFFIXES)
def test_every_key_lies_in_its_jobs_folder_and_is_known_as_its_own(job: UUID, attempt: int, suffix: str) -> None:
    keys = [photo_key(job), reference_key(job), *result_keys(job, attempt, suffix)]
    assert len(set(keys)) == len(keys)
    for key in keys:
        assert checked(key) == key
        assert job_of(key) == job
        assert PurePosixPath(key).parts[:2] == ("jobs", str(job))
        assert ".." not in PurePosixPath(key).parts


def test_results_of_two_attempts_have_different_keys() -> None:
    job = UUID(int=7)
    assert result_keys(job, 1, ".png") == (
        f"jobs/{job}/1/result.png",
        f"jobs/{job}/1/preview.webp",
        f"jobs/{job}/1/report.json",
    )
    assert not set(result_keys(job, 1, ".png")) & set(result_keys(job, 2, ".png"))


HOSTILE = st.one_of(
    st.text(),
    st.lists(st.sampled_from(["..", ".", "", "jobs", str(UUID(int=1)), "photo", "1", "a\x00", "c:"])).map("/".join),
    st.text().map(lambda text: f"jobs/{UUID(int=1)}/{text}"),
)


@given(HOSTILE)
def test_no_key_leaves_the_folder(key: str) -> None:
    if job_of(key) is None:
        with pytest.raises(ValueError, match="no key"):
            checked(key)
        return
    parts = key.split("/")
    assert parts[0] == "jobs"
    assert 3 <= len(parts) <= 4
    assert all(part.strip(".") and part.isascii() and part.isprintable() for part in parts)


@given(st.text().filter(lambda text: not text.removeprefix(".").isalnum() or not text.isascii()))
def test_a_suffix_that_is_none_is_refused(suffix: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        result_keys(UUID(int=1), 1, suffix)
