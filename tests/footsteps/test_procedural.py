"""The physics underneath: contact, ground reaction force, modes, grains, bubbles."""

import numpy as np
import pytest

from footsteps import aggregate, excitation, liquid, materials, solid
from footsteps.materials import Bubbles, Grains, Noise

RATE = 48000


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def one_contact(time: float = 0.0, running: bool = False) -> excitation.Gait:
    """A gait of one contact of the heel."""
    return excitation.Gait(np.array([time]), np.array([1.0]), np.array([False]), 0.1, 0.5, 1.0, running)


def test_contact_gets_longer_with_either_partner_and_follows_hertz():
    assert excitation.contact_time(2.0, 0.0) == pytest.approx(2.0)
    assert excitation.contact_time(1.0, 3.0) == excitation.contact_time(3.0, 1.0) > 3.0
    # two equal bodies have twice the compliance of one against a rigid partner; k^(-2/5) = (k^(-2/3))^(3/5)
    assert excitation.contact_time(1.0, 1.0) == pytest.approx(2 ** (3 / 5))


def test_a_shorter_pulse_reaches_higher_and_is_largest_early():
    assert len(excitation.force_pulse(0.005)) == 240
    assert 0.3 < excitation.force_pulse(0.005).argmax() / 240 < 0.49
    assert excitation.force_pulse(0.005, damping=0.0).argmax() == pytest.approx(119.5, abs=1)
    assert excitation.pulse_spectrum(4000, 0.0005) > 5 * excitation.pulse_spectrum(4000, 0.002)
    # the envelope agrees with the spectrum of the pulse itself at low frequencies, up to the first zero's neighbourhood
    pulse = excitation.force_pulse(0.002, damping=0.0)
    measured = np.abs(np.fft.rfft(pulse, RATE))[[100, 250]] / pulse.sum()
    assert excitation.pulse_spectrum(np.array([100, 250]), 0.002) == pytest.approx(measured, rel=0.4)


def test_the_ground_reaction_force_starts_and_ends_at_nothing():
    x = np.linspace(-1, 2, 3001)
    assert excitation.hump(x).max() == pytest.approx(1, abs=0.002)
    assert not excitation.hump(x)[(x <= 0) | (x >= 1)].any()
    walked = excitation.gait(rng(), 0.1, 0.6, 1.0, running=False)
    times = np.linspace(-0.2, 1.0, 2401)
    force = excitation.load(times, walked)
    assert not force[(times < 0) | (times > 1.12 * walked.stance)].any()
    assert force[(times > 0) & (times < walked.stance)].min() >= 0 and force.max() > 0.8
    assert excitation.load(times, walked, lead=0.1)[(times > -0.09) & (times < 0)].min() > 0


def test_walking_rolls_from_heel_to_ball_and_running_lands_nearly_flat():
    walked = [excitation.gait(rng(i), 0.1, 0.6, 1.0, running=False) for i in range(50)]
    run = [excitation.gait(rng(i), 0.1, 0.6, 1.0, running=True) for i in range(50)]
    assert all(0.06 <= g.gap <= 0.15 for g in walked)
    assert all(0.015 <= g.gap <= 0.04 for g in run)
    assert max(g.stance for g in run) < min(g.stance for g in walked)
    for g in walked + run:
        assert g.times[0] == 0 and g.forces[0] == 1
        assert g.times[g.ball].min() == pytest.approx(g.gap)
        assert (g.forces > 0).all()


