"""Pictures from lines, words and styles, with the networks of common/diffusion.py; smaller where memory is short."""

import gc
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from common import diffusion
from common.colours import match_colours
from common.device import CACHE, Device, choose, gpu_lock
from common.diffusion import DiffusionModel
from common.errors import UserError
from common.memory import Way, out_of_memory, ways

if TYPE_CHECKING:
    import torch
    from diffusers import StableDiffusionControlNetPipeline

    from common.refiner import Refiner

SIDES = 64  # px: what the sides of a control are multiples of; latents are 8 times smaller and halved up to three times
TILE = 256  # px of a tile, where pictures are decoded in parts
PASSES = 2  # of the refiner: the second finds less amiss, and keeps the lines better than one
STYLE_SIDE = 512  # px: style pictures are scaled down to it first; image encoders see 224 or less of them

Progress = Callable[[float, str], None]
Pictures = Sequence[tuple[np.ndarray, float]]


@dataclass(frozen=True)
class Request:
    """What to draw.

    control: (H, W) float32, 0..1, white lines on black; the sides are multiples of 64
    prompt, negative_prompt: words; what the tokenizer has no room for is left out and said
    styles: pictures (h, w, 3) uint8 of any size, with weights from 0 up; may be empty
    seeds: one picture for each
    kind: of the lines: one of the model's `controls`, where it has several
    steps, guidance (1: none), scheduler: of the sampling
    structure: how far the lines bind, 0..2; style: how far the styles do, 0..1.5
    style_only: keep the look of the styles and leave their content, where the model knows which blocks do it
    """

    control: np.ndarray
    prompt: str = ""
    negative_prompt: str = ""
    styles: Pictures = ()
    seeds: Sequence[int] = (0,)
    kind: str = "scribble"
    steps: int = 20
    guidance: float = 7.0
    scheduler: str = "unipc"
    structure: float = 1.0
    style: float = 1.0
    style_only: bool = False

    @property
    def styled(self) -> bool:
        """Whether any style is to be seen."""
        return self.style > 0 and any(weight > 0 for _, weight in self.styles)


@dataclass(frozen=True)
class Drawn:
    """pictures: (H, W, 3) uint8 of the control's size, one for each seed; notes: what differs from the request."""

    pictures: list[np.ndarray]
    notes: list[str]


