"""Teach a small language model to read questions about stock: `python -m weights.recipes.inventory.train`.

An adapter (LoRA) learns to write the line of a question (inventory.questions.query) from examples of data.py, no two
of them alike by design. It goes on where it was stopped. Two cores with AVX-512 and bfloat16 read some 25 examples a
second; without bfloat16 it takes longer.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from inventory.questions import gguf_file, language_model
from inventory.questions.language_model import ARROW, END, START, base_of, tokenizer_of
from weights.recipes.inventory.data import Example, Sampler

OUT = Path(__file__).resolve().parents[2] / "inventory-questions"
RANK = 16
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
RATE, WARM, BATCH = 1e-3, 30, 32
POOL = 16  # batches that are drawn together, and sorted by length so that little is padded


def encode(tokenizer, example: Example) -> tuple[list[int], int]:
    """The tokens of an example, and how many of them are given."""
    given = [START, *tokenizer.encode(f" {example.text}{ARROW}").ids]
    return [*given, *tokenizer.encode(f" {example.line}").ids, END], len(given)


def batches(tokenizer, seed: int, size: int):
    """Batches without end: (size, length) tokens, and (size, length) whether a token is to be learned."""
    for pool in range(10**9):
        examples = Sampler([seed, pool]).examples(POOL * size)
        rows = sorted((encode(tokenizer, example) for example in examples), key=lambda row: len(row[0]))
        for at in np.random.default_rng([seed, pool]).permutation(POOL):
            some = rows[at * size : (at + 1) * size]
            tokens = np.full((size, max(len(row) for row, _ in some)), END)
            learned = np.zeros(tokens.shape, bool)
            for number, (row, given) in enumerate(some):
                tokens[number, : len(row)] = row
                learned[number, given : len(row)] = True
            yield tokens, learned


def loss_of(model, tokens: np.ndarray, learned: np.ndarray):
    """Mean cross-entropy of the tokens to be learned. Words after the end need no mask: nobody looks ahead."""
    import torch

    inner = model.get_base_model()
    where = torch.from_numpy(learned[:, 1:])
    with torch.autocast("cpu", torch.bfloat16):
        states = inner.model(torch.from_numpy(tokens[:, :-1]), use_cache=False).last_hidden_state
        said = inner.lm_head(states[where])
    return torch.nn.functional.cross_entropy(said.float(), torch.from_numpy(tokens[:, 1:])[where])


def adapted(file: gguf_file.GgufFile, kept, rank: int, start: Path | None = None):
    """The base in bfloat16 with an adapter in float32: a fresh one, or one that was saved, its rank at most `rank`."""
    from common import torchvision_cpu

    torchvision_cpu.mend()
    import peft
    import torch

    torch.manual_seed(0)
    base = base_of(file, kept).to(torch.bfloat16)
    base.set_attn_implementation("eager")  # for questions of twenty tokens the fused one is slower
    settings = peft.LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=MODULES, task_type="CAUSAL_LM")
    model = peft.get_peft_model(base, settings)
    for _, tensor in learning(model):
        tensor.data = tensor.data.float()
    if start is not None:
        go_on_from(model, start)
    return model


def learning(model) -> list:
    """Names and tensors of the adapter."""
    return [(name, tensor) for name, tensor in model.named_parameters() if tensor.requires_grad]


def go_on_from(model, folder: Path) -> None:
    """Take over a saved adapter: where it is of lower rank, or has no such layer, what is left of the fresh one does
    nothing yet (its half that goes up is zero)."""
    from safetensors.torch import load_file

    saved = load_file(folder / "adapter_model.safetensors")
    for name, tensor in learning(model):
        old = saved.get(name.replace(".default.", "."))
        if old is not None:
            tensor.data[: old.shape[0], : old.shape[1]] = old.float()


def main(arguments: list[str] | None = None) -> float:
    """Train, and save the adapter. Returns the loss of the last hundred steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=6400)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=25, help="steps between checkpoints")
    parser.add_argument("--start", type=Path, help="folder of an adapter to go on from; a fresh one otherwise")
    parser.add_argument("--base", type=Path, help="a GGUF file; that of the manifest otherwise")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/demo-house/recipes/inventory")
    parser.add_argument("--out", type=Path, default=OUT)
    chosen = parser.parse_args(arguments)
    import torch

    file = gguf_file.read(chosen.base or language_model.base_file())
    layers = file.settings["llama.block_count"]
    kept = [layer for layer in language_model.KEPT if layer < layers]
    tokenizer = tokenizer_of(file)
    model = adapted(file, kept, RANK, chosen.start)
    trained = learning(model)
    optimizer = torch.optim.AdamW([tensor for _, tensor in trained], lr=chosen.rate, weight_decay=0.0)

    def rate(step: int) -> float:
        """Warms up, holds, and falls to nothing over the last third."""
        return min(1.0, (step + 1) / WARM, (chosen.steps - step) / (chosen.steps / 3))

    checkpoint = chosen.cache / "checkpoint.pt"
    step, losses = 0, []
    if checkpoint.is_file():
        saved = torch.load(checkpoint, weights_only=True)
        step, losses = saved["step"], saved["losses"]
        model.load_state_dict(saved["adapter"], strict=False)
        optimizer.load_state_dict(saved["optimizer"])
    chosen.cache.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    stream = batches(tokenizer, chosen.seed, chosen.batch)
    for _ in range(step):
        next(stream)
    while step < chosen.steps:
        for group in optimizer.param_groups:
            group["lr"] = chosen.rate * rate(step)
        loss = loss_of(model, *next(stream))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([tensor for _, tensor in trained], 1.0)
        optimizer.step()
        losses.append(loss.item())
        step += 1
        if step % chosen.every == 0 or step == chosen.steps:
            seconds = time.perf_counter() - began
            print(f"step {step} loss {np.mean(losses[-chosen.every :]):.4f} {seconds:.0f} s", flush=True)
            state = {name: tensor.detach() for name, tensor in trained}
            held = {"step": step, "losses": losses, "adapter": state, "optimizer": optimizer.state_dict()}
            torch.save(held, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
            save(model, chosen.out)
    return float(np.mean(losses[-100:]))


def save(model, folder: Path) -> None:
    """The adapter in float16, as peft reads it."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.half().contiguous() for name, tensor in get_peft_model_state_dict(model).items()}
    save_file(tensors, folder / "adapter_model.safetensors")
    settings = model.peft_config["default"].to_dict()
    settings = {name: settings[name] for name in ("peft_type", "task_type", "r", "lora_alpha")}
    settings |= {"target_modules": MODULES}
    (folder / "adapter_config.json").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
