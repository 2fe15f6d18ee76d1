"""Through the real classes of diffusers, with the tiny model of random weights of tests/sketch/tiny.py."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import device, diffusion, sampling, torchvision_cpu
from common.device import Device
from common.errors import UserError, WeightsUnavailable
from common.memory import Way, ways
from common.sampling import Request
from tests.sketch.tiny import make_tiny

torchvision_cpu.mend()
CPU = Device("cpu", "float32", "CPU for the test")

ROUNDING = 2  # of 255: sums in another order, carried through the steps


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def tiny(folder):
    model = diffusion.embedded(folder)
    return sampling.Diffusion(diffusion.pipeline(model, CPU), model, CPU)


@pytest.fixture
def request_():
    return Request(lines(), "a cat", styles=[(style(1), 1.0)], seeds=(7,), steps=2, guidance=3.0, scheduler="dpm")


def lines(height: int = 64, width: int = 128) -> np.ndarray:
    control = np.zeros((height, width), np.float32)
    control[8:-8, 20:24] = control[30:34, 8:-8] = 1
    return control


def style(seed: int, height: int = 20, width: int = 50) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def picture(tiny, request: Request) -> np.ndarray:
    return tiny.draw(request).pictures[0]


def new_unet():
    import torch
    from diffusers import UNet2DConditionModel

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return UNet2DConditionModel(
            sample_size=8,
            in_channels=8,
            out_channels=8,
            block_out_channels=(16, 32),
            layers_per_block=1,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            attention_head_dim=8,
            cross_attention_dim=16,
            norm_num_groups=8,
        )


# the adapter and the form of the folder


def test_a_new_adapter_can_be_trained_and_depends_only_on_its_generator():
    import torch

    first, second = new_unet(), new_unet()
    for unet in (first, second):
        diffusion.attach_ip_adapter(unet, 24, generator=torch.Generator().manual_seed(5))
    weights, again = diffusion.ip_adapter_state(first), diffusion.ip_adapter_state(second)
    assert all(torch.equal(weights[key], again[key]) for key in weights)
    style = {"image_embeds": [torch.ones(2, 1, 24)]}
    first(torch.ones(2, 8, 8, 8), 5, torch.ones(2, 3, 16), added_cond_kwargs=style).sample.square().mean().backward()
    trained = {name for name, weight in first.named_parameters() if weight.grad is not None and weight.grad.any()}
    assert {name for name, _ in first.named_parameters() if "_ip" in name or "encoder_hid" in name} <= trained


def test_the_adapters_weights_are_named_as_published_ones_are():
    unet = new_unet()
    diffusion.attach_ip_adapter(unet, 24)
    shapes = {key: tuple(weight.shape) for key, weight in diffusion.ip_adapter_state(unet).items()}
    # One block down, two up, one in the middle look at words; their layers have 32 features, words 16.
    attention = {f"ip_adapter.{n}.to_{part}_ip.weight": (32, 16) for n in (1, 3, 5, 7) for part in "kv"}
    projection = {"proj.weight": (64, 24), "proj.bias": (64,), "norm.weight": (16,), "norm.bias": (16,)}
    assert shapes == attention | {f"image_proj.{key}": shape for key, shape in projection.items()}


def test_a_trained_adapter_comes_back_through_load_ip_adapter(tmp_path):
    import torch
    from diffusers import StableDiffusionControlNetPipeline

    made = make_tiny(tmp_path / "made", seed=1)
    pipe = diffusion.pipeline(diffusion.embedded(made), CPU)
    with torch.no_grad():  # as if it had been trained further, in what float16 can hold
        for name, weight in pipe.unet.named_parameters():
            if "_ip" in name or "encoder_hid" in name:
                weight.copy_((weight * 1.5).half())
    diffusion.save(pipe, tmp_path / "trained")
    again = StableDiffusionControlNetPipeline.from_pretrained(
        tmp_path / "trained", safety_checker=None, requires_safety_checker=False, local_files_only=True
    )
    again.load_ip_adapter(str(tmp_path / "trained"), "", diffusion.ADAPTER_FILE, local_files_only=True)
    inputs = (torch.ones(1, 8, 8, 8), 5, torch.ones(1, 3, 32))
    style = {"image_embeds": [torch.linspace(-1, 1, 24)[None, None]]}
    with torch.no_grad():
        before, after = (unet(*inputs, added_cond_kwargs=style).sample for unet in (pipe.unet, again.unet))
        other = again.unet(*inputs, added_cond_kwargs={"image_embeds": [torch.ones(1, 1, 24)]}).sample
    torch.testing.assert_close(before, after, rtol=0, atol=1e-5)  # another order of the memory rounds differently
    assert (after - other).abs().max() > 1e-3


def test_the_folder_has_the_agreed_form_in_float16(folder):
    from safetensors import safe_open

    parts = {
        "unet",
        "controlnet",
        "vae",
        "text_encoder",
        "tokenizer",
        "scheduler",
        "image_encoder",
        "feature_extractor",
    }
    assert {entry.name for entry in folder.iterdir()} == parts | {"model_index.json", "ip-adapter.safetensors"}
    for file in folder.rglob("*.safetensors"):
        with safe_open(file, "pt") as tensors:
            assert {tensors.get_slice(key).get_dtype() for key in tensors.keys()} <= {"F16", "I64"}, file  # noqa: SIM118
    with safe_open(folder / "unet" / "diffusion_pytorch_model.safetensors", "pt") as tensors:
        assert not [key for key in tensors.keys() if "_ip" in key or "encoder_hid" in key]  # noqa: SIM118


def test_saving_leaves_the_pipeline_as_it_is(tiny, request_, tmp_path):
    before = picture(tiny, request_)
    diffusion.save(tiny.pipe, tmp_path / "copy")
    assert np.array_equal(picture(tiny, request_), before)


def test_wrong_adapters_are_named():
    unet = new_unet()
    with pytest.raises(ValueError, match="attach_ip_adapter first"):
        diffusion.ip_adapter_state(unet)
    with pytest.raises(ValueError, match="4 tokens, not 16"):
        diffusion.attach_ip_adapter(unet, 24, tokens=16)


def test_a_broken_folder_says_which_and_why(folder, tmp_path):
    import shutil

    shutil.copytree(folder, tmp_path / "broken")
    (tmp_path / "broken" / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(WeightsUnavailable, match="broken"):
        diffusion.pipeline(diffusion.embedded(tmp_path / "broken"), CPU)


# diffusers 0.42 hands on an argument that huggingface_hub 2 no longer has
@pytest.mark.filterwarnings("ignore:The `local_dir_use_symlinks` argument:UserWarning")
def test_the_hub_is_not_to_be_had_and_it_says_what_to_do():  # tests run with HF_HUB_OFFLINE
    with pytest.raises(WeightsUnavailable, match=r"sd15_scribble|stable-diffusion-v1-5.*embedded tier"):
        diffusion.pipeline(diffusion.stable_diffusion(), CPU)


@pytest.mark.parametrize("name", ["unipc", "dpm", "ddim"])
def test_samplers_keep_what_the_model_was_trained_for(tiny, request_, name):
    tiny.draw(replace(request_, scheduler=name))
    config = tiny.pipe.scheduler.config
    assert (config.prediction_type, config.rescale_betas_zero_snr) == ("v_prediction", True)
    assert int(tiny.pipe.scheduler.timesteps[0]) == 999  # where nothing but noise is left: trailing steps begin there


def test_one_sampler_does_not_change_the_next(tiny, request_):
    unipc = replace(request_, scheduler="unipc")
    before = picture(tiny, unipc)
    tiny.draw(replace(request_, scheduler="ddim"))
    assert np.array_equal(picture(tiny, unipc), before)


# drawing


@settings(max_examples=6, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4))
def test_pictures_have_the_size_of_the_lines(tiny, rows, columns):
    drawn = picture(tiny, Request(lines(64 * rows, 64 * columns), steps=1, scheduler="dpm"))
    assert (drawn.shape, drawn.dtype) == ((64 * rows, 64 * columns, 3), np.uint8)


def test_the_same_seed_gives_the_same_picture_alone_and_in_a_row(tiny, request_):
    alone = picture(tiny, request_)
    row = tiny.draw(replace(request_, seeds=(6, 7))).pictures
    assert np.array_equal(row[1], alone)
    assert not np.array_equal(row[0], alone)


def test_pictures_drawn_in_one_batch_are_the_same_to_rounding(tiny, request_, monkeypatch):
    seeds = replace(request_, seeds=(6, 7, 8))
    one_by_one = tiny.draw(seeds).pictures
    monkeypatch.setattr(sampling, "ways", lambda *_: [Way(3)])
    for first, second in zip(one_by_one, tiny.draw(seeds).pictures, strict=True):
        assert np.abs(first.astype(int) - second).max() <= ROUNDING


@pytest.mark.parametrize(
    "change",
    [
        {"control": np.zeros((64, 128), np.float32)},
        {"prompt": "a dog"},
        {"negative_prompt": "a dog"},
        {"styles": [(style(2), 1.0)]},
        {"styles": ()},
        {"style": 0.5},
        {"structure": 0.5},
        {"structure": 0},  # sliders give whole numbers
        {"guidance": 1},
        {"steps": 3},
        {"scheduler": "ddim"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_everything_that_is_asked_for_changes_the_picture(tiny, request_, change):
    assert not np.array_equal(picture(tiny, replace(request_, **change)), picture(tiny, request_))


def test_styles_are_mixed_by_their_shares(tiny, request_):
    import torch

    first, second = style(1), style(2)
    alone = tiny.embed_styles([(first, 3.0)])[1], tiny.embed_styles([(second, 1.0)])[1]
    mixed = tiny.embed_styles([(first, 3.0), (second, 1.0)])[1]
    torch.testing.assert_close(mixed, 0.75 * alone[0] + 0.25 * alone[1])
    assert not torch.allclose(alone[0], alone[1])
    of_one = picture(tiny, replace(request_, styles=[(first, 0.2), (second, 0.0)]))
    assert np.array_equal(of_one, picture(tiny, replace(request_, styles=[(first, 1.0)])))


def test_no_style_no_strength_and_no_weight_are_one(tiny, request_):
    none = picture(tiny, replace(request_, styles=()))
    assert np.array_equal(picture(tiny, replace(request_, style=0)), none)
    assert np.array_equal(picture(tiny, replace(request_, styles=[(style(1), 0.0)])), none)


def test_a_style_picture_is_seen_whole(tiny):
    """Encoders cut out the middle square; a wide picture's ends must not be lost."""
    wide = np.full((20, 100, 3), 128, np.uint8)
    coloured = wide.copy()
    coloured[:, :20] = (255, 0, 0)
    assert not np.array_equal(tiny.embed_styles([(wide, 1)]).numpy(), tiny.embed_styles([(coloured, 1)]).numpy())


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 1500), st.integers(1, 1500))
def test_style_pictures_of_any_size_become_squares(width, height):
    square = sampling._square(np.full((height, width, 3), (1, 2, 3), np.uint8))
    assert square.shape[0] == square.shape[1] <= sampling.STYLE_SIDE
    assert (square == (1, 2, 3)).all()  # nothing foreign at the border


