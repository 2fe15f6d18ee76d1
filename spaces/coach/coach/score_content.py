"""The scores of what was said: structure, relevance, specificity, ownership.

Each is multiplied by what `stands`: less where there is too little to judge, or where the answer is about something
else.
"""

from collections.abc import Sequence

import numpy as np

from coach import structure as structures
from coach.marks import Score, percent, quote
from coach.ownership import Actors, actors
from coach.reading import Reading
from coach.relevance import Relevance
from coach.sentences import Sentence
from coach.specificity import details

GOOD = 75  # of a score, from which on there is nothing that has to change
EMPTY, FULL = 0.10, 0.75  # share of the words that say something: none of the score, and all that it can give
MOST_DETAILS = 4  # details that count, two kinds at most of a sentence
DETAILS = 0.25  # share of the specificity score that they give
COVERAGE = 0.75  # mean coverage of the key points that gives the whole score
OTHERS, PRIOR = 0.4, 0.6  # weights of "we" and of nobody, and of nothing, beside what "I" did
ELSEWHERE = 0.10  # of a score, what stands of it where the answer is about something else
_STANDS = (
    "All of it counts less where fewer than one and a half whole sentences say something, or where the answer is about "
    f"something else, down to {percent(ELSEWHERE)} in 100."
)
_LITTLE = "There is too little here to judge. Answer in four to eight sentences, with one case of your own."


def stands(reading: Reading, near: Relevance) -> float:
    """The share of each score that stands, 0 to 1."""
    return reading.enough * (ELSEWHERE + (1.0 - ELSEWHERE) * near.about)


def structure(reading: Reading, found: structures.Structure, standing: float) -> Score:
    parts = found.rubric.parts
    weights = np.array([part.weight for part in parts])
    value = percent(standing * float(weights @ found.there))
    shares = ", ".join(f"{part.title} {percent(part.weight)}" for part in parts)
    formula = (
        f"Compared with {found.rubric.title}. Points for each part that is there ({shares}), as far as one sentence is "
        f"clearly that part and says something. {_STANDS}"
    )
    lacking = parts[int(np.argmax(weights * (1.0 - found.there)))]
    present = [sentence for sentence, there in zip(found.best, found.there, strict=True) if sentence and there >= 0.5]
    advice = lacking.advice if value < GOOD else "Keep this order: the parts are there."
    # The part that weighs most, of those that are there.
    heaviest = max(zip(weights * found.there, range(len(parts)), strict=True))[1]
    evidence = found.best[heaviest] if present else None
    return _score("structure", "Structure", value, formula, evidence, advice, reading)


def relevance(reading: Reading, found: Relevance, standing: float) -> Score:
    value = percent(standing * min(1.0, found.coverage / COVERAGE))
    formula = (
        "The mean over the key points of the question of how far a sentence that says something covers each, by "
        f"likeness in meaning; a sentence covers two at most. {percent(COVERAGE)} in 100 of it give the full score. "
        f"{_STANDS}"
    )
    if not (found.covered or found.missed):
        formula = (
            "How alike in meaning to the question the two nearest sentences are that say something. "
            f"{percent(COVERAGE)} in 100 of it give the full score. {_STANDS}"
        )
    advice = (
        "You answer what was asked; keep to it." if value >= GOOD else "Begin with a direct answer to the question."
    )
    if found.missed and value < GOOD:
        advice = f"Say something of your own on this: {found.farthest}."
    if found.about < 0.5:
        advice = "This is about something else than what was asked. Begin with a direct answer to the question."
    best = max(found.covered, key=lambda one: one.how_far, default=None)
    evidence = next((one for one in reading.sentences if best and one.text == best.by), None)
    return _score("relevance", "Relevance", value, formula, evidence, advice, reading)


def specificity(reading: Reading, standing: float) -> Score:
    kinds = [{detail.kind for detail in details(text)} for text in reading.said]
    found = sum(min(len(some), 2) * says for some, says in zip(kinds, reading.substance, strict=True))
    full = min(1.0, max(0.0, (reading.fullness - EMPTY) / (FULL - EMPTY)))
    value = percent(standing * full * (1.0 - DETAILS + DETAILS * min(1.0, found / MOST_DETAILS)))
    formula = (
        "How much of the words says something of your own and not what fits any answer, by the sentence and by the "
        "answer as a whole, compared with sentences and answers that were written as examples: "
        f"{percent(EMPTY)} in 100 give nothing, {percent(FULL)} give {percent(1 - DETAILS)} in 100 of the score. "
        f"Numbers, dates, names and outcomes in such sentences, up to {MOST_DETAILS}, give the rest. {_STANDS}"
    )
    there = {kind for some, says in zip(kinds, reading.substance, strict=True) if says >= 0.5 for kind in some}
    advice = "Keep the figures and names: they can be checked."
    if value < GOOD:
        advice = _detail_to_add(there) if full >= 0.5 else (
            "Put what happened in the place of sentences that anybody could say: who, when, how many, what came of it."
        )  # fmt: skip
    worth = [says * (1 + len(some)) for some, says in zip(kinds, reading.substance, strict=True)]
    # Of a low score the emptiest sentence is the evidence, and the longer it is the better it shows.
    lost = list((1.0 - reading.substance) * reading.words)
    evidence = _at(reading, worth if value >= GOOD or full >= 0.5 else lost)
    return _score("specificity", "Specificity", value, formula, evidence, advice, reading)


def ownership(reading: Reading, standing: float) -> Score:
    who = [actors(text) for text in reading.said]
    own = sum(min(one.own, 2) * says for one, says in zip(who, reading.substance, strict=True))
    others = sum(one.shared + one.nobody for one in who)
    value = percent(standing * own / (own + OTHERS * others + PRIOR))
    formula = (
        'What you did or would do yourself ("I" with a verb that acts, two in a sentence at most, as far as the '
        f'sentence says something), divided by that plus {OTHERS} for each "we", each passive form and each rule for '
        f"anybody, plus {PRIOR}. {_STANDS}"
    )
    if value >= GOOD:
        advice = "Keep saying what you did yourself."
    elif OTHERS * others > own:
        advice = 'Say "I" where it was you: what did you decide, say or make yourself?'
    else:
        advice = "Say more of what you did yourself, with a verb for each step."
    mine = [min(one.own, 2) * says for one, says in zip(who, reading.substance, strict=True)]
    evidence = _at(reading, mine if value >= 50 or not others else _of_others(who))
    return _score("ownership", "Ownership", value, formula, evidence, advice, reading)


def _of_others(who: Sequence[Actors]) -> list[float]:
    return [one.shared + one.nobody - 0.5 * one.own for one in who]


def _detail_to_add(there: set[str]) -> str:
    if "number" not in there:
        return "Put a number to it: how many, how long, how much."
    if "outcome" not in there:
        return "Say what came of it, so that one can check it."
    return "Name who or what it was, and when."


def _at(reading: Reading, worth: Sequence[float]) -> Sentence | None:
    """The first sentence of the highest worth, where that is above 0."""
    at = max(range(len(worth)), key=lambda number: (worth[number], -number), default=None)
    return reading.sentences[at] if at is not None and worth[at] > 0 else None


def _score(
    name: str, title: str, value: int, formula: str, evidence: Sentence | None, advice: str, reading: Reading
) -> Score:
    said = quote(evidence.text) if evidence else ""
    return Score(name, title, value, formula, said, _LITTLE if reading.enough < 0.5 else advice)
