"""Train the footfall network from nothing: `python -m weights.recipes.gait.train`.

Simulates walkers (in parallel, once, kept under --cache), trains on them, and writes `weights/gait-strike.npz` in half
precision with the settings that made it. Resumes from its last checkpoint; the same seed gives the same data.
"""

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import nn

from footsteps import gait
from weights.recipes.gait.simulate import examples

CHANNELS = 48
DILATIONS = (1, 2, 4, 8)
OUT = Path(__file__).parents[2] / "gait-strike.npz"


class StrikeNet(nn.Module):
    """(B, C, T) features -> (B, 2, T) logits of strike and stance of the foot that is asked about."""

    def __init__(self, inputs: int):
        super().__init__()
        self.first = nn.Conv1d(inputs, CHANNELS, gait.TAPS, padding="same")
        self.blocks = nn.ModuleList(
            nn.Conv1d(CHANNELS, CHANNELS, gait.TAPS, padding="same", dilation=d) for d in DILATIONS
        )
        self.head = nn.Conv1d(CHANNELS, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.first(x))
        for block in self.blocks:
            x = x + torch.relu(block(x))
        return self.head(x)


def simulate(count: int, seed: int, cache: Path, workers: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, C, LENGTH) inputs and (N, 2, LENGTH) targets; each walker gives several rows."""
    path = cache / f"gait-{seed}-{count}.npz"
    if path.exists():
        with np.load(path) as stored:
            return stored["x"], stored["y"]
    start = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        pairs = list(pool.map(examples, range(seed * 10_000_000, seed * 10_000_000 + count), chunksize=16))
    x = np.concatenate([pair[0] for pair in pairs]).astype(np.float16)
    y = np.concatenate([pair[1] for pair in pairs]).astype(np.float16)
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(path, x=x, y=y)
    print(f"simulated {count} walkers in {time.perf_counter() - start:.0f} s", flush=True)
    return x, y


def loss_of(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Binary cross entropy; strikes are rare, so their bumps weigh more. NaN targets do not count."""
    known = torch.isfinite(wanted)
    wanted = torch.nan_to_num(wanted)
    each = nn.functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    weight = torch.stack([1 + 4 * wanted[:, 0], torch.full_like(wanted[:, 1], 0.3)], dim=1) * known
    return (each * weight).sum() / weight.sum()


def mirror(x: torch.Tensor) -> torch.Tensor:
    """Every x coordinate changes its sign: a walk to the left is as good as one to the right."""
    flipped = x.clone()
    flipped[:, gait.HORIZONTAL] *= -1
    return flipped


def save(net: StrikeNet, path: Path, settings: dict) -> None:
    state = {name: value.detach().numpy().astype(np.float16) for name, value in net.state_dict().items()}
    np.savez_compressed(path, settings=json.dumps(settings), dilations=np.array(DILATIONS), **state)


def train(options: argparse.Namespace) -> float:
    """Returns the loss on walkers that were not trained on."""
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.workers)
    x, y = simulate(options.walkers, options.seed + 1, options.cache, options.workers)
    held_x, held_y = simulate(max(options.walkers // 16, 8), options.seed + 2, options.cache, options.workers)
    held_x, held_y = torch.from_numpy(held_x).float(), torch.from_numpy(held_y).float()
    net = StrikeNet(x.shape[1])
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=options.steps)
    checkpoint, first, held = options.cache / "gait-checkpoint.pt", 0, float("nan")
    settings = {name: getattr(options, name) for name in ("walkers", "steps", "batch", "seed")}
    if checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=True)
        if kept["settings"] == settings:
            net.load_state_dict(kept["net"])
            optimiser.load_state_dict(kept["optimiser"])
            schedule.load_state_dict(kept["schedule"])
            first, held = kept["step"], kept["held"]
    start = time.perf_counter()
    for step in range(first, options.steps):
        rng = np.random.default_rng([options.seed, step])
        rows = rng.integers(len(x), size=options.batch)
        inputs, wanted = torch.from_numpy(x[rows]).float(), torch.from_numpy(y[rows]).float()
        if step % 2:
            inputs = mirror(inputs)
        loss = loss_of(net(inputs), wanted)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if (step + 1) % options.every == 0 or step + 1 == options.steps:
            with torch.no_grad():
                held = float(loss_of(net(held_x), held_y))
            print(f"step {step + 1} train {loss:.4f} held {held:.4f} {time.perf_counter() - start:.0f} s", flush=True)
            torch.save(
                {
                    "net": net.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "schedule": schedule.state_dict(),
                    "step": step + 1,
                    "held": held,
                    "settings": settings,
                },
                checkpoint,
            )
            save(net, options.out, settings | {"step": step + 1, "held": held})
    return held


def main(arguments: list[str] | None = None) -> float:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--walkers", type=int, default=12000, help="simulated walkers, %(default)s")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--every", type=int, default=250, help="steps between two checkpoints")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=Path(".cache/recipes"))
    parser.add_argument("--out", type=Path, default=OUT)
    return train(parser.parse_args(arguments))


if __name__ == "__main__":
    main()
