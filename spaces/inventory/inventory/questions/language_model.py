"""A small language model that reads a question and writes a line of slots (query.py): SmolLM2 with an adapter.

Allal et al. 2025, "SmolLM2". Of its 30 layers 24 are kept: without the six in the middle it reads nearly as well (Men
et al. 2024, "ShortGPT"; the loss on a text rises from 4.8 to 5.6, without six of the last to 14), and the adapter (Hu
et al. 2021, "LoRA") is trained without them. What may be written is held by grammar.py, so that every line is a form,
and names are copied from the question.
"""

import json
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from common import weights
from common.device import CACHE
from inventory.questions import gguf_file
from inventory.questions.grammar import Allowed, Grammar
from inventory.questions.query import NONE, Line, line_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM

BASE = "smollm2-135m"
ADAPTER = "inventory-questions"
KEPT = (*range(16), *range(22, 30))  # layers of the base
START, END = 1, 2  # tokens <|im_start|> and <|im_end|>
ARROW = " =>"  # between question and line
# Log-odds by which a question is rather refused than answered wrongly: the most that withheld no right answer to the
# dev questions (benchmarks/inventory/questions.py).
RESERVE = 1.25
_DOWN = ".lora_A.weight"


@dataclass(frozen=True)
class Reading:
    """A line, and how sure the model is of it: the mean chance of what it chose, geometric, 0 to 1."""

    line: Line
    confidence: float


