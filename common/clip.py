"""Pictures and words in one space: CLIP through open_clip, and labels for pictures without training.

Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision"; prompt ensembling as in
its section 3.1.4.
"""

import functools
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common import weights
from common.device import CACHE, Device, choose, gpu_lock

if TYPE_CHECKING:
    import open_clip

DEFAULT = "clip-vit-b-32"
BATCH = 32  # pictures or texts at once: bounds the memory of the activations
_PRECISION = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}


class ZeroShot:
    """A CLIP model as two functions into one space of unit vectors, and zero-shot labels over them.

    model: an `open_clip.CLIP` on its device
    device: that device, and the number type of the pictures it takes

    Safe to share between threads.
    """

    def __init__(self, model: "open_clip.CLIP", device: Device) -> None:
        from open_clip import SimpleTokenizer
        from open_clip.transform import PreprocessCfg, image_transform_v2

        self.device = device
        self._model = model.eval()
        self._tokenizer = SimpleTokenizer(context_length=model.context_length)
        # The defaults of PreprocessCfg are OpenAI's: bicubic, the middle square, their mean and deviation.
        self._prepare = image_transform_v2(PreprocessCfg(size=model.visual.image_size), is_train=False)
        # The labels of a vocabulary stay the same from picture to picture; their texts are embedded once.
        self._directions = functools.lru_cache(maxsize=16)(self._ensemble)

    @classmethod
    def load(cls, file: str | Path, device: Device | None = None) -> "ZeroShot":
        """Read a model in OpenAI's form: a TorchScript archive or a state dict of a CLIP with QuickGELU.

        Its layers and sizes are read off the weights. device: None for `common.device.choose()`.
        """
        from common import torchvision_cpu

        torchvision_cpu.mend()
        import open_clip

        device = device or choose()
        return cls(open_clip.load_openai_model(str(file), _PRECISION[device.dtype], device.name), device)

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        tensors = [*self._model.parameters(), *self._model.buffers()]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def embed_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Unit vectors (n, d) float32 of upright pictures, each HxWx3 uint8, of any size.

        The shorter side is scaled to the model's and the middle is cut out, as the model was trained.
        Raises ValueError for an array of another form.
        """
        for image in images:
            if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
                raise ValueError(f"a picture must be HxWx3 uint8, not {image.shape} {image.dtype}")
        import torch
        from PIL import Image

        def encode(batch: Sequence[np.ndarray]):
            pixels = torch.stack([self._prepare(Image.fromarray(image)) for image in batch])
            return self._model.encode_image(pixels.to(self.device.name, getattr(torch, self.device.dtype)))

        return self._embed(images, encode)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors (n, d) float32 of texts; CLIP reads about the first 75 word pieces of each."""
        return self._embed(texts, lambda batch: self._model.encode_text(self._tokenizer(batch).to(self.device.name)))

    def scores(self, images: Sequence[np.ndarray], labels: Mapping[str, Sequence[str]]) -> np.ndarray:
        """Probabilities (n_images, n_labels) float32 of labels, each described by one or more prompts.

        A label's direction is the mean of the unit vectors of its prompts, made unit again; the probabilities are
        the softmax over the labels of cosine times the model's trained scale. Rows sum to 1, columns are in the order
        of `labels`. Raises ValueError when there are no labels or one has no prompt.
        """
        if not labels or not all(labels.values()):
            raise ValueError(f"each label needs a prompt, and there must be one: {dict(labels)}")
        directions = self._directions(tuple(tuple(prompts) for prompts in labels.values()))
        logits = self.embed_images(images) @ directions.T * self._model.logit_scale.detach().exp().item()
        likelihood = np.exp(logits - logits.max(axis=1, keepdims=True))
        return likelihood / likelihood.sum(axis=1, keepdims=True)

    def _ensemble(self, labels: tuple[tuple[str, ...], ...]) -> np.ndarray:
        vectors = self.embed_texts([prompt for prompts in labels for prompt in prompts])
        ends = np.cumsum([len(prompts) for prompts in labels])
        means = np.stack([part.mean(axis=0) for part in np.split(vectors, ends[:-1])])
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    def _embed(self, items: Sequence, encode) -> np.ndarray:
        import torch

        parts = [np.zeros((0, self._model.visual.output_dim), np.float32)]
        with torch.inference_mode(), nullcontext() if self.device.name == "cpu" else gpu_lock():
            for start in range(0, len(items), BATCH):
                vectors = encode(list(items[start : start + BATCH])).float()
                parts.append(torch.nn.functional.normalize(vectors, dim=-1).cpu().numpy())
        return np.concatenate(parts)


def load(model_id: str = DEFAULT) -> ZeroShot:
    """The model of this id in the weights manifest, from the shared cache. Raises WeightsUnavailable."""
    return CACHE.get(model_id, lambda: ZeroShot.load(weights.path(model_id)))
