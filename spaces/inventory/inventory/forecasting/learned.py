"""What a forecast needs and what takes long to find: trained models, the choice among them, and its scores."""

import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from common.errors import UserError
from inventory.forecasting.backtest import SHORTEST, Fitted, Method, backtest
from inventory.forecasting.baselines import BASELINES
from inventory.forecasting.choice import Choice, automatic, choose
from inventory.forecasting.forecast import HORIZON, QUICK
from inventory.forecasting.lstm import Lstm
from inventory.forecasting.lstm_training import LstmLearner
from inventory.forecasting.scores import Scores
from inventory.forecasting.trees import FittedTrees, Trees
from inventory.panel import Panel

CUTOFFS = 8  # half of them only to choose by, half to score the choice
FEWEST = 4
MANY = 150  # series; for more, AutoETS takes too long at each forecast
AUTOMATIC = "automatic choice"
_CHOICE, _SCORES = "choice.json", "scores.json"
_TRAINED = {"LSTM": Lstm, "LightGBM": FittedTrees}

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Learned:
    """choice, models: what `forecast` takes; scores: of each model and of the choice, on days that they had not seen"""

    choice: Choice
    models: dict[str, Fitted]
    scores: dict[str, Scores]

    def save(self, folder: str | Path) -> None:
        """Write all of it into a folder; no pickle."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        self.choice.save(Path(folder) / _CHOICE)
        for name, model in self.models.items():
            model.save(Path(folder) / name.lower())
        text = json.dumps({name: asdict(one) for name, one in self.scores.items()}, indent=1)
        (Path(folder) / _SCORES).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> "Learned":
        """What `save` wrote. Raises UserError where a part is missing or damaged."""
        choice = Choice.load(Path(folder) / _CHOICE)
        there = {name: Path(folder) / name.lower() for name in _TRAINED}
        models = {name: _TRAINED[name].load(path) for name, path in there.items() if path.is_dir()}
        try:
            text = json.loads((Path(folder) / _SCORES).read_text(encoding="utf-8"))
            scores = {name: Scores(**one) for name, one in text.items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise UserError(f"There are no scores to read in {str(folder)!r} ({error}). Train anew.") from error
        return cls(choice, models, scores)


def learn(
    panel: Panel,
    horizon: int = HORIZON,
    holidays: Collection[date] = (),
    seed: int = 0,
    progress: Progress | None = None,
) -> Learned:
    """Backtest all models, choose, and train those that need it on all days.

    holidays: known ones, past and to come
    progress: called with the share that is done, 0 to 1, and a line
    Raises UserError where there are too few days for FEWEST backtests.
    """
    panel = panel.believable()
    trained: tuple[Method, ...] = (Trees(holidays=holidays, seed=seed), LstmLearner(holidays=holidays, seed=seed))
    # The LSTM of the first cutoff needs days to learn from and others to stop by.
    cutoffs = max(FEWEST, min(CUTOFFS, (panel.shape[1] - SHORTEST - 4 * horizon) // horizon))
    singles = BASELINES if panel.shape[0] <= MANY else QUICK
    tested = backtest(panel, (*singles, *trained), horizon, cutoffs=cutoffs, refit=cutoffs, progress=_part(progress))
    first = cutoffs // 2
    judged = tested.part(slice(first, None))
    scores = {name: judged.score(predicted) for name, predicted in judged.predicted.items()}
    scores[AUTOMATIC] = judged.score(automatic(tested, first)[0])
    models = {method.name: method.fit(panel, horizon) for method in trained}
    return Learned(choose(tested), models, scores)


def _part(progress: Progress | None) -> Progress | None:
    """The backtest is about two thirds of the work."""
    return None if progress is None else lambda share, text: progress(share * 0.67, text)
