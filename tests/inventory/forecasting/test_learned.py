"""What is trained once and kept."""

import numpy as np
import pytest

from common.errors import UserError
from inventory.forecasting import learned, lstm_training, trees
from inventory.forecasting.baselines import BASELINES
from inventory.forecasting.forecast import forecast
from inventory.forecasting.learned import Learned, learn
from inventory.panel import Panel, demand_panel


@pytest.fixture(scope="module")
def panel() -> Panel:
    draws = np.random.default_rng(0)
    weekday = np.array([0.5, 0.6, 0.8, 1, 1.2, 1.6, 1.3])[np.arange(150) % 7]
    keys = [("Subang", "eggs"), ("Subang", "rice"), ("Subang", "tea")]
    used = draws.poisson(np.array([[5], [20], [60]]) * weekday).astype(float)
    return demand_panel(keys, np.datetime64("2024-01-01") + np.arange(150), used)


@pytest.fixture(scope="module")
def heard() -> list[float]:
    return []


@pytest.fixture(scope="module")
def taught(panel, heard) -> Learned:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lstm_training, "EPOCHS", 2)
        patch.setattr(lstm_training, "WINDOWS", 256)
        patch.setattr(trees, "ROWS", 1000)
        patch.setattr(trees, "ROUNDS", 10)
        patch.setattr(learned, "CUTOFFS", 4)
        return learn(panel, progress=lambda share, text: heard.append(share))


def test_every_model_and_the_choice_have_scores(taught, heard):
    assert set(taught.scores) == {one.name for one in BASELINES} | {"LSTM", "LightGBM", "automatic choice"}
    assert taught.scores["automatic choice"].wape <= taught.scores["moving average"].wape
    assert heard == sorted(heard) and heard[0] == 0 and heard[-1] < 1


def test_what_is_kept_forecasts_the_same(panel, taught, tmp_path):
    taught.save(tmp_path)
    loaded = Learned.load(tmp_path)
    assert loaded.scores == taught.scores
    one, other = (forecast(panel, 14, kept.choice, kept.models) for kept in (taught, loaded))
    np.testing.assert_array_equal(one.high, other.high)
    assert one.reason == other.reason and "not trained" not in "".join(one.reason)


@pytest.mark.parametrize("missing", ["choice.json", "scores.json", "lstm/lstm.json", "lightgbm/lightgbm.json"])
def test_what_lacks_a_part_is_refused(taught, tmp_path, missing):
    taught.save(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(UserError, match=r"There (is|are) no "):
        Learned.load(tmp_path)


def test_too_few_days_are_refused(panel):
    with pytest.raises(UserError, match="days"):
        learn(panel.until(panel.days[70]))
