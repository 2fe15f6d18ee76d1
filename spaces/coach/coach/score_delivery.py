"""The score of how an answer was said: how near each measure of the delivery is to its comfortable range."""

from coach.delivery import Delivery, Measure
from coach.marks import Score, percent, quote

# What a measure counts, and what to do where it is below and above its range. Those without a range don't count.
COUNTS = {
    "speaking_rate": (3, "Speak a little faster.", "Slow down."),
    "fillers": (3, "", "Stop and breathe where a filler wants to come."),
    "longest_pause": (2, "", "Shorten the longest pause: know your next sentence before you end this one."),
    "pause_share": (2, "Leave a short pause after each sentence.", "Leave fewer and shorter pauses."),
    "pitch_variation": (2, "Let your voice go up and down more on words that matter.", "Keep your voice calmer."),
    "articulation_rate": (1, "Speak the single words a little faster.", "Give each word its time."),
    "pause_count": (1, "Pause more often, best after each sentence.", "Speak in longer stretches between two pauses."),
    "repetitions": (1, "", "Finish a sentence as you began it, also where another would be better."),
    "loudness_variation": (1, "Say what matters a little louder.", "Speak more evenly loud."),
    "energy_trend": (1, "Keep your voice up until the last sentence.", "Begin with as much voice as you end with."),
}  # fmt: skip
FORMULA = (
    "The mean over the measures of how near each is to its comfortable range: all points within it, none as far "
    "outside as the range is wide, or, where it has one end, at twice that end; in a straight line between. Speaking "
    "rate and fillers count three times, longest pause, share of pauses and variation of pitch twice, the others once."
)


def delivery(found: Delivery, text: str) -> Score | None:
    """The score, or None where nothing could be measured. text: the transcript, from which evidence is quoted."""
    known = [one for one in found.measures if one.name in COUNTS and one.verdict != "unknown"]
    if not known:
        return None
    total = sum(COUNTS[one.name][0] for one in known)
    value = percent(sum(COUNTS[one.name][0] * nearness(one) for one in known) / total)
    worst = max(known, key=lambda one: COUNTS[one.name][0] * (1.0 - nearness(one)))
    if worst.verdict == "good":
        return Score("delivery", "Delivery", value, FORMULA, "", "Keep speaking like this.")
    _, low, high = COUNTS[worst.name]
    said = next((place.text for place in worst.places if place.text and place.text in text), "")
    return Score("delivery", "Delivery", value, FORMULA, quote(said), low if worst.verdict == "low" else high)


def nearness(measure: Measure) -> float:
    """1 within the comfortable range, 0 as far outside as it is wide, or as its one end is from 0."""
    low, high, value = measure.low, measure.high, measure.value
    if measure.verdict == "good":
        return 1.0
    distance = low - value if measure.verdict == "low" else value - high
    reach = abs((high if low is None else low) if low is None or high is None else high - low)
    return max(0.0, 1.0 - distance / reach) if reach else 0.0