def test_only_the_style_blocks_see_the_style(tiny, request_, folder):
    tiny.draw(replace(request_, style_only=True, style=0.6))
    assert "can't tell style from content" in " ".join(tiny.draw(replace(request_, style_only=True)).notes)
    knowing = replace(tiny.model, style_blocks={"up": {"block_0": [0.0, 1.0]}})
    instant = sampling.Diffusion(tiny.pipe, knowing, CPU)
    assert instant.draw(replace(request_, style_only=True, style=0.6)).notes == []
    scales = {name: one.scale for name, one in tiny.pipe.unet.attn_processors.items() if hasattr(one, "to_k_ip")}
    assert scales.pop("up_blocks.0.attentions.1.transformer_blocks.0.attn2.processor") == [0.6]
    assert set(map(tuple, scales.values())) == {(0.0,)}


def test_a_model_may_have_a_control_network_for_each_kind_of_lines(folder, tmp_path, request_):
    import torch

    first = diffusion.pipeline(diffusion.embedded(folder), CPU).controlnet
    with torch.no_grad():
        first.controlnet_mid_block.weight.neg_()
    first.save_pretrained(tmp_path / "canny")
    kinds = {"scribble": str(folder / "controlnet"), "canny": str(tmp_path / "canny")}
    model = replace(diffusion.embedded(folder), controls=kinds)
    both = sampling.Diffusion(diffusion.pipeline(model, CPU), model, CPU)
    scribble, canny = (picture(both, replace(request_, kind=kind)) for kind in kinds)
    assert not np.array_equal(scribble, canny)
    assert np.array_equal(picture(both, request_), scribble)
    with pytest.raises(ValueError, match="'pencil'; there are scribble, canny"):
        both.draw(replace(request_, kind="pencil"))