def test_modes_ring_at_their_frequency_and_die_at_their_rate():
    out = np.zeros(RATE // 2, np.float32)
    bank = (np.array([440.0]), np.array([0.05]), np.array([1.0]))
    solid.ring(out, 480, bank, one_contact(), (0.0, 0.0))
    assert not out[:480].any()
    power = np.abs(np.fft.rfft(out)) ** 2
    assert np.fft.rfftfreq(len(out), 1 / RATE)[power.argmax()] == pytest.approx(440, abs=3)
    t = np.arange(len(out) - 480) / RATE
    expected = np.exp(-t / 0.05) * np.sin(2 * np.pi * 440 * t)
    assert np.abs(out[480:] - expected).max() < 2e-3


def test_a_mode_beyond_what_48_khz_can_hold_is_left_out():
    out = np.zeros(4800, np.float32)
    solid.ring(out, 0, (np.array([30000.0]), np.array([0.05]), np.array([1.0])), one_contact(), (0.0, 0.0))
    assert not out.any()


def test_a_soft_contact_hardly_excites_high_modes():
    low_high = (np.array([200.0, 6000.0]), np.array([0.01, 0.01]), np.array([1.0, 1.0]))

    def share_above_3k(contact: float) -> float:
        out = np.zeros(9600, np.float32)
        solid.ring(out, 0, low_high, one_contact(), (contact, contact))
        power = np.abs(np.fft.rfft(out)) ** 2
        return float(power[np.fft.rfftfreq(len(out), 1 / RATE) > 3000].sum() / power.sum())

    for contact in (0.0, 0.0001, 0.0003):
        low, high = excitation.pulse_spectrum(low_high[0], contact) ** 2
        assert share_above_3k(contact) == pytest.approx(high / (low + high), rel=0.1)
    assert share_above_3k(0.005) < 0.01


def test_noise_has_its_band_and_no_seam():
    noise = aggregate.bed(2000.0, 0.5, 0.0)
    power = np.abs(np.fft.rfft(noise)) ** 2
    octaves = np.log2(np.maximum(np.fft.rfftfreq(len(noise), 1 / RATE), 1) / 2000)
    mean = (octaves * power).sum() / power.sum()
    width = np.sqrt(((octaves - mean) ** 2 * power).sum() / power.sum())
    assert noise.std() == pytest.approx(1, abs=1e-3)
    assert mean == pytest.approx(0, abs=0.05)
    assert width == pytest.approx(0.5 / np.sqrt(2), abs=0.03)  # energy is the square of the bell
    with pytest.raises(ValueError, match="read-only"):
        noise[0] = 0


def test_excitation_follows_contacts_and_load():
    layer = Noise(center=1000, width=1, gain=0, attack=1, decay=20, load=0.0)
    nothing = np.zeros(2001, np.float32)
    ms = RATE // 1000 / aggregate.CONTROL
    struck = aggregate.follow(layer, 4800, one_contact(), (1.0, 1.0), nothing)
    assert not struck[: int(100 * ms)].any()
    assert struck.max() == pytest.approx(1)
    top = int(struck.argmax())
    assert struck[top + int(20 * ms)] / struck[top] == pytest.approx(np.exp(-1), abs=0.02)
    rolling = Noise(center=1000, width=1, gain=0, attack=1, decay=20, load=0.5)
    carried = aggregate.follow(rolling, 4800, one_contact(), (0.0, 0.0), nothing + 1)
    assert np.allclose(carried, 0.5)


def test_grains_come_where_the_foot_presses_and_in_their_number():
    few = Grains(count=10, center=4000, width=0.3, ring=1, spread=1, burst=1, gain=0, attack=1, decay=10)
    many = Grains(count=200, center=4000, width=0.3, ring=1, spread=1, burst=1, gain=0, attack=1, decay=10)
    pressed = np.zeros(RATE // aggregate.CONTROL + 1, np.float32)
    first, last = len(pressed) // 4, len(pressed) // 2
    pressed[first:last] = 1.0
    energies = []
    for grains in (few, many):
        total = []
        for i in range(20):
            out = np.zeros(RATE, np.float32)
            aggregate.crackle(out, grains, pressed, 1.0, rng(i))
            assert not out[: (first - 1) * aggregate.CONTROL].any()
            assert not out[last * aggregate.CONTROL + RATE // 20 :].any()
            total.append(float(np.sum(out**2)))
        energies.append(np.mean(total))
    assert 10 < energies[1] / energies[0] < 40  # twenty times as many


def test_bubbles_ring_at_minnaerts_frequency():
    out = np.zeros(RATE, np.float32)
    three_mm = Bubbles(count=400, small=2.99, large=3.01, gain=0, spread=100, pull=0.0)
    liquid.bubble(out, 0, three_mm, one_contact(), rng())
    power = np.abs(np.fft.rfft(out)) ** 2
    freqs = np.fft.rfftfreq(len(out), 1 / RATE)
    mean = (freqs * power)[freqs < 5000].sum() / power[freqs < 5000].sum()
    # Minnaert: f = sqrt(3 * 1.4 * 101325 Pa / 998 kg/m^3) / (2 pi r), and half the bubbles rise a little
    assert np.sqrt(3 * 1.4 * 101325 / 998) / (2 * np.pi * 0.003) == pytest.approx(mean, rel=0.08)


def test_mud_lets_go_of_the_foot_with_bubbles():
    gait = excitation.gait(rng(4), 0.1, 0.6, 1.0, running=False)
    out = np.zeros(RATE, np.float32)
    liquid.bubble(out, 0, Bubbles(count=40, small=2, large=6, gain=0, spread=5, pull=1.0), gait, rng())
    assert not out[: int(0.58 * gait.stance * RATE)].any()
    assert np.abs(out[int(0.6 * gait.stance * RATE) :]).max() > 0.1


def test_every_floor_and_shoe_of_the_file_is_sound():
    hard = {"concrete", "wood", "marble", "metal", "deck", "tile"}
    soft = {"gravel", "dirt", "leaves", "sand", "snow", "mud", "water", "grass", "carpet"}
    assert set(materials.surfaces()) == hard | soft
    assert set(materials.footwear()) == {"boots", "heels", "barefoot", "sneakers", "dress_shoes"}
    assert max(materials.floor(f).contact for f in hard) < min(materials.floor(f).contact for f in soft)
    for floor in map(materials.floor, materials.surfaces()):
        assert floor.noise and 0 < floor.dry <= 1 and floor.toe < 0 and floor.level < -20
        assert bool(floor.modes) == (floor.id in hard)
        for layer in (*floor.noise, *([floor.grains] if floor.grains else [])):
            assert 50 < layer.center < 15000 and layer.attack > 0 and layer.decay > 0
