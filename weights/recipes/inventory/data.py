"""Practice questions with the line that each should become, sampled from the patterns of this folder.

A pattern is read from left to right: `(a|b)` is one of these, `{item}` a name, copied into the line, `{items}` one or
two of them, `{at}` nothing or a place ("in bangsar"), `{at!}` surely one, `{past}` nothing or a time that has gone,
`{past!}` surely one, `{future}` likewise, `{day!}` a single day that has gone, `{outlet2}` two outlets, `{now}` a word
for now that changes nothing. `by=`, `rank=`, `mean` and `period=` before the colon are slots of the line. The files
`questions_*` have many ways in each row, `asked_*` whole questions as somebody asked them, with the names left out.
"""

import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from common import toml
from inventory.questions.linking import common_names
from inventory.questions.query import INTENT_OF, NONE, Line
from inventory.questions.words import words_of

HERE = Path(__file__).parent
LANGUAGES = ("en", "ms")
DAYS = ("today", "yesterday", "date", "weekday")  # kinds of a single day that has gone


def _lines(name: str) -> list[str]:
    rows = (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [row for row in map(str.strip, rows) if row]


# Many more names than one business has, so that the model copies and doesn't remember.
ITEMS = {language: common_names()[f"items_{language}"] for language in LANGUAGES}
OUTLETS = common_names()["outlets"]
PHRASES = toml.read(HERE / "phrases.toml")
JOINTS = {"en": "( and | versus | & )", "ms": "( dan | dengan )"}
# Shares of a sample.
MALAY, REFUSED, ASKED, OTHER_TONGUE, TYPO = 0.47, 0.17, 0.5, 0.12, 0.035
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_TOKEN = re.compile(r"\{[a-z0-9]+!?\}|[()|]|[^{}()|]+")


@dataclass(frozen=True)
class Example:
    """A question as the model gets it, and the line that it should write."""

    text: str
    line: Line
    language: str


@dataclass(frozen=True)
class Pattern:
    """A line of the templates."""

    intent: str
    by: str
    rank: str
    mean: bool
    kind: str
    text: str
    language: str
    asked: bool


def patterns() -> list[Pattern]:
    """All patterns of questions that can be answered, then of those that can't."""
    found = []
    for file, language in product(("questions", "asked"), LANGUAGES):
        for row in _lines(f"{file}_{language}"):
            head, text = row.split(": ", 1)
            word, *flags = head.split()
            slots = dict(flag.split("=") for flag in flags if "=" in flag)
            by, rank, kind = (slots.get(name, "").replace("_", " ") for name in ("by", "rank", "period"))
            found.append(Pattern(INTENT_OF[word], by, rank, "mean" in flags, kind, text, language, file == "asked"))
    for language in LANGUAGES:
        found += [Pattern(NONE, "", "", False, "", row, language, False) for row in _lines(f"refused_{language}")]
    return found


class Sampler:
    """Draws examples. The same seed draws the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._groups: dict[tuple[str, str, bool], list[Pattern]] = {}
        for pattern in patterns():
            self._groups.setdefault((pattern.language, pattern.intent, pattern.asked), []).append(pattern)

    def examples(self, count: int) -> list[Example]:
        return [self.example() for _ in range(count)]

    def example(self) -> Example:
        """One example: a language, then an intent, then a pattern of it, so that none is rare for having few."""
        while True:
            language = "ms" if self._random.random() < MALAY else "en"
            refused = self._random.random() < REFUSED
            asked = not refused and self._random.random() < ASKED
            ways = {key: some for key, some in self._groups.items() if key[0] == language and key[2] == asked}
            # Intents with many ways of asking come more often.
            weights = np.array([len(some) ** 0.5 * ((key[1] == NONE) == refused) for key, some in ways.items()])
            pattern = self._pick(list(ways.values())[self._random.choice(len(ways), p=weights / weights.sum())])
            text, slots = _Drawing(self._random, language).of(pattern.text)
            kept = pattern.intent != NONE
            line = Line(
                pattern.intent,
                tuple(slots.get("item", ())) if kept else (),
                tuple(slots.get("outlet", ())) if kept else (),
                slots.get("kind", [pattern.kind])[0] if kept else "",
                pattern.by,
                pattern.rank,
                pattern.mean,
            )
            text = " ".join(words_of(text))
            # What was copied must stand in the question still, else the line could never be written.
            if text and all(f" {value} " in f" {text} " for value in (*line.items, *line.outlets)):
                return Example(text, line, language)

    def _pick(self, choices: list):
        return choices[int(self._random.integers(len(choices)))]


class _Drawing:
    """One question in the making."""

    def __init__(self, random: np.random.Generator, language: str) -> None:
        self._random = random
        self._language = language
        self._slots: dict[str, list[str]] = {}

    def of(self, pattern: str) -> tuple[str, dict[str, list[str]]]:
        """The question and what was filled in."""
        front = ""
        if self._random.random() < 0.12:
            match = re.search(r"\{(past|future)!?\}", pattern)
            if match:
                front = self._period(match[1]).strip() + " "
                pattern = pattern.replace(match[0], "")
        text = front + self._expand(pattern)
        if self._random.random() < 0.12:
            text = self._expand(PHRASES[self._language]["before"]) + text
        if self._random.random() < 0.1:
            text += self._expand(PHRASES[self._language]["after"])
        return text, self._slots

    def _expand(self, pattern: str) -> str:
        tokens = _TOKEN.findall(pattern)
        text, rest = self._sequence(tokens)
        assert not rest, pattern
        return text

    def _sequence(self, tokens: list[str]) -> tuple[str, list[str]]:
        """Expand up to a closing bracket or bar. Choices are drawn before they are filled, so that slots stay true."""
        out = ""
        while tokens and tokens[0] not in ")|":
            token, *tokens = tokens
            if token == "(":
                options, depth, current = [], 1, []
                while depth:
                    token, *tokens = tokens
                    depth += (token == "(") - (token == ")")
                    if depth == 1 and token == "|":
                        options.append(current)
                        current = []
                    elif depth:
                        current.append(token)
                options.append(current)
                out += self._sequence(options[int(self._random.integers(len(options)))])[0]
            elif token.startswith("{"):
                out += self._fill(token[1:-1])
            else:
                out += self._typos(token)
        return out, tokens

    def _fill(self, name: str) -> str:
        sure, name = name.endswith("!"), name.rstrip("!")
        if name == "item":
            return self._name("item")
        if name == "items":
            both = self._random.random() < 0.08
            joint = {"en": " and ", "ms": " dan "}[self._language]
            return self._name("item") + (joint + self._name("item") if both else "")
        if name == "outlet":
            return self._name("outlet")
        if name == "outlet2":
            return self._name("outlet") + self._expand(JOINTS[self._language]) + self._name("outlet")
        if name == "at0":
            name, sure = "at", False
        if name == "at":
            if not sure and self._random.random() < 0.62:
                return ""
            where = self._expand(PHRASES[self._language]["at"].replace("{}", "<>"))
            outlet = self._name("outlet")
            if self._random.random() < 0.04:
                outlet += {"en": " and ", "ms": " dan "}[self._language] + self._name("outlet")
            return f" {where.strip().replace('<>', outlet)}" if "<>" in where else f" {where}{outlet}"
        if name in ("past", "future", "day"):
            return self._period(name) if sure or self._random.random() < 0.62 else ""
        if name == "n":
            return self._pick(PHRASES[self._language]["tops"].split())
        if name == "about":
            return self._expand(PHRASES[self._language]["about"]) if self._random.random() < 0.35 else ""
        if name == "does":
            return self._pick(["does", "do", "did"])
        return self._expand(PHRASES[self._language][name])

    def _period(self, when: str) -> str:
        # People mix: Malay questions with English periods and the other way round.
        language = self._tongue(0.1)
        ways = PHRASES["ahead" if when == "future" else "past"][language]
        kinds = [kind for kind in ways if when != "day" or kind in DAYS]
        weights = np.array([0.4 if kind in ("all", "this year", "last year") else 1.0 for kind in kinds])
        kind = str(self._random.choice(kinds, p=weights / weights.sum()))
        self._slots["kind"] = [kind]
        text = ways[kind]
        filled = {
            "{n}": self._pick(PHRASES[language]["numbers"].split()),
            "{month}": self._pick(PHRASES[language]["months"].split()),
            "{weekday}": self._pick(PHRASES[language]["weekdays"].split()),
            "{date}": self._date(language),
        }
        for name, value in filled.items():
            text = text.replace(name, value)
        return " " + self._expand(text)

    def _date(self, language: str) -> str:
        day, month = int(self._random.integers(1, 29)), int(self._random.integers(1, 13))
        year = self._pick(["2024", "2025", "2026"])
        name = PHRASES[language]["months"].split()[month - 1]
        return self._pick(
            [
                f"{day} {name}",
                f"{name} {day}",
                f"{day} {name} {year}",
                f"{day}/{month}",
                f"{year}-{month:02}-{day:02}",
                f"{day}/{month}/{year}",
                f"the {day}th of {name}" if language == "en" else f"{day} haribulan {month}",
                f"{day}th {name}" if language == "en" else f"{day}hb {name}",
            ]
        )

    def _name(self, kind: str) -> str:
        name = self._pick(ITEMS[self._tongue(OTHER_TONGUE * 2)] if kind == "item" else OUTLETS)
        if kind == "item" and " " not in name and self._random.random() < 0.12:
            # Numbers of a noun vary: "egg", "onion", "chickens".
            name = name[:-1] if name.endswith("s") else name + ("s" if self._language == "en" else "")
        name = " ".join(words_of(self._typos(name)))
        if kind == "item" and self._language == "ms" and self._random.random() < 0.04:
            name += "nya"
        self._slots.setdefault(kind, []).append(name)
        return name

    def _tongue(self, share: float) -> str:
        other = {"en": "ms", "ms": "en"}[self._language]
        return other if self._random.random() < share else self._language

    def _typos(self, text: str) -> str:
        words = text.split(" ")
        for at, word in enumerate(words):
            if len(word) > 3 and word.isalpha() and self._random.random() < TYPO:
                spot = int(self._random.integers(1, len(word) - 1))
                kind = int(self._random.integers(4))
                letter = _ALPHABET[int(self._random.integers(26))]
                words[at] = (
                    word[:spot] + word[spot + 1] + word[spot] + word[spot + 2 :],
                    word[:spot] + word[spot + 1 :],
                    word[:spot] + word[spot] + word[spot:],
                    word[:spot] + letter + word[spot + 1 :],
                )[kind]
        return " ".join(words)

    def _pick(self, choices):
        return choices[int(self._random.integers(len(choices)))]