class Diffusion:
    """A pipeline that draws. Safe to share between threads: one draws, the others wait.

    pipe: with its IP-Adapter, on its device
    model: what it was loaded from
    device: where it computes
    graphs: on a CUDA GPU, record the networks of a step and replay them (common/denoising.py)
    refiner: a last pass over the pictures, where the model comes with one (common/refiner.py)
    """

    def __init__(
        self,
        pipe: "StableDiffusionControlNetPipeline",
        model: DiffusionModel,
        device: Device,
        graphs: bool = False,
        refiner: "Refiner | None" = None,
    ) -> None:
        self.pipe, self.model, self.device, self.refiner = pipe, model, device, refiner
        self.versions = diffusion.versions(model)
        # Samplers are made from it anew for each request: one made from another would inherit its changes.
        self._schedule = pipe.scheduler.config
        self._controls = {next(iter(model.controls), ""): pipe.controlnet}
        self._graphs = graphs and device.name == "cuda"
        self._recorded: dict[int, Any] = {}
        self._lock = threading.Lock()
        pipe.set_progress_bar_config(disable=True)

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        pipe = self.pipe
        networks = [pipe.unet, pipe.vae, pipe.text_encoder, pipe.image_encoder, *self._controls.values()]
        networks += [self.refiner] if self.refiner else []
        tensors = [tensor for network in networks for tensor in (*network.parameters(), *network.buffers())]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def draw(self, request: Request, report: Progress | None = None) -> Drawn:
        """The pictures of a request.

        report: gets the fraction done (0..1) and a line of text after every step; an error that it raises ends the
        work and comes out here, and the pipeline stays usable.

        A picture depends on its seed and not on the others beside it (on a GPU to rounding). Where the memory is not
        enough, smaller ways are tried one after another, and the notes say which one did it. Raises UserError when
        not even the smallest does, ValueError for a control or a kind that the model can't take.
        """
        _check(request, self.model)
        prompt, notes = self._shortened(request.prompt, "The description")
        negative, more = self._shortened(request.negative_prompt, "What to avoid")
        notes += more
        if request.styled and request.style_only and self.model.style_blocks is None:
            notes.append("This model can't tell style from content: all of it sees the style pictures.")
        with self._lock, nullcontext() if self.device.name == "cpu" else gpu_lock():
            for number, way in enumerate(ways(len(request.seeds), max(request.control.shape), self.device)):
                try:
                    pictures = self._draw(request, prompt, negative, way, report)
                    return Drawn(pictures, [*notes, way.said(len(request.seeds))] if number else notes)
                except (RuntimeError, MemoryError) as error:
                    if not out_of_memory(error):
                        raise
                # Here and not in the handler: as long as the error lives, so do the tensors of its frames.
                self._free()
        height, width = request.control.shape
        raise UserError(
            f"The memory is not enough for {width} x {height} px, not even in the smallest parts "
            f"({self.device.reason}). Close what else uses it, or choose the embedded tier."
        )

    def embed_styles(self, styles: Pictures) -> "torch.Tensor":
        """What stands for no style, and the styles' embeddings mixed by their weights: shape (2, 1, …).

        They are mixed before the adapter's projection. Without a style, or with weights of 0, both are the same: an
        embedding of zeros, or that of a black picture where the adapter reads the encoder's patches.
        """
        import torch

        projection = self.pipe.unet.encoder_hid_proj.image_projection_layers[0]
        patches = not hasattr(projection, "image_embeds")
        used = [(picture, weight) for picture, weight in styles if weight > 0]
        pictures = [_square(picture) for picture, _ in used] or [np.zeros((8, 8, 3), np.uint8)]
        with torch.inference_mode():
            each, absent = self.pipe.encode_image(pictures, self.pipe.device, 1, patches)
            if not used:
                return torch.stack([absent[:1], absent[:1]])
            shares = torch.tensor([weight for _, weight in used], dtype=torch.float64)
            mixed = torch.einsum("n,n...->...", (shares / shares.sum()).to(each), each)
        return torch.stack([absent[:1], mixed[None]])

    def _draw(
        self, request: Request, prompt: str, negative: str, way: Way, report: Progress | None
    ) -> list[np.ndarray]:
        import torch

        lines = torch.from_numpy(_shrunk(request.control, way.side))[None, None].repeat(1, 3, 1, 1)
        guided = request.guidance > 1
        embeds = self.embed_styles(request.styles if request.styled else ())
        self._set(request)
        pictures: list[np.ndarray] = []
        with torch.inference_mode(), self._networks(way):
            for start in range(0, len(request.seeds), way.batch):
                seeds = request.seeds[start : start + way.batch]
                drawn = self.pipe(
                    prompt,
                    lines,
                    num_inference_steps=request.steps,
                    guidance_scale=float(request.guidance),
                    negative_prompt=negative if guided else None,
                    num_images_per_prompt=len(seeds),
                    # On the CPU and one for each picture: the same noise on every device and in every batch.
                    generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
                    ip_adapter_image_embeds=[embeds if guided else embeds[1:]],
                    controlnet_conditioning_scale=float(request.structure),
                    callback_on_step_end=_teller(report, request, start, len(seeds)),
                    output_type="np",
                )
                pictures.extend(self._finished(drawn.images, lines[:, :1], embeds[1], request))
        return [_enlarged(picture, request.control.shape) for picture in pictures]

    def _finished(
        self, pictures: np.ndarray, lines: "torch.Tensor", look: "torch.Tensor", request: Request
    ) -> np.ndarray:
        """Pictures (n, H, W, 3) 0..1 in the colours of the styles and refined, where the model asks for that.

        lines: (1, 1, H, W); look: (1, d). They bind no more here than they did in the drawing.
        """
        import torch

        style = min(1.0, request.style) if request.styled else 0.0
        pictures = self._matched(pictures, request, style)
        if self.refiner is None:
            return pictures
        device = self.device.name
        lines, look = (lines * min(1.0, request.structure)).to(device), (look.float() * style).to(device)
        refined = []
        for picture in torch.from_numpy(pictures).permute(0, 3, 1, 2).to(device) * 2 - 1:
            for _ in range(PASSES):
                picture = self.refiner(picture[None], lines, look)[0].clamp(-1, 1)
            refined.append(picture)
        pictures = (torch.stack(refined) / 2 + 0.5).permute(0, 2, 3, 1).cpu().numpy()
        return self._matched(pictures, request, style)

    def _matched(self, pictures: np.ndarray, request: Request, style: float) -> np.ndarray:
        """Pictures (n, H, W, 3) 0..1 in the colours of the styles, as far as the model asks for and `style` allows."""
        used = [(picture, weight) for picture, weight in request.styles if weight > 0]
        if not used or not (amount := self.model.match_colours * style):
            return pictures
        return np.stack([match_colours(one, used, amount) for one in pictures])

    def _set(self, request: Request) -> None:
        pipe, blocks = self.pipe, self.model.style_blocks
        pipe.scheduler = diffusion.scheduler(request.scheduler, self._schedule)
        if self.model.controls:
            if request.kind not in self._controls:
                self._controls[request.kind] = diffusion.control(self.model, request.kind, self.device)
            pipe.controlnet = self._controls[request.kind]
        scale: Any = float(request.style) if request.styled else self.model.absent_style
        if request.styled and request.style_only and blocks is not None:
            scale = _times(blocks, scale)
        pipe.set_ip_adapter_scale(scale)

    def _networks(self, way: Way) -> ExitStack:
        """Until it is closed, the networks run in this way."""
        from common import denoising

        pipe, stack = self.pipe, ExitStack()
        if way.halves:
            stack.enter_context(denoising.in_halves(pipe.unet, pipe.controlnet))
            pipe.vae.tile_sample_min_size = TILE
            pipe.vae.tile_latent_min_size = TILE // pipe.vae_scale_factor
            pipe.vae.enable_tiling()
            stack.callback(pipe.vae.disable_tiling)
        elif self._graphs:
            for network in (pipe.unet, pipe.controlnet):
                graph = self._recorded.setdefault(id(network), denoising.CudaGraph(network.forward, self._scales))
                stack.enter_context(denoising.replaced(network, graph))
        if not self._graphs:  # a recording would point at memory that is gone by the next request
            stack.enter_context(denoising.computed_once(pipe.controlnet.controlnet_cond_embedding))
        return stack

    def _scales(self) -> tuple:
        """Of the IP-Adapter, block by block: plain numbers, which a recording keeps."""
        processors = self.pipe.unet.attn_processors.values()
        return tuple(tuple(processor.scale) for processor in processors if hasattr(processor, "to_k_ip"))

    def _shortened(self, text: str, what: str) -> tuple[str, list[str]]:
        """The part of the text that the tokenizer has room for, and what to say of the rest."""
        room = self.pipe.tokenizer.model_max_length
        spans = self.pipe.tokenizer(text, return_offsets_mapping=True, verbose=False)["offset_mapping"]
        if len(spans) <= room:
            return text, []
        kept = text[: spans[room - 2][1]]  # the last piece that leaves room for the mark at the end
        pieces = f"{len(spans) - 2} word pieces, and the model reads {room - 2} of them"
        return kept, [f"{what} has {pieces}: it is read as far as “{kept[-40:].strip()}”."]

    def _free(self) -> None:
        import torch

        for recording in self._recorded.values():
            recording.clear()
        gc.collect()
        if self.device.name == "cuda":
            torch.cuda.empty_cache()


