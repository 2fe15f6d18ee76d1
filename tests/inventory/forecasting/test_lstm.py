"""The LSTM: what it reads, that it learns, and that it is the same again."""

from datetime import date

import numpy as np
import pytest
import torch

from common.errors import UserError
from inventory.forecasting import features, lstm_training
from inventory.forecasting.lstm import HIDDEN, STEPS, Config, Lstm, Reader, network, tensors
from inventory.forecasting.lstm_training import LstmLearner, train
from inventory.panel import Panel, demand_panel

WEEK = np.array([0.3, 0.5, 0.8, 1, 1.2, 1.9, 1.3])


def panel_of(levels, days: int = 120, seed: int = 0) -> Panel:
    """Everything grows by a seventh a week, which the mean of earlier weeks does not know."""
    draws = np.random.default_rng(seed)
    at = np.arange(days)
    rate = np.array(levels)[:, None] * WEEK[at % 7] * 1.02**at
    keys = sorted((f"outlet {row % 2}", f"item {row // 2}") for row in range(len(levels)))
    return demand_panel(keys, np.datetime64("2024-01-01") + at, draws.poisson(rate).astype(float))


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_of([20, 40, 60, 80])


@pytest.fixture(scope="module", autouse=True)
def short():
    """Few windows: enough to learn that it grows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lstm_training, "WINDOWS", 512)
        patch.setattr(lstm_training, "CHECKED", 128)
        patch.setattr(lstm_training, "BATCH", 64)
        patch.setattr(lstm_training, "EPOCHS", 6)
        yield


@pytest.fixture(scope="module")
def taught(panel):
    return train(panel)


def test_it_learns_more_than_the_mean_of_the_same_days(panel, taught):
    lstm, training = taught
    truth = panel_of([20, 40, 60, 80], 134).used[:, 120:]
    base = Reader(panel, lstm.config).windows(np.arange(4), np.full(4, 120))
    before = np.abs(base.base * base.size[:, None] - truth).sum()
    assert np.abs(lstm.predict(panel)[1] - truth).sum() < 0.7 * before
    assert training.losses[training.best - 1] == min(training.losses) < 0.8 * training.losses[0]


def test_quantiles_are_in_their_order_and_none_is_negative(panel, taught):
    found = taught[0].predict(panel)
    assert found.shape == (3, 4, 14) and (found >= 0).all() and (np.diff(found, axis=0) >= 0).all()
    made = network(taught[0].config, torch.Generator().manual_seed(1)).eval()
    windows = Reader(panel, taught[0].config).windows(np.arange(4), np.full(4, 120))
    with torch.inference_mode():
        made.out.weight.normal_(0, 5)
        low, middle, high = made(*tensors(windows)).unbind(1)
    assert (low <= middle).all() and (middle <= high).all()


def test_it_has_the_layers_that_it_is_said_to_have(taught):
    parts = dict(taught[0]._network.named_children())
    assert (parts["first"].hidden_size, parts["second"].hidden_size) == HIDDEN == (128, 64)
    assert (parts["items"].num_embeddings, parts["outlets"].num_embeddings) == (2, 2)


def test_a_seed_gives_the_same_weights_and_the_process_keeps_its_draws(panel, taught, monkeypatch):
    monkeypatch.setattr(lstm_training, "EPOCHS", 1)
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, again, other = (LstmLearner(seed=seed).fit(panel, 14) for seed in (3, 3, 4))
    assert torch.rand(1) == expected
    np.testing.assert_array_equal(one.predict(panel), again.predict(panel))
    assert np.abs(one.predict(panel) - other.predict(panel)).max() > 0.01


def test_what_is_saved_is_read_again(panel, taught, tmp_path):
    taught[0].save(tmp_path / "new")
    loaded = Lstm.load(tmp_path / "new")
    assert loaded.config == taught[0].config
    np.testing.assert_array_equal(loaded.predict(panel), taught[0].predict(panel))
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == ["lstm.json", "lstm.safetensors"]


def test_holidays_are_kept(tmp_path):
    config = Config(7, 7, ("tea",), ("Subang",), (date(2024, 8, 31),))
    Lstm(config, network(config, torch.Generator().manual_seed(0))).save(tmp_path)
    assert Lstm.load(tmp_path).config == config


def test_what_is_missing_or_damaged_is_refused(taught, tmp_path):
    with pytest.raises(UserError, match="no LSTM to read"):
        Lstm.load(tmp_path)
    taught[0].save(tmp_path)
    weights = tmp_path / "lstm.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(UserError, match="no LSTM to read"):
        Lstm.load(tmp_path)


def test_names_that_were_not_learned_have_the_mean_embedding(panel, taught):
    lstm = taught[0]
    other = demand_panel([("Melaka", "tea")], panel.days, panel.used[:1])
    windows = Reader(other, lstm.config).windows(np.array([0]), np.array([120]))
    assert windows.item.tolist() == [2] and windows.outlet.tolist() == [2], "one after the last"
    found = lstm.predict(other)
    assert np.isfinite(found).all() and found[1].mean() == pytest.approx(lstm.predict(panel)[1, 0].mean(), rel=0.3)


def test_what_is_before_the_first_record_is_masked(panel):
    config = Config(14, 7, (), ())
    young = panel.used.copy()
    young[:, :115] = np.nan
    windows = Reader(demand_panel(panel.keys, panel.days, young), config).windows(np.arange(4), np.full(4, 120))
    assert windows.steps.shape[1] == STEPS
    known = windows.steps[:, :, len(features.NAMES)]
    assert not known[:, :9].any() and known[:, -5:].all()
    assert not windows.steps[:, :9, :9].any(), "levels of days without a record are 0"
    first = Reader(panel, config).windows(np.arange(4), np.full(4, 3))
    assert not first.steps[:, :11].any() and first.steps[:, 11:].any()


def test_windows_know_nothing_of_their_days_to_come(panel):
    config = Config(14, 7, (), ())
    changed = panel.used.copy()
    changed[:, 100:] = 1e6
    rows, origins = np.arange(4), np.full(4, 100)
    before = Reader(panel, config).windows(rows, origins)
    after = Reader(demand_panel(panel.keys, panel.days, changed), config).windows(rows, origins)
    for name in ("steps", "ahead", "base", "size"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


def test_series_of_all_sizes_look_alike():
    config = Config(14, 7, (), ())
    small, large = (panel_of([10, 10], seed=1) for _ in range(2))
    large = demand_panel(large.keys, large.days, large.used * 1000)
    one, other = (Reader(panel, config).windows(np.arange(2), np.full(2, 100)) for panel in (small, large))
    np.testing.assert_allclose(one.steps, other.steps, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(one.base, other.base, rtol=1e-5)


def test_too_few_days_are_refused():
    with pytest.raises(UserError, match=r"span 40 days; the LSTM needs 47"):
        train(panel_of([5, 5], 40))
    with pytest.raises(UserError, match="nothing to learn"):
        train(demand_panel([("Subang", "tea")], np.datetime64("2024-01-01") + np.arange(90), np.full((1, 90), np.nan)))
