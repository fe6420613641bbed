from __future__ import annotations

import numpy as np
import pytest

from pipeline.types import Image
from training.faces import LANDMARKS
from training.portrait.portraits import Portrait


@pytest.fixture(scope="session")
def portrait(astronaut: Image) -> Portrait:
    """The astronaut as a portrait: 225 × 275 pixels around her face."""
    picture = (astronaut[10:285, 110:335] * 255).round().astype(np.uint8)
    landmarks = np.array(LANDMARKS["astronaut"][0], np.float32) - np.float32([110, 10])
    return Portrait("astronaut", picture, landmarks)
