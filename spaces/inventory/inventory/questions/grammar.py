"""What may be written as the line of a question, token after token (constrained decoding).

After the intent the slots come in a fixed order, each value one of a known few: kinds of periods, or words copied from
the question. A line that was written so is always read by `query.line_of`. Where only one token can follow, no model
needs to be asked.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from inventory.questions.query import BY, INTENT_OF, NONE, RANKS

MOST_NAMES = 3  # items, and outlets, of a question
_SLOTS = ("Item", "Place", "Period", "By", "Rank", "Mean")
# Intents of which a time may be in the question and not in the line: "what must I order for friday".
_TIMELESS = ("cover", "to_order", "price", "items", "outlets", NONE)


@dataclass(frozen=True)
class Allowed:
    """The values of one question.

    items, outlets: words that may be copied
    sure_items, sure_outlets: of each name that surely is in the question, the ways of copying it; all are written
    kinds: of the times in the question; where there are any a period is written, unless the intent has none
    """

    items: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    sure_items: tuple[tuple[str, ...], ...] = ()
    sure_outlets: tuple[tuple[str, ...], ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass
class _Node:
    """A place in a tree of token sequences; `value` where a sequence ends."""

    after: dict[int, "_Node"] = field(default_factory=dict)
    value: str | None = None


class Grammar:
    """Walks through one line. `choices()` are the tokens that may follow, `take(token)` goes on.

    encode: the tokens of words with a space before them; end: the token that ends a line
    """

    def __init__(self, allowed: Allowed, encode: Callable[[str], Sequence[int]], end: int) -> None:
        self._allowed = allowed
        self._encode = encode
        self._end = end
        self._slot = ""  # the one whose value is being written; "" is the intent
        self._written: list[tuple[str, str]] = []
        self._tree = self._node = self._tree_of(INTENT_OF)
        self.done = False

    @property
    def text(self) -> str:
        """The line so far, of whole values."""
        return " ".join(f"{slot} {value}".strip() for slot, value in self._written)

    def choices(self) -> tuple[int, ...]:
        """Tokens that may come next. Raises ValueError after the end."""
        if self.done:
            raise ValueError("the line has ended")
        return tuple(dict.fromkeys([*self._node.after, *(self._onward() if self._node.value is not None else ())]))

    def take(self, token: int) -> None:
        """Write a token of `choices()`. Raises ValueError for another."""
        if self.done or token not in self.choices():
            raise ValueError(f"token {token} can't follow {self.text!r}")
        if token in self._node.after:
            self._node = self._node.after[token]
        else:
            self._close()
            if token == self._end:
                self.done = True
                return
            self._node = self._tree_of(self._next_slots()).after[token]
        if self._node.value in _SLOTS and not self._node.after:
            self._open(self._node.value)

    def _onward(self) -> Iterator[int]:
        """Tokens that may come after the value that ends here."""
        written = [*self._written, (self._slot, self._node.value)]
        must = self._missing(written)
        for slot in [must] if must else self._free_slots(written):
            yield self._encode(slot)[0]
        if not must and not self._period_due(written):
            yield self._end

    def _close(self) -> None:
        self._written.append((self._slot, self._node.value))

    def _open(self, slot: str) -> None:
        """Begin the value of a slot; "Mean" has none."""
        if slot == "Mean":
            self._slot, self._node = "Mean", _Node(value="")
        else:
            self._slot, self._node = slot, self._tree_of(self._values(slot))

    def _next_slots(self) -> list[str]:
        must = self._missing(self._written)
        return [must] if must else self._free_slots(self._written)

    def _sure(self, slot: str) -> tuple[tuple[str, ...], ...]:
        return {"Item": self._allowed.sure_items, "Place": self._allowed.sure_outlets}.get(slot, ())

    def _missing(self, written: list[tuple[str, str]]) -> str:
        """The slot that must come now, because a name that surely is in the question isn't written yet."""
        if written[0][1] == NONE:
            return ""
        for slot in ("Item", "Place"):
            if len(self._left(slot, written)) and not self._passed(slot, written):
                return slot
        return ""

    def _left(self, slot: str, written: list[tuple[str, str]]) -> list[tuple[str, ...]]:
        values = {value for name, value in written if name == slot}
        return [ways for ways in self._sure(slot) if not values & set(ways)]

    def _passed(self, slot: str, written: list[tuple[str, str]]) -> bool:
        """Whether a later slot has been written, or as many names as a line may have."""
        place = _SLOTS.index(slot)
        later = any(name and _SLOTS.index(name) > place for name, _ in written)
        return later or sum(name == slot for name, _ in written) >= MOST_NAMES

    def _period_due(self, written: list[tuple[str, str]]) -> bool:
        """Whether the line has to name a period and doesn't yet."""
        timed = self._allowed.kinds and INTENT_OF[written[0][1]] not in _TIMELESS
        return bool(timed) and all(name != "Period" for name, _ in written)

    def _free_slots(self, written: list[tuple[str, str]]) -> list[str]:
        if written[0][1] == NONE:
            return []
        free = []
        for slot in _SLOTS[:3] if self._period_due(written) else _SLOTS:
            again = slot in ("Item", "Place") or all(name != slot for name, _ in written)
            if again and not self._passed(slot, written) and (slot == "Mean" or self._values_after(slot, written)):
                free.append(slot)
        return free

    def _values(self, slot: str) -> list[str]:
        return self._values_after(slot, self._written)

    def _values_after(self, slot: str, written: list[tuple[str, str]]) -> list[str]:
        fixed = {"Period": self._allowed.kinds, "By": BY, "Rank": RANKS}
        if slot in fixed:
            return list(fixed[slot])
        left = self._left(slot, written)
        if left:
            return list(left[0])
        taken = {value for _, value in written}
        values = self._allowed.items if slot == "Item" else self._allowed.outlets
        return [value for value in values if value not in taken]

    def _tree_of(self, values) -> _Node:
        root = _Node()
        for value in values:
            node = root
            for token in self._encode(value):
                node = node.after.setdefault(token, _Node())
            node.value = value
        return root
