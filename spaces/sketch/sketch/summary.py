"""What was found and made, in words and plain values for people and scripts."""

import re

from sketch import scores, styles
from sketch.cards import Card
from sketch.pipeline import Job
from sketch.retrieval import Found

GUIDE = """**Your picture will appear here.**

1. Draw something, upload a drawing, or click an example. Lines on a plain ground work best.
2. Say what it is and how it should look, such as *a fox in watercolour*. The styles that fit are shown: choose up to
   three, or leave it to the words.
3. Press **Make the picture**. It keeps your lines and takes the look.

The small model that comes along had a short training: it keeps the lines and takes colours, ground and tone of a look,
and knows little of what things are. Dense textures, such as mosaic, come out as a pattern of their own.

What you draw stays on the computer that runs this page and is deleted after a day.
"""
NEAR, FAR = 0.15, 0.35  # style distance, below and above which it is said to be near or far


def card_row(card: Card) -> dict:
    """A card as plain values."""
    names = ("id", "title", "caption", "medium", "era", "palette", "licence", "own")
    return {name: getattr(card, name) for name in names} | {"palette": list(card.palette)}


def found_line(found: Found) -> str:
    """How the words were read."""
    if found.text_only:
        return "No style fits these words: they alone will guide the picture, unless you choose a style."
    subject = f", of **{found.content}**" if found.content else ""
    return f"Read as the look **{found.style}**{subject}. Click up to three styles to choose or blend them."


def summarise(job: Job) -> str:
    """The result in a list: styles, how well the lines and the look were kept, how it was made, what to mind."""
    settings, first = job.drawn.settings, job.pictures[0]
    f1 = [made.structure.f1 for made in job.pictures]
    near = scores.TOLERANCE * settings.size / 256
    rows = [
        ("Style", _styles(job)),
        ("Lines kept", f"{_range(f1, '.0%')} (edges of the picture against the lines: F1 within {near:g} px)"),
    ]
    if first.style is not None:
        rows.append(("Look", _look(job)))
    rows += [
        ("Seed", ", ".join(str(made.seed) for made in job.pictures)),
        ("Model", f"{settings.tier}, {settings.size} px, {settings.steps} steps of {settings.scheduler}"),
        ("Time", f"{sum(job.seconds.values()):.1f} s"),
    ]
    return "\n".join([*(f"- **{name}**: {text}" for name, text in rows), *(f"- {note}" for note in job.notes)])


def _styles(job: Job) -> str:
    if not job.used:
        return "none, words alone"
    return " + ".join(
        f"{plain(card.title)} {share:.0%}" if len(job.used) > 1 else plain(card.title) for card, share in job.used
    )


def _look(job: Job) -> str:
    distances = [made.style.total for made in job.pictures]
    if None in distances:
        return f"palette {_range([made.style.palette for made in job.pictures], '.0f')} from the style's (0: the same)"
    word = "near" if max(distances) <= NEAR else "far" if min(distances) >= FAR else "fairly near"
    return f"{word}: distance {_range(distances, '.2f')} from the style (0: the same, 1: nothing in common)"


def _range(values: list[float], form: str) -> str:
    low, high = (format(value, form) for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def plain(title: str) -> str:
    """A title that a person wrote, without what Markdown would take as its own."""
    return re.sub(r"[*_`\[\]<>]", "", title)


def titles() -> list[tuple[str, str]]:
    """All styles that are there now, as a menu takes them."""
    return [(f"{card.title} (added)" if card.own else card.title, name) for name, card in styles.known().items()]


def browse(medium: str) -> list:
    """The pictures of the library."""
    cards = [card for card in styles.known().values() if card.picture and medium in ("All", card.medium)]
    return [(str(card.picture), card.title) for card in cards]
