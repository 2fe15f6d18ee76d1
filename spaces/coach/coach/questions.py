"""Interview questions: what one is, what makes it valid, and the bank that comes with the system.

The bank is in data/questions/*.jsonl, a question a line, written for this project.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from common.errors import UserError

FOLDER = Path(__file__).parent / "data" / "questions"
ANY = "any"  # the role of a question that suits everybody
# By the name that data bear, the one that people read.
ROLES = {
    "software_engineer": "software engineer", "data_analyst": "data analyst", "product_manager": "product manager",
    "designer": "designer", "project_manager": "project manager", "sales": "sales",
    "customer_support": "customer support", "nurse": "nurse", "teacher": "teacher",
    "hospitality_manager": "hospitality manager", ANY: "any role",
}  # fmt: skip
CATEGORIES = ("behavioural", "technical", "situational", "motivation", "leadership", "culture")
LEVELS = {1: "easy", 2: "medium", 3: "hard"}
SHORTEST, LONGEST = 10, 500  # characters of a question
LISTS = {"key_points": (12, 200), "follow_ups": (6, 300)}  # most entries, and characters of each
KEYS = ("role", "category", "difficulty", "text", *LISTS)

_SPELLINGS = {"behavioral": "behavioural", "all": ANY, "any_role": ANY}
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")
# A list in a text file begins its lines with these. In a cell of a table "-" and "+" may also begin a formula, so that
# nothing is left of one when they are taken away.
_BULLETS = re.compile(r"^[-+*\N{BULLET}\N{EN DASH}\N{EM DASH}\s]+")
_FORMULA = ("=", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH COMMERCIAL AT}")


@dataclass(frozen=True)
class Question:
    """A question of an interview.

    id: unique; role: of ROLES; category: of CATEGORIES; difficulty: 1 (easy) to 3 (hard)
    key_points: short clauses, what a good answer contains; follow_ups: what may be asked next
    own: whether a person brought it
    """

    id: str
    role: str
    category: str
    difficulty: int
    text: str
    key_points: tuple[str, ...]
    follow_ups: tuple[str, ...]
    own: bool = False

    def fits(self, role: str | None = None, category: str | None = None, difficulty: int | None = None) -> bool:
        """Whether it is what is wished for, None for all; a question for any role fits every role."""
        return (
            (role is None or self.role in (role, ANY))
            and category in (None, self.category)
            and difficulty in (None, self.difficulty)
        )


def built_in() -> Mapping[str, Question]:
    """The questions of the bank by id, in the order of the files. Raises ValueError where the bank is not in order."""
    return _bank(FOLDER)


@lru_cache(maxsize=1)
def _bank(folder: Path) -> Mapping[str, Question]:
    return MappingProxyType({question.id: question for question in read(folder)})


def read(folder: Path) -> tuple[Question, ...]:
    """The questions of a folder's *.jsonl files.

    Raises ValueError, with file and line, for what is no valid question, an id or a text that was there before, less
    than four or more than six key points, and less than two or more than three follow-ups.
    """
    found: dict[str, Question] = {}
    texts: dict[str, str] = {}
    for file in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            place = f"{file.name}, line {number}"
            try:
                question = _of_bank(json.loads(line))
            except (ValueError, UserError) as error:
                raise ValueError(f"{place}: {error}") from error
            if question.id in found or folded(question.text) in texts:
                raise ValueError(f"{place}: {question.id!r} or its text is there twice")
            found[question.id] = question
            texts[folded(question.text)] = question.id
    if not found:
        raise ValueError(f"there are no questions in {str(folder)!r}")
    return tuple(found.values())


def make(entry: Mapping[str, Any], name: str | None = None) -> Question:
    """A question from its fields, each checked and brought on one line.

    entry: has the KEYS; role and category may be written as people do ("Software Engineer", "behavioral"), difficulty
        as a number or a word of LEVELS; key_points and follow_ups are lists and may be missing
    name: its id; None for a person's own question, whose id is made from its role and text, so that the same question
        has the same id again
    Raises UserError for the first thing that is wrong, with the value.
    """
    text = _line("text", entry.get("text"), LONGEST)
    if len(text) < SHORTEST or len(text.split()) < 2:
        raise UserError(f"The text is {text!r}, which is too short for a question. Write it out.")
    role = _one_of("role", entry.get("role"), ROLES)
    category = _one_of("category", entry.get("category"), CATEGORIES)
    difficulty = _difficulty(entry.get("difficulty"))
    lists = {key: _lines(key, entry.get(key), *LISTS[key]) for key in LISTS}
    own = name is None
    if own:
        name = "own-" + hashlib.sha256(f"{role}\0{folded(text)}".encode()).hexdigest()[:12]
    return Question(name, role, category, difficulty, text, **lists, own=own)


def check_wished(role: str | None, category: str | None, difficulty: int | None) -> None:
    """Raise UserError where one of these, None for all, is not known."""
    for name, value, known in (
        ("role", role, ROLES),
        ("category", category, CATEGORIES),
        ("difficulty", difficulty, LEVELS),
    ):
        if value is not None and value not in known:
            raise UserError(f"There is no {name} {quoted(value)}. Use one of {', '.join(map(str, known))}.")


def folded(text: str) -> str:
    """A text without what does not make it another question: case, punctuation, white space."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def quoted(value: Any) -> str:
    """A value as a message quotes it, cut where it is long."""
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"


