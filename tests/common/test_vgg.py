"""The network itself with random weights; the published ones where they are on this machine."""

import os

import numpy as np
import pytest
import torch

from common import vgg
from common.device import Device
from common.registry import Registry
from common.vgg import LAYERS, VGG19

CPU = Device("cpu", "float32", "test")


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def random_vgg() -> VGG19:
    torch.manual_seed(0)
    return VGG19(vgg.network(), CPU)


@pytest.fixture(scope="module")
def published() -> VGG19:
    if Registry().where("vgg-19") == "missing":
        pytest.skip("the VGG-19 weights are not on this machine")
    return vgg.load()


def noise(*shape: int, seed: int = 0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def photograph(height: int = 64, width: int = 96):
    """Smooth colours with an edge, as 0..1."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    return torch.stack([x, y, (x > 0.6).float() * 0.5 + 0.2])[None]


def test_the_layers_have_their_channels_and_sizes(random_vgg):
    found = random_vgg.features(noise(2, 3, 40, 51))
    shapes = {layer: tuple(values.shape) for layer, values in found.items()}
    assert shapes == {
        "relu1_1": (2, 64, 40, 51),
        "relu2_1": (2, 128, 20, 26),
        "relu3_1": (2, 256, 10, 13),
        "relu4_1": (2, 512, 5, 7),
    }
    assert all(values.dtype == torch.float32 and values.min() == 0 for values in found.values())


def test_the_smallest_picture(random_vgg):
    side = vgg.MIN_SIDE
    assert random_vgg.features(noise(1, 3, side, side))["relu4_1"].shape[2:] == (2, 2)
    with pytest.raises(ValueError, match="at least 16 pixels"):
        random_vgg.features(noise(1, 3, side, side - 1))


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 4, 32, 32), (1, 32, 32, 3)])
def test_another_form_is_refused(random_vgg, shape):
    with pytest.raises(ValueError, match="pictures must be"):
        random_vgg.features(noise(*shape))


def test_bytes_are_refused(random_vgg):
    with pytest.raises(ValueError, match="uint8"):
        random_vgg.features(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))


def test_a_picture_alone_and_among_many_has_the_same_features(random_vgg):
    many = noise(vgg.BATCH + 1, 3, 32, 32)
    together = random_vgg.features(many)
    for index in (0, vgg.BATCH):
        alone = random_vgg.features(many[index : index + 1])
        for layer in LAYERS:
            assert torch.allclose(together[layer][index], alone[layer][0], atol=1e-5)


def test_gradients_only_where_they_are_asked_for(random_vgg):
    pictures = noise(1, 3, 32, 32).requires_grad_()
    assert not any(values.requires_grad for values in random_vgg.features(pictures).values())
    random_vgg.features(pictures, grad=True)["relu4_1"].sum().backward()
    assert pictures.grad.abs().sum() > 0
    assert not any(weight.requires_grad for weight in random_vgg._network.parameters())


def test_half_precision_stays_close_and_a_training_loop_with_autocast_changes_nothing(random_vgg):
    torch.manual_seed(0)
    half = VGG19(vgg.network(), Device("cpu", "bfloat16", "test"))
    pictures = noise(1, 3, 48, 48)
    exact = random_vgg.features(pictures)
    for layer, values in half.features(pictures).items():
        assert values.dtype == torch.bfloat16
        wanted = vgg.gram(exact[layer])
        assert (vgg.gram(values) - wanted).norm() < 0.03 * wanted.norm()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(random_vgg.features(pictures)["relu4_1"], exact["relu4_1"])


def test_gram_of_a_worked_example():
    features = torch.tensor([[[[1.0, 2.0]], [[0.0, 4.0]]]])  # two channels at two places
    # (1*1 + 2*2)/2, (1*0 + 2*4)/2, (0*0 + 4*4)/2
    assert vgg.gram(features).tolist() == [[[2.5, 4.0], [4.0, 8.0]]]
    assert torch.allclose(vgg.gram(features.repeat(1, 1, 5, 3)), vgg.gram(features))
    mean, variance = vgg.moments(features)
    assert mean.tolist() == [[1.5, 2.0]] and variance.tolist() == [[0.25, 4.0]]


def test_the_perceptual_loss_leads_a_picture_to_its_target(random_vgg):
    target = photograph()
    assert vgg.perceptual_loss(random_vgg, target, target).item() == 0
    picture = noise(*target.shape).requires_grad_()
    optimizer = torch.optim.Adam([picture], lr=0.05)
    losses, distances = [], []
    for _ in range(15):
        loss = vgg.perceptual_loss(random_vgg, picture, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        distances.append((picture - target).abs().mean().item())
    assert losses[-1] < 0.7 * losses[0] and distances[-1] < distances[0]


def test_the_layers_of_the_loss_are_weighted(random_vgg):
    one, other = noise(1, 3, 32, 32), noise(1, 3, 32, 32, seed=1)
    each = {layer: vgg.perceptual_loss(random_vgg, one, other, {layer: 1.0}).item() for layer in LAYERS}
    found, wanted = random_vgg.features(one), random_vgg.features(other)
    assert each["relu3_1"] == pytest.approx((found["relu3_1"] - wanted["relu3_1"]).abs().mean().item())
    assert vgg.perceptual_loss(random_vgg, one, other).item() == pytest.approx(np.mean(list(each.values())))
    for wrong in ({"relu5_1": 1.0}, {}):
        with pytest.raises(ValueError, match="layer_weights"):
            vgg.perceptual_loss(random_vgg, one, other, wrong)
    with pytest.raises(ValueError, match="differ in shape"):
        vgg.perceptual_loss(random_vgg, one, other[..., :16])


def test_a_file_with_more_layers_is_read_and_one_with_fewer_refused(random_vgg, tmp_path):
    state = random_vgg._network.state_dict()
    torch.save(state | {"49.weight": torch.zeros(2)}, tmp_path / "longer.pth")
    read = VGG19.load(tmp_path / "longer.pth", CPU)
    pictures = noise(1, 3, 32, 32)
    assert torch.equal(read.features(pictures)["relu4_1"], random_vgg.features(pictures)["relu4_1"])
    assert read.nbytes == sum(4 * values.numel() for values in state.values())
    torch.save({key: state[key] for key in list(state)[:-1]}, tmp_path / "shorter.pth")
    with pytest.raises(RuntimeError, match=r"29\.bias"):
        VGG19.load(tmp_path / "shorter.pth", CPU)


class Runs:
    """Pickled, it would run a command when it is read."""

    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_code_in_a_file_is_not_run(tmp_path):
    torch.save({"0.weight": Runs(tmp_path / "ran")}, tmp_path / "bad.pth")
    with pytest.raises(Exception, match=r"(?i)weights.only"):
        VGG19.load(tmp_path / "bad.pth", CPU)
    assert not (tmp_path / "ran").exists()


def test_the_published_weights_take_rgb_of_0_to_1(published):
    """The first layer gives BGR of 0..255 less the means of ImageNet, as the network was trained."""
    pixel = torch.tensor([0.9, 0.5, 0.1]).reshape(1, 3, 1, 1).expand(1, 3, 2, 2)
    given = published._network[0](pixel)[0, :, 0, 0]
    blue, green, red = 0.1 * 255 - 103.939, 0.5 * 255 - 116.779, 0.9 * 255 - 123.68
    assert given.tolist() == pytest.approx([blue, green, red], abs=0.01)


def test_the_published_weights_tell_textures_apart_by_their_gram(published):
    def stripes(along: int, phase: float, period: int = 8):
        place = torch.arange(96.0).reshape((-1, 1) if along == 0 else (1, -1))
        return (0.5 + 0.5 * torch.sin(2 * torch.pi * (place + phase) / period)).expand(1, 3, 96, 96)

    flat, moved, upright = (vgg.gram(published.features(stripes(*way))["relu3_1"]) for way in ((0, 0), (0, 3), (1, 0)))
    assert (flat - moved).norm() < 0.25 * (flat - upright).norm()
