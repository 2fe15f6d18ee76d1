"""The one interface behind which footsteps get their sound, and the list of what stands behind it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np

from common.errors import UserError
from footsteps.steps import Step


class Sound(ABC):
    """A way of making footsteps heard. Holds no state that one request could leave for the next."""

    name: str

    @abstractmethod
    def synthesize(self, steps: Sequence[Step], seed: int) -> list[np.ndarray]:
        """One sound a step, in the order of `steps`.

        Each is (N,) float32 mono at 48 kHz, 0.15 to 0.7 s, without DC, faded to zero at both ends, with
        its one highest peak (at most 1) where the heel lands. Loudness differs from floor to floor and from step to
        step as it does in life; `level`, `pan`, `distance` and `confidence` of the step are not applied here.

        seed: 0 or more. The same steps and seed give the same samples, bit for bit.
        Raises UserError for a surface, footwear, side, time or seed that can't be used.
        """


def _procedural() -> Sound:
    from footsteps.procedural import Procedural

    return Procedural()


BACKENDS: dict[str, Callable[[], Sound]] = {"procedural": _procedural}


def get(name: str) -> Sound:
    """The back end called `name`. Raises UserError when there is none."""
    if name not in BACKENDS:
        raise UserError(f"no sound back end is called {name!r}; there are: {', '.join(sorted(BACKENDS))}")
    return BACKENDS[name]()
