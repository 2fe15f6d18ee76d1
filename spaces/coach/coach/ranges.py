"""The comfortable range of each measure of delivery, and where it is from.

What listeners find comfortable is softer than any bound. Where the literature gives what is usual and no bound, or
nothing, the range is a rule of thumb of this project, and its source says so.
"""

from dataclasses import dataclass, replace

SHORT = 15.0  # s: in a shorter answer nobody needs to pause


@dataclass(frozen=True)
class Range:
    """title, unit: of the measure; low, high: the comfortable range, None where it has no such end"""

    title: str
    unit: str
    low: float | None
    high: float | None
    source: str


RANGES = {
    "speaking_rate": Range(
        "Speaking rate",
        "words per minute",
        120.0,
        170.0,
        "About 150 is usual in American English (National Center for Voice and Speech); lectures have 125 to 160, "
        "interviews up to 210 (Tauroza and Allison 1990). The bounds in between are a rule of thumb of this project.",
    ),
    "articulation_rate": Range(
        "Articulation rate",
        "syllables per second",
        3.3,
        6.0,
        "4.4 to 5.9 in unprepared English (Goldman-Eisler 1968); who reads aloud is slower (Jacewicz et al. 2010). The "
        "lower bound is a rule of thumb of this project, as fits the speaking rate.",
    ),
    "pause_count": Range(
        "Pauses",
        "per minute",
        6.0,
        30.0,
        "A silence counts from 0.25 s on (Goldman-Eisler 1968). The range is a rule of thumb of this project: a breath "
        "at least every ten seconds, and not every two.",
    ),
    "longest_pause": Range(
        "Longest pause",
        "s",
        None,
        2.5,
        "Pauses of more than 1 s are the long ones of spontaneous speech (Campione and Véronis 2002). The bound is a "
        "rule of thumb of this project.",
    ),
    "pause_share": Range(
        "Share of pauses",
        "of the time",
        0.08,
        0.35,
        "A rule of thumb of this project; unprepared speech often has more (Goldman-Eisler 1968).",
    ),
    "fillers": Range(
        "Fillers",
        "per minute",
        None,
        4.0,
        "2.6 in 100 words of conversation are usual (Bortfeld et al. 2001): 4 a minute at 150 words per minute.",
    ),
    "repetitions": Range(
        "Repetitions",
        "per minute",
        None,
        2.0,
        "1.5 in 100 words of conversation are usual (Bortfeld et al. 2001): 2 a minute at 150 words per minute.",
    ),
    "pitch_median": Range(
        "Pitch",
        "Hz",
        None,
        None,
        "A voice's own; about 120 for men and 210 for women (Traunmüller and Eriksson 1995).",
    ),
    "pitch_variation": Range(
        "Variation of pitch",
        "semitones",
        2.0,
        6.0,
        "The standard deviation grows with liveliness (Traunmüller and Eriksson 1995; Hincks 2005). The bounds are a "
        "rule of thumb of this project.",
    ),
    "loudness_variation": Range(
        "Variation of loudness",
        "dB",
        1.5,
        6.0,
        "A rule of thumb of this project.",
    ),
    "energy_trend": Range(
        "Energy, first to last third",
        "dB",
        -4.0,
        6.0,
        "A rule of thumb of this project; 3 dB are half the power.",
    ),
}

# How fast other languages are beside English: words a minute read aloud (Trauzettel-Klosinski and Dietz 2012, IReST:
# 228 in English), syllables a second (Pellegrino, Coupé and Marsico 2011: 6.19 in English).
_PACE = {
    "en": (1.0, 1.0),
    "de": (179 / 228, 5.97 / 6.19),
    "es": (218 / 228, 7.82 / 6.19),
    "fr": (195 / 228, 7.18 / 6.19),
}
_RATES = ("speaking_rate", "articulation_rate")
_BESIDE = ("Trauzettel-Klosinski and Dietz 2012", "Pellegrino, Coupé and Marsico 2011")


def fitting(name: str, language: str, seconds: float) -> Range:
    """The range of a measure in an answer of a language (ISO 639-1) and of so many seconds from first to last word."""
    found = RANGES[name]
    if name in ("pause_count", "pause_share") and seconds < SHORT:
        return replace(found, low=None)
    if name not in _RATES or language == "en":
        return found
    if language not in _PACE:
        return replace(found, low=None, high=None, source=f"None is known for the language {language!r}.")
    at = _RATES.index(name)
    factor = _PACE[language][at]
    source = f"{found.source} Scaled to the language by how fast it is read beside English ({_BESIDE[at]})."
    low, high = (float(f"{bound * factor:.2g}") for bound in (found.low, found.high))
    return replace(found, low=low, high=high, source=source)
