from pathlib import Path

import pytest
import torch
from torch.nn import functional

from training.measures import enlarge
from training.students import half_scale, load, save, stored, student


def test_half_scale_is_the_area_average_of_the_x4_student() -> None:
    torch.manual_seed(0)
    large = student(8, 2, 4).eval()
    with torch.no_grad():
        for parameter in large.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    small = student(8, 2, 2).eval()
    small.load_state_dict(half_scale(large.state_dict()))
    batch = torch.rand(2, 3, 12, 17)
    with torch.inference_mode():
        torch.testing.assert_close(small(batch), functional.avg_pool2d(large(batch), 2), atol=1e-5, rtol=1e-5)


def test_half_scale_does_not_change_its_argument() -> None:
    state = student(8, 1, 4).state_dict()
    before = {key: value.clone() for key, value in state.items()}
    half_scale(state)
    assert all(torch.equal(state[key], before[key]) for key in before)


def test_enlarge_equals_the_network() -> None:
    torch.manual_seed(0)
    for scale in (2, 4):
        network = student(8, 2, scale).eval()
        batch = torch.rand(1, 3, 9, 7)
        with torch.inference_mode():
            torch.testing.assert_close(enlarge(network, batch), network(batch))


def test_only_the_filters_of_hidden_layers_are_stored_in_one_byte() -> None:
    state = stored(student(8, 3, 4).state_dict())
    short = {key for key, tensor in state.items() if tensor.dtype == torch.float8_e4m3fn}
    assert short == {"body.2.weight", "body.4.weight", "body.6.weight"}
    assert {tensor.dtype for key, tensor in state.items() if key not in short} == {torch.float16}


@pytest.mark.parametrize("scale", [2, 4])
def test_saved_students_load_through_spandrel(tmp_path: Path, scale: int) -> None:
    torch.manual_seed(0)
    network = student(8, 2, scale).eval()
    save(network.state_dict(), tmp_path / "student.safetensors")
    loaded, found = load(tmp_path / "student.safetensors")
    batch = torch.rand(1, 3, 8, 8)
    assert found == scale
    with torch.inference_mode():
        torch.testing.assert_close(loaded(batch), network(batch), atol=2e-2, rtol=0)
    assert [file.name for file in tmp_path.iterdir()] == ["student.safetensors"]