def test_an_adapter_that_reads_patches(folder, tmp_path, request_):
    """The form of ip-adapter-plus: a resampler over the image encoder's patches instead of one vector."""
    import torch
    from safetensors.torch import load_file, save_file

    generator = torch.Generator().manual_seed(0)
    shapes = {"latents": (1, 3, 64), "proj_in.weight": (64, 32), "proj_out.weight": (32, 64)}
    shapes |= {"proj_in.bias": (64,), "proj_out.bias": (32,), "norm_out.weight": (32,), "norm_out.bias": (32,)}
    layers = {"0.norm1.weight": (64,), "0.norm1.bias": (64,), "0.norm2.weight": (64,), "0.norm2.bias": (64,)}
    layers |= {"0.to_q.weight": (64, 64), "0.to_kv.weight": (128, 64), "0.to_out.weight": (64, 64)}
    layers |= {"1.0.weight": (64,), "1.0.bias": (64,), "1.1.weight": (256, 64), "1.3.weight": (64, 256)}
    shapes |= {f"layers.{n}.{key}": shape for n in range(4) for key, shape in layers.items()}
    state = {f"image_proj.{key}": torch.randn(shape, generator=generator) * 0.2 for key, shape in shapes.items()}
    trained = load_file(folder / diffusion.ADAPTER_FILE)
    state |= {key: weight for key, weight in trained.items() if key.startswith("ip_adapter.")}
    save_file(state, tmp_path / "plus.safetensors")
    model = replace(diffusion.embedded(folder), adapter=(str(tmp_path), "", "plus.safetensors"))
    plus = sampling.Diffusion(diffusion.pipeline(model, CPU), model, CPU)
    assert plus.embed_styles(request_.styles).shape == (2, 1, 17, 32)  # 4 x 4 patches and the one for the whole
    one, other, none = (picture(plus, replace(request_, styles=s)) for s in ([(style(1), 1)], [(style(2), 1)], ()))
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, none)


