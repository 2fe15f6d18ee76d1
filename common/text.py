"""Sentences as vectors of meaning: MiniLM through transformers.

Wang et al. 2020, "MiniLM"; trained on sentence pairs as in Reimers and Gurevych 2019, "Sentence-BERT". The vectors
are those of the sentence-transformers library for all-MiniLM-L6-v2, without installing it.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common import weights
from common.device import CACHE, Device, choose, gpu_lock

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEFAULT = "minilm"
BATCH = 64  # texts at once: bounds the memory of the activations
ALIKE = 2  # times as long as its shortest a text of a batch may be
LEARNED_AT_ONCE = 16  # pairs
MAX_TOKENS = 256  # word pieces of a text that are read; the model was trained on no longer ones


class SentenceEncoder:
    """Texts as unit vectors whose dot product is their likeness in meaning, -1 to 1.

    model: a transformers model that gives `last_hidden_state`, on its device
    tokenizer: its tokenizer, with padding
    device: where the model is

    Safe to share between threads.
    """

    def __init__(self, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", device: Device) -> None:
        self.device = device
        self._model = model.eval()
        self._tokenizer = tokenizer
        self._vocabulary = frozenset(tokenizer.get_vocab())

    @classmethod
    def load(cls, folder: str | Path, device: Device | None = None) -> "SentenceEncoder":
        """Read config.json, model.safetensors and the tokenizer's files. device: None for `choose()`."""
        from common import torchvision_cpu

        torchvision_cpu.mend()  # transformers imports torchvision where it is installed
        import torch
        from safetensors.torch import load_file
        from transformers import AutoConfig, AutoModel, AutoTokenizer

        device = device or choose()
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        # Not `from_pretrained`, which draws a progress bar for half a second's work.
        model = AutoModel.from_config(AutoConfig.from_pretrained(str(folder), local_files_only=True))
        state = load_file(Path(folder) / "model.safetensors")
        state.pop("embeddings.position_ids", None)  # numbers from 0 on, which older versions of the library saved
        model.load_state_dict(state)
        return cls(model.to(device.name, getattr(torch, device.dtype)), tokenizer, device)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._model.config.hidden_size

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        tensors = [*self._model.parameters(), *self._model.buffers()]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def knows(self, word: str) -> bool:
        """Whether a word, in lower case, is whole in the model's vocabulary; others fall into pieces."""
        return word in self._vocabulary

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors (n, d) float32, in the order of `texts`; of a long text the first 256 word pieces count.

        The mean over the word pieces of the last layer, made unit. An empty text has a vector too, of no meaning.
        """
        import torch

        vectors = np.zeros((len(texts), self.dimension), np.float32)
        with torch.inference_mode(), nullcontext() if self.device.name == "cpu" else gpu_lock():
            for batch in _batches(texts):
                vectors[batch] = self._encode([texts[index] for index in batch])
        return vectors

    def learn(
        self, one: Sequence[str], other: Sequence[str], likeness: np.ndarray, seed: int = 0, rate: float = 5e-5
    ) -> None:
        """Change the weights so that the vectors of each pair come to have the given likeness, 0 to 1: one pass over
        all pairs, squared error of the dot product (Reimers and Gurevych 2019).

        For an encoder of one's own, made by `load` of this class: the one in the shared cache belongs to all.
        """
        import torch

        order = torch.randperm(len(one), generator=torch.Generator().manual_seed(seed))
        wanted = torch.from_numpy(np.asarray(likeness, np.float32)).to(self.device.name)
        optimizer = torch.optim.AdamW(self._model.parameters(), lr=rate)
        for rows in order.split(LEARNED_AT_ONCE):
            pairs = [[texts[row] for row in rows.tolist()] for texts in (one, other)]
            vectors = self._vectors([*pairs[0], *pairs[1]]).view(2, len(rows), -1)
            loss = ((vectors[0] * vectors[1]).sum(-1) - wanted[rows.to(wanted.device)]).square().mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()

    def _encode(self, texts: list[str]) -> np.ndarray:
        return self._vectors(texts).cpu().numpy()

    def _vectors(self, texts: list[str]) -> "torch.Tensor":
        import torch

        tokens = self._tokenizer(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        tokens = tokens.to(self.device.name)
        hidden = self._model(**tokens).last_hidden_state.float()
        mask = tokens["attention_mask"].unsqueeze(-1).float()
        mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
        return torch.nn.functional.normalize(mean, dim=-1)


def _batches(texts: Sequence[str]) -> list[list[int]]:
    """The texts, by their numbers, in parts of like length: a batch takes for each text as long as for its longest."""
    batches: list[list[int]] = []
    for index in sorted(range(len(texts)), key=lambda index: len(texts[index])):
        if batches and len(batches[-1]) < BATCH and len(texts[index]) <= ALIKE * len(texts[batches[-1][0]]):
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def load(model_id: str = DEFAULT) -> SentenceEncoder:
    """The model of this id in the weights manifest, from the shared cache. Raises WeightsUnavailable."""
    return CACHE.get(model_id, lambda: SentenceEncoder.load(weights.path(model_id)))
