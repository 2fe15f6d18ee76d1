"""The fit behind materials.toml: it finds what it should, uses what it may, and writes what it found."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.footsteps import fit_sound
from benchmarks.footsteps.recordings import recordings
from common.media import RATE, write_wav
from common.toml import read
from footsteps import materials

MATERIALS = Path(materials.__file__).with_name("materials.toml")


def first_guess(id: str) -> materials.Floor:
    return materials.floor_from(id, read(fit_sound.START)["floor"][id])


def test_a_fit_comes_nearer_to_what_it_is_given():
    start = first_guess("carpet")
    brighter = replace(start.noise[1], gain=start.noise[1].gain + 15)
    other = replace(start, noise=(start.noise[0], brighter))
    steps = fit_sound.walked(other, 12, seed=77)
    numbers, energies = fit_sound.seen(steps)
    target = fit_sound.Target(12, np.median(numbers, axis=0), numbers.std(axis=0) + 0.05, np.median(energies, axis=0))
    found = fit_sound.fit(start, target, generations=6, seed=1)
    assert fit_sound.fit(start, target, 1, seed=1) == fit_sound.fit(start, target, 1, seed=1)
    assert target.miss(found, 24, 5) < 0.5 * target.miss(start, 24, 5)
    assert found.noise[1].gain > start.noise[1].gain + 3


def test_only_recordings_with_a_free_licence_may_shape_the_numbers(tmp_path):
    folder = tmp_path / "footsteps"
    (folder / "cdda").mkdir(parents=True)
    rows = ["topic,file,licence_class"]
    for i, licence_class in enumerate(("redistributable", "unknown", "test-only", "")):
        write_wav(folder / "cdda" / f"walk_dirt_{i}.wav", np.full((RATE // 4, 2), 0.1, np.float32))
        rows.append(f"footsteps,footsteps/cdda/walk_dirt_{i}.wav,{licence_class}")
    (tmp_path / "MANIFEST.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert [(r.surface, r.may_shape) for r in recordings(folder)] == [("dirt", i == 0) for i in range(4)]


@pytest.mark.parametrize("id", ["metal", "water", "grass"])
def test_a_floor_is_written_in_the_place_of_its_namesake(id, tmp_path):
    path = tmp_path / "materials.toml"
    shutil.copy(MATERIALS, path)
    floor = fit_sound.rounded(replace(first_guess(id), toe=-1.234, click=-2.34))
    fit_sound.write(floor, path)
    before, after = read(MATERIALS), read(path)
    assert materials.floor_from(id, after["floor"].pop(id)) == floor and floor.toe == -1.2
    del before["floor"][id]
    assert after == before and list(after["floor"]) == list(before["floor"])
    comments = [line for line in MATERIALS.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")] == comments


@pytest.mark.parametrize("id", list(read(fit_sound.START)["floor"]))
def test_the_search_stays_within_its_limits(id):
    start = first_guess(id)
    where = fit_sound.places(start)
    assert fit_sound.moved(start, where, np.zeros(len(where))) == start
    for direction in (-50.0, 50.0):
        far = fit_sound.moved(start, where, np.full(len(where), direction))
        assert far.toe == (-16 if direction < 0 else -1)
        for layer in far.noise:
            assert 100 <= layer.center <= 11000 and 0.2 <= layer.attack <= 15


@pytest.mark.parametrize("id", list(read(fit_sound.START)["floor"]))
def test_the_shipped_floor_can_be_what_the_fit_wrote(id):
    """Whoever changes a fitted number by hand breaks what materials.toml says of its origin."""
    start, shipped = first_guess(id), materials.floor(id)
    assert fit_sound.rounded(shipped) == shipped
    searched = {(part, field) for part, _, field in fit_sound.places(start)}
    for field in ("level", "contact", "dry", "lead"):
        assert ("", field) not in searched and getattr(shipped, field) == getattr(start, field)
    for part in ("modes", "grains", "bubbles"):
        if getattr(start, part):
            for field in ("jitter", "burst", "small", "large", "pull"):
                assert getattr(getattr(shipped, part), field, None) == getattr(getattr(start, part), field, None)
    assert [n.couple for n in shipped.noise] == [n.couple for n in start.noise]