def test_a_text_that_is_too_long_is_cut_at_a_word_piece_and_said(tiny, request_, caplog):
    drawn = tiny.draw(replace(request_, prompt="a cat under that tree"))
    # One piece a letter: 14 fit beside the two marks, "acatunderthatt".
    assert drawn.notes == [
        "The description has 17 word pieces, and the model reads 14 of them: it is read as far as “a cat under that t”."
    ]
    assert np.array_equal(drawn.pictures[0], picture(tiny, replace(request_, prompt="a cat under that t")))
    assert not np.array_equal(drawn.pictures[0], picture(tiny, replace(request_, prompt="a cat under that")))
    assert "tree" not in caplog.text


def test_progress_and_cancelling(tiny, request_):
    said = []
    tiny.draw(replace(request_, seeds=(1, 2)), lambda part, text: said.append((part, text)))
    assert said == [
        (0.25, "Picture 1 of 2, step 1 of 2"),
        (0.5, "Picture 1 of 2, step 2 of 2"),
        (0.75, "Picture 2 of 2, step 1 of 2"),
        (1.0, "Picture 2 of 2, step 2 of 2"),
    ]

    class CancelledError(Exception):
        pass

    def cancel(part, text):
        raise CancelledError

    before = picture(tiny, request_)
    with pytest.raises(CancelledError):
        tiny.draw(request_, cancel)
    assert np.array_equal(picture(tiny, request_), before)
    assert "forward" not in vars(tiny.pipe.controlnet.controlnet_cond_embedding)


@pytest.mark.parametrize(
    ("control", "wrong"),
    [
        (np.zeros((64, 64, 3), np.float32), "must be"),
        (np.zeros((64, 64), np.uint8), "float32"),
        (np.zeros((0, 64), np.float32), "must be"),
        (np.zeros((64, 100), np.float32), "multiples of 64"),
        (np.full((64, 64), 1.5, np.float32), r"0\.\.1"),
        (np.full((64, 64), np.nan, np.float32), r"0\.\.1"),
    ],
)
def test_controls_of_another_form_are_refused(tiny, control, wrong):
    with pytest.raises(ValueError, match=wrong):
        tiny.draw(Request(control, scheduler="dpm"))


