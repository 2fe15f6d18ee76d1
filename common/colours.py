"""Colours of one picture brought to those of others, by the straightest map there is.

Pitié and Kokaram 2007, "The Linear Monge-Kantorovitch Linear Colour Mapping for Example-Based Colour Transfer": of all
linear maps that give the colours the wanted mean and covariance, the one that moves them least. In CIE Lab, where
distances are near those that people see.
"""

from collections.abc import Sequence

import numpy as np

FLOOR = 16.0  # Lab units squared, added to every variance: a picture of two flat colours is not stretched without end


def match_colours(
    picture: np.ndarray, references: Sequence[tuple[np.ndarray, float]], amount: float = 1.0
) -> np.ndarray:
    """The picture with colours distributed as in the references, (H, W, 3) float32 RGB 0..1.

    picture: (H, W, 3) float RGB 0..1
    references: (h, w, 3) uint8 of any sizes, with weights of which at least one is above 0
    amount: 0 leaves it as it is, 1 brings it all the way
    """
    colours = _lab(picture.astype(np.float32))
    mean, spread = _moments([(colours, 1.0)])
    wanted_mean, wanted_spread = _moments([(_lab(one.astype(np.float32) / 255), weight) for one, weight in references])
    root, inverse = _roots(spread)
    middle, _ = _roots(root @ wanted_spread @ root)
    moved = (colours - mean) @ (inverse @ middle @ inverse) + wanted_mean
    mixed = colours + amount * (moved - colours)
    return np.clip(_rgb(mixed.reshape(picture.shape).astype(np.float32)), 0, 1)


def _moments(pictures: Sequence[tuple[np.ndarray, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Mean (3,) and covariance (3, 3) of the mixture of several lists of colours (n, 3) by their weights."""
    total = sum(weight for _, weight in pictures)
    mean = sum(weight / total * colours.mean(0) for colours, weight in pictures)
    spread = sum(weight / total * (colours - mean).T @ (colours - mean) / len(colours) for colours, weight in pictures)
    return mean, spread + FLOOR * np.eye(3)


def _roots(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Square root of a symmetric matrix, positive definite, and the inverse of that."""
    values, vectors = np.linalg.eigh(matrix)
    root = np.sqrt(np.maximum(values, 1e-9))
    return (vectors * root) @ vectors.T, (vectors / root) @ vectors.T


def _lab(rgb: np.ndarray) -> np.ndarray:
    """(n, 3) float64: L 0 to 100."""
    import cv2

    return cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float64)


def _rgb(lab: np.ndarray) -> np.ndarray:
    import cv2

    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