def load(model: DiffusionModel, lcm: bool = False, graphs: bool = False) -> Diffusion:
    """The model from the shared cache, on the device that is chosen there. lcm: with the LoRA for few steps, fused.

    Raises WeightsUnavailable.
    """

    def make() -> Diffusion:
        from common.refiner import Refiner

        device = choose()
        refiner = Refiner.load(model.base, device) if model.local else None
        return Diffusion(diffusion.pipeline(model, device, lcm), model, device, graphs, refiner)

    return CACHE.get(("diffusion", model.base, model.adapter, lcm, graphs), make)


def _check(request: Request, model: DiffusionModel) -> None:
    control = request.control
    if control.ndim != 2 or control.dtype != np.float32 or 0 in control.shape:
        raise ValueError(f"the control must be (H, W) float32, not {control.shape} {control.dtype}")
    if any(side % SIDES for side in control.shape):
        raise ValueError(f"the control's sides must be multiples of {SIDES}, not {control.shape}")
    if not (control.min() >= 0 and control.max() <= 1):
        raise ValueError(f"the control must be 0..1, not {control.min()}..{control.max()}")
    if model.controls and request.kind not in model.controls:
        raise ValueError(f"there is no ControlNet for {request.kind!r}; there are {', '.join(model.controls)}")
    if request.scheduler not in model.schedulers:
        raise ValueError(f"{request.scheduler!r} does not suit {model.id}; there are {', '.join(model.schedulers)}")


