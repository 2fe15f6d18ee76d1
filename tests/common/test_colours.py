"""Colour transfer between pictures."""

import cv2
import numpy as np
import pytest

from common.colours import match_colours


def noise(seed: int, low: float, high: float) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, (40, 60, 3)).astype(np.float32)


def lab(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(rgb.astype(np.float32), cv2.COLOR_RGB2LAB).reshape(-1, 3)


def test_mean_and_covariance_become_those_of_the_reference():
    picture, reference = noise(0, 0.2, 0.8), (noise(1, 0.35, 0.65) * [1, 0.8, 0.6] * 255).astype(np.uint8)
    made, wanted = lab(match_colours(picture, [(reference, 1.0)])), lab(reference / 255)
    assert np.allclose(made.mean(0), wanted.mean(0), atol=1)
    assert np.allclose(np.cov(made.T), np.cov(wanted.T), atol=0.1 * np.trace(np.cov(wanted.T)))


def test_a_picture_in_its_own_colours_stays_as_it_is():
    picture = (noise(2, 0, 1) * 255).round().astype(np.uint8)
    assert np.allclose(match_colours(picture / 255, [(picture, 0.3)]), picture / 255, atol=0.01)


def test_the_amount_goes_from_nothing_to_all():
    picture, reference = noise(3, 0.3, 0.7), np.full((5, 5, 3), (40, 90, 200), np.uint8)
    far = [
        np.abs(lab(match_colours(picture, [(reference, 1.0)], part)).mean(0) - lab(reference / 255)[0]).sum()
        for part in (0, 0.5, 1)
    ]
    assert far[0] > 1.8 * far[1] > 3 * far[2]
    assert np.allclose(match_colours(picture, [(reference, 1.0)], 0), picture, atol=2e-3)


def test_weights_mix_references_and_those_of_none_have_no_say():
    picture = noise(4, 0.2, 0.8)
    dark, light = np.full((4, 4, 3), 30, np.uint8), np.full((9, 9, 3), 220, np.uint8)
    means = [match_colours(picture, [(dark, 1 - part), (light, part)]).mean() for part in (0.0, 0.5, 1.0)]
    assert means[0] < means[1] - 0.2 < means[2] - 0.4
    assert np.allclose(match_colours(picture, [(dark, 1.0), (light, 0.0)]), match_colours(picture, [(dark, 2.0)]))


@pytest.mark.parametrize("flat", [np.zeros((8, 8, 3)), np.ones((8, 8, 3)), np.full((1, 1, 3), 0.5)])
def test_flat_pictures_come_out_finite_and_in_range(flat):
    made = match_colours(flat, [((noise(5, 0, 1) * 255).astype(np.uint8), 1.0)])
    assert made.shape == flat.shape and np.isfinite(made).all() and made.min() >= 0 and made.max() <= 1
