"""The last pass over a drawn picture."""

import pytest
import torch

from common.device import Device
from common.refiner import FOLDER, Refiner

CPU = Device("cpu", "float32", "test")


@pytest.fixture
def trained(one_thread) -> Refiner:
    """One that changes something, in a way that lines and look have a say in."""
    random = torch.Generator().manual_seed(0)
    made = Refiner(8, width=8, blocks=2, deep_blocks=1)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=random) * 0.08)
    return made.eval()


def given(height=64, width=128, seed=1):
    random = torch.Generator().manual_seed(seed)
    pictures = torch.rand(2, 3, height, width, generator=random) * 2 - 1
    return pictures, torch.zeros(2, 1, height, width), torch.zeros(2, 8)


def test_untrained_it_changes_nothing():
    pictures, lines, look = given()
    assert torch.equal(Refiner(8, width=8, blocks=2, deep_blocks=1)(pictures, lines, look), pictures)


@torch.no_grad()
def test_lines_change_the_picture_where_they_are_and_the_look_everywhere(trained):
    pictures, lines, look = given()
    before = trained(pictures, lines, look)
    drawn = lines.clone()
    drawn[..., 20:22, 10:12] = 1
    changed = (trained(pictures, drawn, look) - before).abs().amax((0, 1)) > 1e-4
    assert changed[16:26, 6:16].any() and not changed[:, 100:].any()
    assert ((trained(pictures, lines, look + 4) - before).abs().amax((0, 1)) > 1e-4).float().mean() > 0.9


def test_what_is_saved_is_read_again_and_a_folder_without_one_has_none(trained, tmp_path):
    assert Refiner.load(tmp_path, CPU) is None
    trained.save(tmp_path)
    again = Refiner.load(tmp_path, CPU)
    with torch.no_grad():
        assert torch.allclose(again(*given()), trained(*given()), atol=0.02)  # halves
    assert not any(parameter.requires_grad for parameter in again.parameters())
    assert sorted(file.name for file in (tmp_path / FOLDER).iterdir()) == ["config.json", "model.safetensors"]