def _teller(report: Progress | None, request: Request, start: int, batch: int) -> Callable:
    """Says after each step how far the work is; `start` pictures are done, `batch` are being drawn."""
    count = len(request.seeds)

    def tell(pipe: Any, step: int, timestep: Any, tensors: dict) -> dict:
        if report:
            which = f"Picture {start + 1} of {count}, step" if batch < count else "Step"
            done = (start + batch * (step + 1) / request.steps) / count
            report(min(done, 1.0), f"{which} {step + 1} of {request.steps}")
        return tensors

    return tell


def _square(rgb: np.ndarray) -> np.ndarray:
    """Padded to a square with its own reflection: encoders see the middle square only, and a border is a style, too."""
    import cv2

    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
        raise ValueError(f"a style picture must be (h, w, 3) uint8, not {rgb.shape} {rgb.dtype}")
    side = max(rgb.shape[:2])
    if side > STYLE_SIDE:
        width, height = (max(1, round(edge * STYLE_SIDE / side)) for edge in (rgb.shape[1], rgb.shape[0]))
        rgb, side = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), max(width, height)
    across, down = side - rgb.shape[1], side - rgb.shape[0]
    padding = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    return np.pad(rgb, padding, mode="symmetric")


def _shrunk(control: np.ndarray, side: int | None) -> np.ndarray:
    """With this longer side at most; sides stay multiples of 64, so the aspect may change a little, and back later."""
    import cv2

    longer = max(control.shape)
    if side is None or longer <= side:
        return np.ascontiguousarray(control)
    height, width = (max(SIDES, round(edge * side / longer / SIDES) * SIDES) for edge in control.shape)
    return cv2.resize(control, (width, height), interpolation=cv2.INTER_AREA)


def _enlarged(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(h, w, 3) floats 0..1 as uint8 of this (H, W)."""
    import cv2

    pixels = (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)
    if pixels.shape[:2] == shape:
        return pixels
    return cv2.resize(pixels, shape[::-1], interpolation=cv2.INTER_CUBIC)


def _times(scales: Any, factor: float) -> Any:
    """A tree of scales, each multiplied."""
    if isinstance(scales, Mapping):
        return {key: _times(value, factor) for key, value in scales.items()}
    return [_times(value, factor) for value in scales] if isinstance(scales, list | tuple) else scales * factor
