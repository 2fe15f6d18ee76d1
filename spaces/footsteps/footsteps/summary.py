"""A result in a few lines of Markdown: what was found, what was seen, what to mind."""

from footsteps.pipeline import Detection, Result
from footsteps.scene import VOCABULARY

CALLED = {"environment": "place", "surface": "ground", "footwear": "shoes"}


def summarise(detection: Detection, result: Result) -> str:
    """One line with the number of footsteps and what was recognised, then one bullet a warning."""
    guesses = {kind: getattr(detection.scene, kind) for kind in CALLED}
    seen = [
        f"{CALLED[kind]} {VOCABULARY[kind][guess.label].name.lower()} ({guess.confidence:.0%} sure)"
        for kind, guess in guesses.items()
        if guess.label
    ]
    number = len(detection.steps)
    first = f"**{number} footstep{'' if number == 1 else 's'}**" + (f" · seen: {', '.join(seen)}" if seen else "")
    return "\n".join([first, "", *(f"- {warning}" for warning in [*detection.warnings, *result.warnings])])
