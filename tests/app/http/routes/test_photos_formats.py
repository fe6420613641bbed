"""Photos of every accepted format through the API; what the decoder makes of them is tested with the decoder."""

from __future__ import annotations

import pytest

from tests.app.server import UPSCALE, Likeness
from tests.containers import container_seeds


@pytest.mark.parametrize(
    ("name", "width", "height", "codes"),
    [
        ("tiff-pages", 48, 32, ["first_page"]),
        ("bmp-color", 48, 32, []),
        ("gif-animated", 48, 32, ["animation_first_frame"]),
        ("avif-alpha", 48, 32, []),
        ("heic-turned", 32, 48, []),
    ],
)
def test_a_photo_is_enlarged(likeness: Likeness, name: str, width: int, height: int, codes: list[str]) -> None:
    response = likeness.enhance(container_seeds()[name], require_face=False, upscale_factor=2)
    assert response.status_code == 200
    data = response.json()["data"]
    assert (data["width"], data["height"]) == (2 * width, 2 * height)
    found = [warning["code"] for warning in data["warnings"]]
    assert set(codes) <= set(found)
    assert not {"first_page", "animation_first_frame", "color_profile_ignored"} - set(codes) & set(found)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("tiff-lzw", "image/tiff"),
        ("bmp-color", "image/bmp"),
        ("gif-animated", "image/gif"),
        ("avif-alpha", "image/avif"),
        ("heic-turned", "image/heic"),
    ],
)
def test_a_photo_may_be_the_body_itself(likeness: Likeness, name: str, media_type: str) -> None:
    headers = {"Content-Type": media_type, "Accept": "image/png"}
    response = likeness.client.post(UPSCALE, content=container_seeds()[name], headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "image/png"
