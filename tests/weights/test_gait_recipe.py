"""The recipe of the footfall network, small: it simulates, trains, resumes, and what it saves is what is run."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from footsteps import gait  # noqa: E402
from weights.recipes.gait import simulate, train  # noqa: E402

SMALL = ["--walkers", "8", "--batch", "8", "--workers", "1", "--steps", "30", "--every", "10"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a finished training, and its loss."""
    folder = tmp_path_factory.mktemp("recipe")
    return folder, train.main([*SMALL, "--cache", str(folder), "--out", str(folder / "net.npz")])


def test_examples_are_finite_and_hold_strikes():
    strikes = 0.0
    for seed in range(4):
        x, y = simulate.examples(seed)
        assert x.shape == (2 * simulate.FILMS, len(gait.HORIZONTAL) * 2 + 2, simulate.LENGTH)
        assert np.isfinite(x).all() and np.abs(x).max() < 5
        assert np.nanmin(y) >= 0 and np.nanmax(y) <= 1
        strikes += np.nansum(y[:, 0])
    assert strikes > 50


def test_the_same_seed_gives_the_same_walker():
    for a, b in zip(simulate.examples(7), simulate.examples(7), strict=True):
        assert np.array_equal(a, b, equal_nan=True)
    assert not np.array_equal(simulate.examples(7)[0], simulate.examples(8)[0])


def test_a_bump_stands_on_every_strike():
    walk, times, _ = simulate.draw_body(np.random.default_rng(1))
    wanted = simulate.targets(times, walk)
    for fall in walk.truth:
        if fall.time < times[-1]:
            assert wanted[gait.SIDES.index(fall.side), 0, np.argmin(np.abs(times - fall.time))] > 0.9


def test_training_learns_and_saves_what_numpy_runs(trained):
    folder, held = trained
    assert held < 0.7  # of one who always says 1/2
    net = train.StrikeNet(len(gait.HORIZONTAL) * 2 + 2)
    stored = gait.load(folder / "net.npz")
    net.load_state_dict({name: torch.from_numpy(stored[name]) for name in net.state_dict()})
    x = np.random.default_rng(0).normal(0, 0.3, (2, len(gait.HORIZONTAL) * 2 + 2, 90)).astype(np.float32)
    with torch.no_grad():
        expected = net(torch.from_numpy(x)).numpy()
    assert np.allclose(gait.forward(stored, x), expected, atol=1e-4)


def test_training_goes_on_where_it_stopped(trained, tmp_path, monkeypatch, capsys):
    folder, held = trained
    again = [*SMALL, "--cache", str(tmp_path), "--out", str(tmp_path / "net.npz")]

    def power_cut(*_):
        if (tmp_path / "gait-checkpoint.pt").exists():
            raise KeyboardInterrupt
        return save(*_)

    save = train.save
    monkeypatch.setattr(train, "save", power_cut)
    with pytest.raises(KeyboardInterrupt):
        train.main(again)
    monkeypatch.undo()
    capsys.readouterr()
    assert train.main(again) == pytest.approx(held, rel=1e-3)
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["20", "30"]
    whole, resumed = gait.load(folder / "net.npz"), gait.load(tmp_path / "net.npz")
    assert all(np.allclose(whole[name], resumed[name], atol=1e-3) for name in whole)