def _of_bank(entry: Mapping[str, Any]) -> Question:
    if not isinstance(entry, dict) or set(entry) != {"id", *KEYS}:
        raise ValueError(f"the keys have to be id, {', '.join(KEYS)}")
    if not isinstance(entry["id"], str) or not _ID.fullmatch(entry["id"]) or entry["id"].startswith("own-"):
        raise ValueError(f"{entry['id']!r} is no id")
    question = make(entry, entry["id"])
    if not 4 <= len(question.key_points) <= 6 or not 2 <= len(question.follow_ups) <= 3:
        raise ValueError("a question of the bank has four to six key points and two or three follow-ups")
    return question


def _line(name: str, value: Any, longest: int) -> str:
    """A value as one line of printable text."""
    if not isinstance(value, str):
        raise UserError(f"The {name} is {quoted(value)}: give it as text.")
    printable = "".join(letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", value))
    text = _BULLETS.sub("", " ".join(printable.split()))
    if len(text) > longest:
        raise UserError(f"The {name} has {len(text):,} characters, at most {longest} are kept: {quoted(text)}.")
    if text.startswith(_FORMULA):
        raise UserError(f"The {name} is {quoted(text)}, a formula of a spreadsheet. Write the words themselves.")
    return text


def _lines(name: str, values: Any, most: int, longest: int) -> tuple[str, ...]:
    words = name.replace("_", " ").removesuffix("s")
    if values is None:
        return ()
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise UserError(f"The {words}s are {quoted(values)}: give them as a list.")
    texts = tuple(text for text in (_line(words, value, longest) for value in values) if text)
    if len(texts) > most:
        raise UserError(f"There are {len(texts)} {words}s; at most {most} are kept.")
    return texts


def _one_of(name: str, value: Any, known: Sequence[str] | Mapping[str, str]) -> str:
    """The known name that is meant, whatever its case and the signs between its words."""
    key = re.sub(r"[\s_-]+", "_", value.strip().lower()) if isinstance(value, str) else ""
    key = _SPELLINGS.get(key, key)
    if key in known:
        return key
    near = get_close_matches(key, known, 1, 0.7)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UserError(f"There is no {name} {quoted(value)}.{hint} Use one of {', '.join(known)}.")


def _difficulty(value: Any) -> int:
    key = value.strip().lower() if isinstance(value, str) else value
    for level, word in LEVELS.items():
        if key in (word, str(level)) or (isinstance(key, int | float) and not isinstance(key, bool) and key == level):
            return level
    known = " or ".join(f"{level} ({word})" for level, word in LEVELS.items())
    raise UserError(f"There is no difficulty {quoted(value)}. Use {known}.")
