"""CLIP is exercised on a tiny real one: trained here in seconds, written to a file and read like the published."""

import copy

import numpy as np
import pytest

from common import torchvision_cpu
from common.clip import ZeroShot
from common.device import Device

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")

CPU = Device("cpu", "float32", "test")
SHAPES = {
    "red circle": (220, 30, 30),
    "green square": (30, 190, 40),
    "blue circle": (40, 60, 220),
    "yellow square": (230, 210, 40),
}
PROMPTS = {name: [f"a photo of a {name}", f"a drawing of a {name}", f"{name} on the ground"] for name in SHAPES}


def draw(name: str, rng: np.random.Generator, height: int = 48, width: int = 48) -> np.ndarray:
    """A shape of its colour, somewhere near the middle, on noise."""
    picture = rng.integers(90, 160, (height, width, 3), dtype=np.uint8)
    y, x = np.mgrid[:height, :width]
    radius = rng.uniform(9, 16)
    dy, dx = y - height / 2 - rng.uniform(-5, 5), x - width / 2 - rng.uniform(-5, 5)
    inside = np.hypot(dx, dy) < radius if "circle" in name else np.maximum(abs(dx), abs(dy)) < radius
    picture[inside] = SHAPES[name]
    return picture


def train(steps: int = 60):
    """A CLIP of 3 million weights that knows the four shapes."""
    torchvision_cpu.mend()
    import torch
    from open_clip import SimpleTokenizer
    from open_clip.model import CLIP

    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    vision = dict(layers=2, width=64, patch_size=8, image_size=32)
    text = dict(context_length=16, vocab_size=49408, width=64, heads=1, layers=2)
    model = CLIP(64, vision, text, quick_gelu=True)
    model.token_embedding.requires_grad_(False)  # most of the weights, and the words are told apart without
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    tokenize, prepare = SimpleTokenizer(context_length=16), ZeroShot(model, CPU)._prepare
    model.train()
    names = list(SHAPES)
    for _ in range(steps):
        truth = rng.integers(len(names), size=16)
        images = torch.stack([prepare(_picture(draw(names[i], rng))) for i in truth])
        tokens = tokenize([PROMPTS[name][rng.integers(3)] for name in names])
        vectors = torch.nn.functional.normalize(model.encode_image(images), dim=-1)
        texts = torch.nn.functional.normalize(model.encode_text(tokens), dim=-1)
        loss = torch.nn.functional.cross_entropy(model.logit_scale.exp() * vectors @ texts.T, torch.tensor(truth))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def _picture(array: np.ndarray):
    from PIL import Image

    return Image.fromarray(array)


@pytest.fixture(scope="module")
def trained():
    import torch

    # So small a model is slower on several threads, and much slower where the cores are busy.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield train()
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def file(trained, tmp_path_factory):
    import torch

    path = tmp_path_factory.mktemp("clip") / "tiny.pt"
    torch.save(trained.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def clip(file):
    return ZeroShot.load(file, CPU)


def pictures(count: int = 5) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    return [draw(list(SHAPES)[i % 4], rng, height=40 + i, width=110 - i) for i in range(count)]


def test_names_the_shapes_it_has_not_seen(clip):
    rng = np.random.default_rng(99)
    truth = [name for name in SHAPES for _ in range(8)]
    scores = clip.scores([draw(name, rng) for name in truth], PROMPTS)
    right = [list(SHAPES)[best] == name for best, name in zip(scores.argmax(axis=1), truth, strict=True)]
    assert np.mean(right) >= 0.95
    # The same pictures under permuted labels: the columns follow the labels, not their order of training.
    backwards = dict(reversed(PROMPTS.items()))
    assert np.allclose(
        clip.scores([draw("red circle", np.random.default_rng(1))], backwards)[:, ::-1],
        clip.scores([draw("red circle", np.random.default_rng(1))], PROMPTS),
        atol=1e-5,
    )


def test_vectors_have_length_one_and_type_float32(clip):
    for vectors in (clip.embed_images(pictures()), clip.embed_texts(["red", "a long text " * 40, ""])):
        assert vectors.dtype == np.float32 and vectors.shape[1] == 64
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert clip.embed_images([]).shape == (0, 64)


def test_a_picture_alone_and_among_others_has_one_vector(clip):
    many = pictures(70)  # more than one batch
    together = clip.embed_images(many)
    assert together.shape == (70, 64)
    for index in (0, 31, 32, 69):
        assert np.allclose(together[index], clip.embed_images([many[index]])[0], atol=1e-5)


def test_prompts_of_a_label_are_averaged_as_unit_vectors(clip):
    images = pictures(3)
    expected_directions = []
    for prompts in PROMPTS.values():
        mean = np.mean([clip.embed_texts([prompt])[0] for prompt in prompts], axis=0)
        expected_directions.append(mean / np.linalg.norm(mean))
    cosines = clip.embed_images(images) @ np.array(expected_directions).T
    # The trained scale is the one number of the model that is not seen from outside: it is read off two columns.
    scores = clip.scores(images, PROMPTS)
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-5)
    scale = np.log(scores[0, 0] / scores[0, 1]) / (cosines[0, 0] - cosines[0, 1])
    softmax = np.exp(scale * cosines) / np.exp(scale * cosines).sum(axis=1, keepdims=True)
    assert 1 < scale < 100
    assert np.allclose(scores, softmax, atol=1e-3)


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_the_archive_that_openai_publishes_gives_the_same_vectors(trained, clip, tmp_path):
    import torch
    from open_clip import SimpleTokenizer

    # OpenAI's archive does not hold the mask of the text transformer.
    trained = copy.deepcopy(trained)
    trained.attn_mask = trained._buffers.pop("attn_mask")
    example = (torch.rand(1, 3, 32, 32), SimpleTokenizer(context_length=16)(["a"]))
    torch.jit.trace(trained, example, check_trace=False).save(tmp_path / "archive.pt")
    assert np.array_equal(
        ZeroShot.load(tmp_path / "archive.pt", CPU).embed_images(pictures()), clip.embed_images(pictures())
    )


def test_half_precision_stays_close(file, clip):
    half = ZeroShot.load(file, Device("cpu", "bfloat16", "test"))
    assert half.nbytes < clip.nbytes
    cosines = (half.embed_images(pictures()) * clip.embed_images(pictures())).sum(axis=1)
    assert cosines.min() > 0.99
    assert (half.embed_texts(["red circle"]) @ clip.embed_texts(["red circle"]).T).item() > 0.99


def test_a_view_with_strides_is_the_picture_it_shows(clip):
    picture = pictures(1)[0]
    turned = picture[:, ::-1][::-1]
    assert np.array_equal(clip.embed_images([turned]), clip.embed_images([turned.copy()]))


@pytest.mark.parametrize(
    "wrong", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32), np.zeros((0, 8, 3), np.uint8)]
)
def test_another_form_of_picture_is_refused(clip, wrong):
    with pytest.raises(ValueError, match="HxWx3 uint8"):
        clip.embed_images([wrong])


@pytest.mark.parametrize("labels", [{}, {"a": []}])
def test_labels_need_prompts(clip, labels):
    with pytest.raises(ValueError, match="prompt"):
        clip.scores(pictures(1), labels)


def test_nbytes_counts_the_weights(clip, file):
    # The file holds the linear layers in 32 bits as well, and little else.
    assert clip.nbytes == pytest.approx(file.stat().st_size, rel=0.02)
