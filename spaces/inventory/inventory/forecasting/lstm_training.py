"""How the LSTM learns: windows drawn from all series, pinball loss, Adam, and a stop when the last weeks, which it has
not seen, are forecast no better."""

import copy
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from common.errors import UserError
from inventory.forecasting.drawing import FIRST, Drawing
from inventory.forecasting.lstm import STEPS, Config, Lstm, Reader, network, tensors
from inventory.forecasting.scores import QUANTILES
from inventory.panel import Panel

if TYPE_CHECKING:
    import torch

EPOCHS = 14
WINDOWS = 6_144  # of an epoch
CHECKED = 2_048  # windows of the last weeks that decide when to stop
BATCH = 256
RATE = 2e-3
PATIENCE = 3  # epochs without a better one
HELD = 14  # origins at the end whose days are not learned from
FORGOTTEN = 0.05  # share of the windows that are shown without their item, so that an unknown one means something

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class LstmLearner:
    """The LSTM, to be fitted, as the baselines and trees are. holidays: known ones; seed: of all draws"""

    name: str = "LSTM"
    holidays: Collection[date] = ()
    seed: int = 0

    def fit(self, panel: Panel, horizon: int, season: int = 7) -> Lstm:
        return train(panel, horizon, season, self.holidays, self.seed)[0]


@dataclass(frozen=True)
class Training:
    """What a training was like.

    losses: of the held-out weeks after each epoch, in sizes; best: the epoch that was kept, from 1
    windows: that were drawn in all; seconds: the whole
    """

    losses: tuple[float, ...]
    best: int
    windows: int
    seconds: float


def train(
    panel: Panel,
    horizon: int = 14,
    season: int = 7,
    holidays: Collection[date] = (),
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Lstm, Training]:
    """Teach an LSTM all series of a panel. The same seed on the same machine gives the same weights.

    progress: called with the share that is done, 0 to 1, and a line
    Raises UserError where the panel is too short.
    """
    import torch

    start = time.perf_counter()
    config = Config(
        horizon,
        season,
        tuple(sorted({item for _, item in panel.keys})),
        tuple(sorted({outlet for outlet, _ in panel.keys})),
        tuple(sorted(holidays)),
    )
    length = panel.shape[1]
    held = min(HELD, length // 8)
    last = length - horizon  # the last origin whose days are all there
    learned = last - horizon - held  # origins up to here share no day with what decides when to stop
    if learned < STEPS:
        needed = 2 * horizon + held + STEPS
        raise UserError(f"The records span {length} days; the LSTM needs {needed}. Use another model until then.")
    generator, draws = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    net = network(config, generator)
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS, eta_min=RATE / 10)
    reader, drawing = Reader(panel, config), Drawing(panel.demand)
    checked = drawing.draw(CHECKED, last - held, last, draws)
    if not len(checked[0]):
        raise UserError("Nothing was sold lately in any series, so there is nothing to learn. Import newer records.")
    losses, kept, best = [], copy.deepcopy(net.state_dict()), 0
    for epoch in range(1, EPOCHS + 1):
        net.train()
        rows, origins = drawing.draw(WINDOWS, FIRST, learned, draws)
        for at in range(0, len(rows), BATCH):
            _learn(net, reader, rows[at : at + BATCH], origins[at : at + BATCH], optimizer, draws)
        schedule.step()
        net.eval()
        with torch.inference_mode():
            losses.append(float(_loss(net, reader, *checked)))
        if losses[-1] <= min(losses):
            kept, best = copy.deepcopy(net.state_dict()), epoch
        if progress:
            progress(epoch / EPOCHS, f"epoch {epoch}: held-out loss {losses[-1]:.4f}")
        if epoch - best >= PATIENCE:
            break
    net.load_state_dict(kept)
    return Lstm(config, net), Training(tuple(losses), best, len(losses) * WINDOWS, time.perf_counter() - start)


def _learn(net, reader: Reader, rows, origins, optimizer, draws: np.random.Generator) -> None:
    import torch

    loss = _loss(net, reader, rows, origins, forgotten=draws.random((2, len(rows))) < FORGOTTEN)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()


def _loss(net, reader: Reader, rows, origins, forgotten: np.ndarray | None = None) -> "torch.Tensor":
    """The pinball loss of the known days, in sizes. forgotten: (2, N) whose item and outlet are not told"""
    import torch

    windows = reader.windows(rows, origins)
    steps, ahead, item, outlet = tensors(windows)
    if forgotten is not None:
        without = torch.from_numpy(forgotten)
        item = torch.where(without[0], net.items.num_embeddings, item)
        outlet = torch.where(without[1], net.outlets.num_embeddings, outlet)
    target = torch.from_numpy((reader.targets(rows, origins) / windows.size[:, None] - windows.base).astype(np.float32))
    known = torch.isfinite(target)
    errors = torch.where(known, target, 0.0)[:, None] - net(steps, ahead, item, outlet)
    levels = torch.tensor(QUANTILES)[:, None]
    losses = torch.maximum(levels * errors, (levels - 1) * errors)
    return (losses * known[:, None]).sum() / (known.sum() * len(QUANTILES)).clamp(min=1)