# memory


@pytest.fixture
def short_of_memory(tiny):
    """The UNet's first layer has room for this many pixels of latents; more, and torch says what a full GPU says."""
    import torch

    hooks = []

    def limit(pixels):
        def refuse(layer, given):
            size = given[0].shape[0] * given[0].shape[2] * given[0].shape[3]
            if size > pixels:
                raise torch.OutOfMemoryError(f"CUDA out of memory. {size} latents")

        hooks.append(tiny.pipe.unet.conv_in.register_forward_pre_hook(refuse))

    yield limit
    for hook in hooks:
        hook.remove()


def test_guidance_in_halves_and_tiles_gives_the_same_picture(tiny, request_, short_of_memory):
    whole = tiny.draw(request_)
    short_of_memory(8 * 16)  # half of what picture and guidance take together
    halved = tiny.draw(request_)
    assert "with and without the prompt in turn" in halved.notes[0]
    assert whole.notes == []
    assert np.abs(halved.pictures[0].astype(int) - whole.pictures[0]).max() <= ROUNDING


def test_a_smaller_picture_is_the_last_resort_and_has_the_size_asked_for(tiny, request_, short_of_memory):
    short_of_memory(32 * 16)
    drawn = tiny.draw(replace(request_, control=lines(512, 256)))
    assert drawn.pictures[0].shape == (512, 256, 3)
    assert "at 256 px and enlarged afterwards" in drawn.notes[0]


def test_no_room_at_all_says_what_to_do(tiny, request_, short_of_memory):
    short_of_memory(10)
    with pytest.raises(UserError, match=r"128 x 64 px.*embedded tier"):
        tiny.draw(request_)


def test_other_errors_of_the_gpu_are_not_taken_for_a_lack_of_memory(tiny, request_):
    def fail(layer, given):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    hook = tiny.pipe.unet.conv_in.register_forward_pre_hook(fail)
    try:
        with pytest.raises(RuntimeError, match="illegal memory access"):
            tiny.draw(request_)
    finally:
        hook.remove()


def test_many_pictures_at_once_are_tried_first_on_a_gpu():
    gpu = Device("cuda", "bfloat16", "GPU for the test")
    tried = list(ways(3, 512, gpu))
    assert [(way.batch, way.halves, way.side) for way in tried] == [
        (3, False, None),
        (1, False, None),
        (1, True, None),
        (1, True, 384),
        (1, True, 256),
    ]


# loading


def test_the_model_is_loaded_once_and_counted(folder, monkeypatch):
    monkeypatch.setattr(sampling, "CACHE", device.ModelCache(10**9))
    model = diffusion.embedded(folder)
    first = sampling.load(model)
    assert sampling.load(diffusion.embedded(folder)) is first
    stored = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
    assert 1.9 * stored < first.nbytes < 2.2 * stored  # float16 on the disk, float32 in memory


def test_versions_tell_one_model_from_another(folder, tmp_path):
    other = make_tiny(tmp_path / "other", seed=9)
    mine, same, others = (diffusion.versions(diffusion.embedded(place)) for place in (folder, folder, other))
    assert mine == same != others
    assert str(folder) not in json.dumps(mine)


def test_the_bytes_of_a_model_depend_on_its_seed_alone(folder, tmp_path):
    again = make_tiny(tmp_path / "again")
    for file in folder.rglob("*.safetensors"):
        assert file.read_bytes() == (again / file.relative_to(folder)).read_bytes()


@pytest.mark.skipif("not __import__('torch').cuda.is_available()")
def test_recorded_networks_draw_the_same_picture(folder, request_):
    gpu = Device("cuda", "float32", "GPU for the test")
    model = diffusion.embedded(folder)
    plain, recorded = (sampling.Diffusion(diffusion.pipeline(model, gpu), model, gpu, graphs) for graphs in (0, 1))
    for change in ({}, {"style": 0.3}, {"structure": 0.5}, {"control": lines(64, 64)}, {}):
        request = replace(request_, **change)
        assert np.abs(picture(plain, request).astype(int) - picture(recorded, request)).max() <= ROUNDING
