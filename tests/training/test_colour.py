import numpy as np
import torch

from training.colour import centred, drift
from training.students import student


def test_centring_takes_the_measured_drift_out() -> None:
    torch.manual_seed(0)
    network = student(8, 2, 4).eval()
    tiles = np.random.default_rng(0).integers(0, 256, (4, 40, 40, 3), dtype=np.uint8)
    before = drift(network, tiles)
    network.load_state_dict(centred(network.state_dict(), before))
    assert drift(network, tiles).abs().max() < 1e-3 + 0.1 * before.abs().max()
