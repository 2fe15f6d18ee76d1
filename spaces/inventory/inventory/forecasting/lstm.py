"""One LSTM for all series: two layers over the last 14 days, and a head that forecasts all days of the horizon at once.

Hochreiter and Schmidhuber 1997. The inputs of each series are divided by its size; the forecast is what the network
adds to the mean of the same day of the four weeks before, so that an untaught one is that mean. Items and outlets have
embeddings (Salinas et al. 2020, "DeepAR"); those never seen have the mean of all.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.errors import UserError
from inventory.forecasting import features
from inventory.forecasting.calendar_days import NAMES as CALENDAR
from inventory.forecasting.calendar_days import calendar, next_days
from inventory.forecasting.calibration import in_order
from inventory.panel import Panel

if TYPE_CHECKING:
    import torch

STEPS = 14  # days that the network reads
HIDDEN = (128, 64)
DROPOUT = 0.3
ITEM, OUTLET = 12, 6  # numbers in an embedding
_LARGEST = 8.0  # of a scaled input: a typing error is not to drown the rest
_WEIGHTS, _CONFIG = "lstm.safetensors", "lstm.json"


@dataclass(frozen=True)
class Config:
    """horizon: days ahead; season: 7 for days; items, outlets: whose embeddings there are; holidays: known ones"""

    horizon: int
    season: int
    items: tuple[str, ...]
    outlets: tuple[str, ...]
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True, eq=False)
class Windows:
    """What the network reads of N windows.

    steps: (N, 14, F) float32, 0 where nothing is known; ahead: (N, H, C) the calendar and the same days before
    base, size: (N, H) and (N,), forecast = (base + output) * size
    item, outlet: (N,) int64, the number of the unknown one included
    """

    steps: np.ndarray
    ahead: np.ndarray
    base: np.ndarray
    size: np.ndarray
    item: np.ndarray
    outlet: np.ndarray


class Reader:
    """The windows of a panel; what is the same for all of them is computed once."""

    def __init__(self, panel: Panel, config: Config) -> None:
        self._demand = panel.demand
        self._config = config
        days = np.concatenate([panel.days, next_days(panel.days, config.horizon)])
        self._calendar = calendar(days, config.holidays, config.season)
        self._past = features.past(self._demand)
        self._scale = features.scale(self._demand)
        items = {name: number for number, name in enumerate(config.items)}
        outlets = {name: number for number, name in enumerate(config.outlets)}
        self._items = np.array([items.get(item, len(items)) for _, item in panel.keys])
        self._outlets = np.array([outlets.get(outlet, len(outlets)) for outlet, _ in panel.keys])

    def windows(self, rows: np.ndarray, origins: np.ndarray) -> Windows:
        """Of series and first days to forecast, (N,) each."""
        size = self._scale[rows, origins]
        # A step is a day and what is known on its evening, column day + 1 of the features.
        evenings = origins[:, None] + np.arange(1 - STEPS, 1)
        known = evenings >= 1
        evenings = np.maximum(evenings, 0)
        past = self._past[rows[:, None], evenings].copy()
        past[..., : len(features.LEVELS)] /= size[:, None, None]
        dates = self._calendar[np.maximum(evenings - 1, 0)]
        steps = np.concatenate([_limited(past), np.isfinite(past[..., :1]), dates], -1) * known[..., None]
        horizon = self._config.horizon
        same = features.same_days(self._demand, rows, origins, horizon, self._config.season) / size[:, None, None]
        mean = features.mean_of_known(same)
        last = self._past[rows, origins, features.NAMES.index("mean_14")] / size
        base = np.nan_to_num(np.where(np.isfinite(mean), mean, last[:, None]))
        to_come = self._calendar[origins[:, None] + np.arange(horizon)]
        place = np.broadcast_to((np.arange(horizon) / horizon)[:, None], (*base.shape, 1))
        large = np.broadcast_to(np.log(size)[:, None, None] / 5, (*base.shape, 1))
        ahead = np.concatenate([to_come, _limited(same), _limited(base[..., None]), place, large], -1)
        return Windows(
            steps.astype(np.float32), ahead.astype(np.float32), base.astype(np.float32), size,
            self._items[rows], self._outlets[rows],
        )  # fmt: skip

    def targets(self, rows: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """(N, H) what came, NaN where it is not known."""
        return self._demand[rows[:, None], origins[:, None] + np.arange(self._config.horizon)]


def network(config: Config, generator: "torch.Generator") -> "torch.nn.Module":
    """The network, its weights drawn by `generator`, which is drawn from again for dropout while it is training."""
    import torch
    from torch import nn

    class Network(nn.Module):
        """`forward` gives (N, 3, H): low, middle, high, in their order, in sizes, to be added to the base."""

        def __init__(self) -> None:
            super().__init__()
            self.items = nn.Embedding(len(config.items), ITEM)
            self.outlets = nn.Embedding(len(config.outlets), OUTLET)
            given = len(features.NAMES) + 1 + len(CALENDAR) + ITEM + OUTLET
            self.first = nn.LSTM(given, HIDDEN[0], batch_first=True)
            self.second = nn.LSTM(HIDDEN[0], HIDDEN[1], batch_first=True)
            ahead = len(CALENDAR) + features.SAME_DAYS + 3
            self.head = nn.Linear(HIDDEN[1] + ITEM + OUTLET + ahead, HIDDEN[1])
            self.out = nn.Linear(HIDDEN[1], 3)

        def forward(self, steps, ahead, item, outlet):
            """Tensors as in `Windows`."""
            series = torch.cat([_embedded(self.items, item), _embedded(self.outlets, outlet)], -1)
            read = torch.cat([steps, series[:, None].expand(-1, steps.shape[1], -1)], -1)
            hidden = self._dropped(self.first(read)[0])
            state = self._dropped(self.second(hidden)[0][:, -1])
            state = torch.cat([state, series], -1)[:, None].expand(-1, ahead.shape[1], -1)
            low, middle, high = self.out(torch.relu(self.head(torch.cat([state, ahead], -1)))).unbind(-1)
            # Gaps that can't be negative keep the quantiles in their order.
            return torch.stack([middle - nn.functional.softplus(low), middle, middle + nn.functional.softplus(high)], 1)

        def _dropped(self, values):
            """nn.Dropout draws from the generator of the whole process."""
            if not self.training:
                return values
            kept = torch.rand(values.shape, generator=generator) >= DROPOUT
            return values * kept / (1 - DROPOUT)

    with torch.device("meta"):  # so that nothing is drawn from the generator of the whole process
        made = Network()
    made = made.to_empty(device="cpu")
    for name, values in made.named_parameters():
        if name.startswith(("items", "outlets")):
            nn.init.normal_(values, 0, 0.1, generator=generator)
        elif name.startswith("out."):
            nn.init.zeros_(values)
        else:
            bound = (values.shape[-1] if name.startswith("head") else values.shape[0] // 4) ** -0.5
            nn.init.uniform_(values, -bound, bound, generator=generator)
    return made


class Lstm:
    """A taught network. Safe to share between threads."""

    name = "LSTM"

    def __init__(self, config: Config, net: "torch.nn.Module") -> None:
        self.config = config
        self._network = net.eval()

    def predict(self, panel: Panel) -> np.ndarray:
        """(3, S, H) low, middle, high of the days after the panel, in one batch."""
        import torch

        rows = np.arange(panel.shape[0])
        windows = Reader(panel, self.config).windows(rows, np.full(len(rows), panel.shape[1]))
        with torch.inference_mode():
            found = self._network(*tensors(windows)).numpy()
        return in_order((found + windows.base[:, None]).transpose(1, 0, 2) * windows.size[None, :, None])

    def save(self, folder: str | Path) -> None:
        """Write the weights as safetensors and the rest as JSON."""
        from safetensors.torch import save_file

        Path(folder).mkdir(parents=True, exist_ok=True)
        save_file(self._network.state_dict(), Path(folder) / _WEIGHTS)
        text = json.dumps(asdict(self.config), default=date.isoformat, ensure_ascii=False, indent=1)
        (Path(folder) / _CONFIG).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> "Lstm":
        """What `save` wrote. Raises UserError where it is not there, or the two files don't belong together."""
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            said = json.loads((Path(folder) / _CONFIG).read_text(encoding="utf-8"))
            holidays = tuple(date.fromisoformat(day) for day in said["holidays"])
            config = Config(said["horizon"], said["season"], tuple(said["items"]), tuple(said["outlets"]), holidays)
            made = network(config, torch.Generator())
            made.load_state_dict(load_file(Path(folder) / _WEIGHTS))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise UserError(f"There is no LSTM to read in {str(folder)!r} ({error}). Train one anew.") from error
        return cls(config, made)


def tensors(windows: Windows) -> tuple["torch.Tensor", ...]:
    """The arguments of the network's `forward`."""
    import torch

    return tuple(torch.from_numpy(part) for part in (windows.steps, windows.ahead, windows.item, windows.outlet))


def _embedded(table: "torch.nn.Embedding", numbers: "torch.Tensor") -> "torch.Tensor":
    """The vectors of the numbers; the one after the last is the mean of all."""
    import torch

    return torch.cat([table.weight, table.weight.mean(0, keepdim=True)])[numbers]


def _limited(values: np.ndarray) -> np.ndarray:
    return np.clip(np.nan_to_num(values), 0, _LARGEST)
