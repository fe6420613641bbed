"""The network, what judges it, and a training of some steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pipeline.geometry import FFHQ_512_TEMPLATE
from pipeline.models.restorers.portrait_network import SIDE, PortraitNetwork
from pipeline.models.roles import Models
from training.portrait.judges import CompactFeatures, Discriminator, Recogniser, augmented, relative
from training.portrait.portraits import Portrait
from training.portrait.samples import aligned, inner
from training.portrait.train import FILE, Plan, new_training, train

PLAN = Plan(steps=4, size=1, adversarial_from=0.5)


def test_the_network_fits_into_four_megabytes() -> None:
    assert sum(parameter.numel() for parameter in PortraitNetwork().parameters()) * 2 < 4_000_000


def test_brightness_and_contrast_of_a_face_scale_the_change() -> None:
    torch.manual_seed(0)
    network = PortraitNetwork().eval()
    faces = torch.rand(1, 3, SIDE, SIDE)
    native = torch.tensor([100.0])
    with torch.no_grad():
        change, darker = network(faces, native), network(faces * 0.5 + 0.1, native)
    assert change.shape == faces.shape
    assert change.abs().mean() > 1e-4
    assert darker.std() / change.std() == pytest.approx(0.5, abs=0.1)


def test_the_judge_sees_the_same_person_as_the_service(portrait: Portrait, embedded_models: Models) -> None:
    crop = inner(aligned(portrait))
    points = (FFHQ_512_TEMPLATE + 0.5) * SIDE / 512 - 0.5
    assert embedded_models.recogniser is not None
    (expected,) = embedded_models.recogniser.embed([crop], [points.astype(np.float32)])
    (found,), features = Recogniser()(torch.from_numpy(crop).permute(2, 0, 1)[None], torch.zeros(2))
    assert float(found @ torch.from_numpy(expected)) > 0.99
    assert [feature.shape[2] for feature in features] == [72, 35, 17]


def test_equal_features_have_no_distance_and_gradients_reach_the_picture() -> None:
    picture = torch.rand(1, 3, 48, 48, requires_grad=True)
    compact = CompactFeatures()
    assert relative(compact(picture), compact(picture)) == 0
    relative(compact(picture), compact(picture.detach().flip(3))).backward()
    assert picture.grad is not None
    assert picture.grad.abs().sum() > 0


def test_the_discriminator_judges_patches_of_crops_that_are_varied_alike_for_one_seed() -> None:
    crops = torch.rand(2, 3, SIDE, SIDE)
    first, second = (augmented(crops, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, second)
    assert Discriminator()(first).shape == (2, 1, 24, 24)


def test_an_interrupted_training_goes_on_from_its_checkpoint_to_the_same_weights(
    portrait: Portrait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.portrait.train.CHECK_EVERY", 2)

    def trained(name: str, *, interrupted: bool) -> dict[str, torch.Tensor]:
        folder = tmp_path / name
        folder.mkdir()
        training = new_training(PLAN)
        if interrupted:

            class Stop(Exception):
                pass

            def stop(step: int) -> None:
                if step == 2:
                    raise Stop

            with pytest.raises(Stop):
                train(training, PLAN, [portrait], [portrait], folder, compiled=False, after=stop)
            training = new_training(PLAN)
            training.load(folder / "checkpoint.pt")
            assert training.step == 2
        train(training, PLAN, [portrait], [portrait], folder, compiled=False)
        assert sorted(path.name for path in folder.glob("sheet-*")) == ["sheet-000002.jpg", "sheet-000004.jpg"]
        return load_file(folder / FILE)

    whole, resumed = trained("whole", interrupted=False), trained("resumed", interrupted=True)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
