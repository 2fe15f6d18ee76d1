"""The words of the feedback without a language model: 80 to 160 words from the facts, the same for the same facts.

The sentences are chosen by the content, so that two answers don't read alike.
"""

import hashlib
import random

from coach.claims import LEAST, MOST
from coach.directions import directions
from coach.facts import Facts, brief

# By whether the strongest score is high: {title}, {value}.
_BEST = {
    True: (
        "Your strongest point is {title}, at {value} of 100",
        "What works best in your answer is {title}, with {value} of 100",
        "You do best in {title}, where you reach {value} of 100",
    ),
    False: (
        "Your best point so far is {title}, at {value} of 100",
        "So far you do best in {title}, with {value} of 100",
    ),
}
_BEST_QUOTE = (': "{quote}" shows it.', ', for instance where you say "{quote}".', ', as in "{quote}".')
_CHANGE = {
    False: (
        "The one thing to change is {title}, at {value} of 100.",
        "Change one thing first: {title}, which is at {value} of 100.",
        "What holds your answer back most is {title}, at {value} of 100.",
    ),
    True: (
        "What can still gain is {title}, at {value} of 100.",
        "If you polish one thing, let it be {title}, at {value} of 100.",
    ),
}
_CHANGE_QUOTE = ('You say "{quote}".', 'Look again at "{quote}".', 'This is where it shows: "{quote}".')
_ONLY = "The one thing to change is in the same place."
_VOICE = ("As for the way you speak, your {told}.", "In the recording your {told}.")
_MEASURED = "In the recording your {measured}."
_MISSED = ("You did not get to this: {points}.", "Still missing in your answer: {points}.")
_COVERED = "Of the key points you told {covered} of {every}."
_OVERALL = "Overall the answer comes to {value} of 100."
_NEXT = (
    "Practise next: record the same answer again with only that change, and compare.",
    "As a next step, answer the same question once more with this single change, then listen to both.",
    "Next, say the answer again aloud, keep what works, and put all your care into that one change.",
)
_MORE = (
    "Write the changed sentence down first and say it a few times by heart, until it comes without effort.",
    "Do not learn the whole answer word for word; remember the order of its parts and let the words come.",
    "When that sits well, try the same change on another question, so that it becomes a habit and not a line.",
    "It helps to tell the story to somebody who was not there, and to ask what they would still like to know.",
)
HIGH, FAIR = 70, 80  # from here on the best score is called strong, and the lowest is no fault


def by_rules(facts: Facts) -> str:
    """The feedback in one paragraph: what is strongest, the one thing to change with its quote, what to practise."""
    rng = _random(facts)
    best, weak = facts.strongest, facts.weakest
    start = rng.choice(_BEST[best.value >= HIGH]).format(title=best.title.lower(), value=best.value)
    quote = facts.quote(best)
    must = [start + (rng.choice(_BEST_QUOTE).format(quote=quote) if quote else ".")]
    if weak is best:
        must.append(_ONLY)
    else:
        must.append(rng.choice(_CHANGE[weak.value >= FAIR]).format(title=weak.title.lower(), value=weak.value))
        if quote := facts.quote(weak):
            must.append(rng.choice(_CHANGE_QUOTE).format(quote=quote))
    if weak.advice:
        must.append(brief(weak.advice))
    end = rng.choice(_NEXT)
    for sentence in (*_voice(facts, rng), *_points(facts, rng), _OVERALL.format(value=facts.overall)):
        if len(" ".join([*must, sentence, end]).split()) <= MOST:
            must.append(sentence)
    return lengthened(" ".join([*must, end]), facts)


def lengthened(text: str, facts: Facts) -> str:
    """The text, and behind it as many sentences on how to practise as are missing to 80 words; they tell no facts."""
    more = list(_MORE)
    _random(facts).shuffle(more)
    while len(text.split()) < LEAST and more:
        text = f"{text} {more.pop()}"
    return text


def _random(facts: Facts) -> random.Random:
    # A digest of our own, and not `hash`, which differs from process to process.
    return random.Random(hashlib.sha256(repr((facts, facts.answer)).encode()).digest())


def _voice(facts: Facts, rng: random.Random) -> list[str]:
    """What was found in the voice; without the advice where that of the weakest score says it already."""
    said = directions(facts.weakest.advice).keys()
    told = []
    for found in facts.voice:
        sentence = _MEASURED if said & directions(found.told).keys() else rng.choice(_VOICE)
        told.append(sentence.format(told=found.told, measured=found.measured))
    return told


def _points(facts: Facts, rng: random.Random) -> list[str]:
    """What of the key points was told, and what was not."""
    every = len(facts.covered) + len(facts.missed)
    told = [_COVERED.format(covered=len(facts.covered), every=every)] if every else []
    return [*told, rng.choice(_MISSED).format(points="; ".join(facts.missing))] if facts.missing else told