def tokenizer_of(file: gguf_file.GgufFile) -> "Tokenizer":
    """The byte-pair encoding that a GGUF file carries, with SmolLM2's way of parting digits."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokens = file.settings["tokenizer.ggml.tokens"]
    merges = [tuple(pair.split(" ")) for pair in file.settings["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    return tokenizer


def base_of(file: gguf_file.GgufFile, kept: Sequence[int] = KEPT) -> "LlamaForCausalLM":
    """The model of a GGUF file with some of its layers, float32."""
    from common import torchvision_cpu

    torchvision_cpu.mend()
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    settings = {name.removeprefix("llama."): value for name, value in file.settings.items()}
    heads = {"q": settings["attention.head_count"], "k": settings["attention.head_count_kv"]}
    config = LlamaConfig(
        vocab_size=settings["vocab_size"],
        hidden_size=settings["embedding_length"],
        intermediate_size=settings["feed_forward_length"],
        num_hidden_layers=len(kept),
        num_attention_heads=heads["q"],
        num_key_value_heads=heads["k"],
        max_position_embeddings=settings["context_length"],
        rms_norm_eps=settings["attention.layer_norm_rms_epsilon"],
        rope_parameters={"rope_type": "default", "rope_theta": settings["rope.freq_base"]},
        tie_word_embeddings=True,
        bos_token_id=START,
        eos_token_id=END,
        pad_token_id=END,
    )
    names = {
        "attn_norm": "input_layernorm",
        "ffn_norm": "post_attention_layernorm",
        "attn_output": "self_attn.o_proj",
        **{f"attn_{part}": f"self_attn.{part}_proj" for part in "qkv"},
        **{f"ffn_{part}": f"mlp.{part}_proj" for part in ("gate", "up", "down")},
    }
    state = {"model.embed_tokens.weight": file.tensors["token_embd.weight"]}
    state["model.norm.weight"] = file.tensors["output_norm.weight"]
    for place, layer in enumerate(kept):
        for short, name in names.items():
            tensor = file.tensors[f"blk.{layer}.{short}.weight"]
            if short in ("attn_q", "attn_k"):
                # llama.cpp turns pairs of neighbours, transformers the first half of a head with the second.
                pairs = tensor.reshape(heads[short[-1]], -1, 2, tensor.shape[-1])
                tensor = pairs.swapaxes(1, 2).reshape(tensor.shape)
            state[f"model.layers.{place}.{name}.weight"] = tensor
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    tensors = {name: torch.from_numpy(tensor) for name, tensor in state.items()}
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
    model.load_state_dict(tensors, assign=True)
    model.model.rotary_emb = type(model.model.rotary_emb)(config)  # its numbers are not among the weights
    return model.eval().requires_grad_(False)


def merge(model: "LlamaForCausalLM", adapter: Path) -> None:
    """Add an adapter, a folder as peft writes it, to the weights of a model: W + B A alpha / r (Hu et al. 2021).

    Without peft, whose import costs seconds and memory. Raises FileNotFoundError, and KeyError or RuntimeError where
    the adapter is of another model.
    """
    from safetensors.torch import load_file

    settings = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    scale = settings["lora_alpha"] / settings["r"]
    tensors = load_file(adapter / "adapter_model.safetensors")
    weights_of = dict(model.named_parameters())
    for name, down in tensors.items():
        if name.endswith(_DOWN):
            stem = name.removesuffix(_DOWN)
            up = tensors[f"{stem}.lora_B.weight"]
            weights_of[f"{stem.removeprefix('base_model.model.')}.weight"].add_(up.float() @ down.float(), alpha=scale)


def base_file() -> Path:
    """The GGUF file of the base. Raises WeightsUnavailable."""
    return weights.path(BASE)


class Reader:
    """Reads questions. Safe to share between threads.

    model: of `base_of`, with the adapter in it
    tokenizer: of `tokenizer_of`
    """

    def __init__(self, model: "LlamaForCausalLM", tokenizer: "Tokenizer") -> None:
        self._model = model.eval()
        self._tokenizer = tokenizer
        self._none = self._encode(NONE)[0]
        self._lock = threading.Lock()  # one question at a time: two would share the cores and both be late

    @classmethod
    def load(cls, base: Path, adapter: Path) -> "Reader":
        """base: a GGUF file; adapter: a folder as peft writes it."""
        file = gguf_file.read(base)
        model = base_of(file, [layer for layer in KEPT if layer < file.settings["llama.block_count"]])
        merge(model, adapter)
        return cls(model, tokenizer_of(file))

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        return sum(tensor.numel() * tensor.element_size() for tensor in self._model.parameters())

    def read(self, words: Sequence[str], allowed: Allowed) -> Reading:
        """The likeliest line of a question, greedily, of those that may be written. words: one at least, of words_of

        Tokens of which there is but one choice are read together with the next question to the model, so that it is
        asked about once for each choice. The chances are those among the choices.
        """
        import torch
        from transformers import DynamicCache

        grammar = Grammar(allowed, self._encode, END)
        waiting = [START, *self._tokenizer.encode(f" {' '.join(words)}{ARROW}").ids]
        cache, sure = DynamicCache(), []
        with self._lock, torch.inference_mode():
            while not grammar.done:
                choices = list(grammar.choices())
                if len(choices) > 1:
                    states = self._model.model(torch.tensor([waiting]), past_key_values=cache, use_cache=True)
                    # Only the rows of the choices: the whole head is a fifth of the model.
                    rows = self._model.lm_head.weight[choices]
                    scores = rows @ states.last_hidden_state[0, -1]
                    if not sure and self._none in choices:  # the first choice is the intent
                        scores[choices.index(self._none)] += RESERVE
                    chances = scores.log_softmax(0)
                    best = int(chances.argmax())
                    sure.append(float(chances[best]))
                    waiting = []
                else:
                    best = 0
                grammar.take(choices[best])
                waiting.append(choices[best])
        return Reading(line_of(grammar.text), math.exp(sum(sure) / len(sure)))

    def _encode(self, words: str) -> list[int]:
        return self._tokenizer.encode(f" {words}").ids


def load() -> Reader:
    """The shipped reader, from the shared cache. Raises WeightsUnavailable."""
    return CACHE.get(ADAPTER, lambda: Reader.load(base_file(), weights.path(ADAPTER)))
