"""Paths and methods that do not exist."""

from __future__ import annotations

import pytest

from tests.app.http.routes.refusals import assert_refused
from tests.app.server import ENHANCE, UPSCALE, Likeness


def test_a_path_that_does_not_exist_gives_404(likeness: Likeness) -> None:
    assert_refused(likeness.client.get("/api/v1/nothing"), 404, "not_found", "request")


@pytest.mark.parametrize(("method", "path"), [("GET", ENHANCE), ("PUT", UPSCALE), ("POST", "/api/v1/status")])
def test_a_method_that_the_path_does_not_have_gives_405(likeness: Likeness, method: str, path: str) -> None:
    assert_refused(likeness.client.request(method, path), 405, "method_not_allowed", "request")
