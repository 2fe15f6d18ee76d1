"""The report of a session as Markdown and as JSON; `coach.pdf` has the PDF, `coach.contents` what stands in it."""

import json
import re
from collections.abc import Iterable

from coach.contents import STRONG, Block, Grid, Heading, Listing, Report, Run, Text, blocks
from coach.records import decode, plain
from common.errors import UserError

__all__ = ["FORMAT", "VERSION", "Report", "escape", "from_json", "markdown", "to_json"]

FORMAT, VERSION = "coach-session", 1
_ALWAYS = re.compile(r"[\\`*_\[\]>|~#$]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_AT_START = re.compile(r"^(?:[-+=:]|\d{1,9}(?=[.)](?:\s|$)))")


def markdown(report: Report) -> str:
    """The report as Markdown: CommonMark with GitHub's tables. What people said and models wrote is escaped, so that
    none of it is read as Markdown or HTML."""
    return "\n\n".join(map(_markdown, blocks(report))) + "\n"


def escape(text: str) -> str:
    """A text as one line of Markdown that reads as the text, white space drawn together."""
    line = _escaped(text).strip()
    return _AT_START.sub(_quoted_start, line)


def to_json(report: Report) -> str:
    """The report as JSON, from which `from_json` makes the same report; numbers that are none become null."""
    return json.dumps({"format": FORMAT, "version": VERSION, **plain(report)}, ensure_ascii=False) + "\n"


def from_json(text: str) -> Report:
    """The report that JSON holds. Raises UserError for what is no such JSON or of another version."""
    try:
        values = json.loads(text)
        if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
            raise ValueError(f"its format is not {FORMAT!r}")
        if (version := values.pop("version", None)) != VERSION:
            raise ValueError(f"its version is {version!r:.20}, and {VERSION} is known")
        return decode(Report, values)
    except (ValueError, RecursionError) as error:
        raise UserError(f"This is no session that was exported here: {error}. Choose another JSON file.") from error


def _markdown(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {escape(text)}"
        case Text(line, quoted):
            return f"{'> ' if quoted else ''}{_line(line)}"
        case Listing(items, numbered):
            return "\n".join(f"{f'{at}.' if numbered else '-'} {_line(item)}" for at, item in enumerate(items, 1))
        case Grid(header, rows):
            return "\n".join([_row(header), _row("---" for _ in header), *(_row(map(escape, row)) for row in rows)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _line(runs: Iterable[Run]) -> str:
    line = "".join(_strong(run.text) if run.style == STRONG else _escaped(run.text) for run in runs)
    return _AT_START.sub(_quoted_start, line.strip())


def _strong(text: str) -> str:
    """A bold text; CommonMark reads the asterisks only where no space stands inside them."""
    escaped = _escaped(text)
    inner = escaped.strip()
    return escaped.replace(inner, f"**{inner}**") if inner else escaped


def _escaped(text: str) -> str:
    """In the middle of a line. Ends keep a space where they had one."""
    line = _CONTROL.sub("", re.sub(r"\s+", " ", text))
    return _ALWAYS.sub(r"\\\g<0>", line).replace("&", "&amp;").replace("<", "&lt;")


def _quoted_start(match: re.Match) -> str:
    """A mark of a list or heading at the begin of a line, after digits or without them, with a backslash."""
    return match.group() + "\\" if match.group()[0].isdigit() else "\\" + match.group()
