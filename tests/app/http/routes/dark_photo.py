"""A black photo: whatever is bright in its result was painted by the fake restorer."""

from __future__ import annotations

import numpy as np

from tests import images

DARK = images.png(np.zeros((80, 80, 3), np.uint8))
