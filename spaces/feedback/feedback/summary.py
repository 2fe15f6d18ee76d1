"""What the page shows, in words and rows: results, the queue, a training, versions, how it has been doing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from feedback.batch import Summary
from feedback.files import Source

KINDS = {
    "email": "e-mail address",
    "iban": "IBAN",
    "card": "card number",
    "ip": "IP address",
    "phone": "phone number",
    "name": "name",
}
SHOWN = 200  # characters of a text in a table
# Columns of the tables, with their widths in pixels.
ROW_HEADS = {"line": 60, "text": 340, "label": 130, "confidence": 105, "look?": 70}
BAD_HEADS = {"line": 60, "why it could not be read": 640}
VERSION_HEADS = {"id": 180, "base": 160, "made": 170, "texts": 90, "corrections": 120, "macro F1": 110, "accuracy": 110,
                 "calibration error": 130, "answers": 100}  # fmt: skip
RESULT_HEADS = {"classifier": 180, "macro F1": 120, "from": 110, "to": 110, "accuracy": 120, "calibration error": 180,
                "ms a text": 120, "texts/s": 120, "MB": 100}  # fmt: skip
HISTORY_HEADS = {
    "id": 70,
    "when (UTC)": 170,
    "text": 430,
    "label": 150,
    "confidence": 110,
    "state": 110,
    "version": 130,
}
LABEL_HEADS = {"label": 160, "what a text of this kind says": 810, "written": 110, "given": 90}

GUIDE = """**What the text is will appear here.**

1. Paste what a customer wrote, or click an example. Any length will do.
2. Press **Sort it**: you see what it is, how sure that is, and, where a text says several things, which part says what.
3. Say whether that is right. The next training learns what you correct.

Texts stay on the computer that runs this page. Addresses, numbers and names are taken out before a text is kept.
"""
COST = "As bad as having to read so many texts yourself. The higher, the more often it asks you to look."
STOPPED = "Stopped. What was sorted so far is in the results below; “Sort the file” goes on from there."
BASES = [
    ("MiniLM: small, comes along", "minilm"),
    ("BERT base (from the Hub)", "bert-base-cased"),
    ("DistilBERT for many languages (from the Hub)", "distilbert-base-multilingual-cased"),
]
ORDERS = [("Least sure first", "confidence"), ("Oldest first", "oldest")]

Titles = Mapping[str, str]  # of labels, by id


def title(label: str, titles: Titles) -> str:
    """What people read for a label; of one that is gone its id."""
    return titles.get(label, label)


def result(found: Mapping[str, Any], titles: Titles) -> str:
    """A result of `Desk.classify`: whether somebody should look and why, what else it says, how it came about."""
    lines = []
    if found["unsure"]:
        next_step = "It waits in the review." if found["id"] else "It was not kept, so nobody will be asked."
        lines.append(f"**Not sure: a person should look.** {found['why']} {next_step}")
    else:
        lines.append("**Sure enough** to be left without a look.")
    if found["also"]:
        lines.append(f"It also says something else: **{_listed([title(one, titles) for one in found['also']])}**.")
    if found["masked"]:
        counts = Counter(KINDS[kind] for kind in found["masked"])
        lines.append(f"Kept without {_listed([f'{n} {kind}{_s(n)}' for kind, n in counts.items()])}.")
    pieces = f" · read in {found['pieces']} pieces" if found["pieces"] > 1 else ""
    language = f" · language {found['language']}" if found["language"] else ""
    kept = f"kept as number {found['id']}" if found["id"] else "nothing of it was kept"
    lines.append(f"{found['seconds'] * 1000:.0f} ms · model {found['version']}{language}{pieces} · {kept}")
    return "\n\n".join(lines)


def marked(text: str, parts: Sequence[Mapping[str, Any]], values: Sequence[Any], start: int = 0) -> list[tuple]:
    """A text cut into (piece, value), value None between the parts; parts: with start and end, in order."""
    pieces: list[tuple] = []
    end = parts[-1]["end"] if parts else start
    for part, value in zip(parts, values, strict=True):
        if part["start"] > start:
            pieces.append((text[start : part["start"]], None))
        pieces.append((text[part["start"] : part["end"]], value))
        start = part["end"]
    return [*pieces, (text[end:], None)] if text[end:] else pieces


def weighed(text: str, found: Mapping[str, Any]) -> list[tuple]:
    """The words of a text by how much they speak for the label, 1 for the strongest, negative against it."""
    strongest = max((abs(word["effect"]) for word in found["words"]), default=0) or 1
    text = text[: found["end"]] + (" …" if found["end"] < len(text) else "")
    return marked(
        text, found["words"], [round(word["effect"] / strongest, 2) for word in found["words"]], found["start"]
    )


def source(found: Source) -> str:
    """What a file is, before it is sorted."""
    of = f" in {len(found.columns)} columns" if len(found.columns) > 1 else ""
    return " ".join([f"**{found.rows:,} row{_s(found.rows)}**{of}.", *found.notes])


def file_progress(done: Summary) -> str:
    """How far a file is, or that it is done."""
    told = [f"**{done.done:,} of {done.rows:,} rows** ({done.done / max(1, done.rows):.0%})"]
    told += [f"{done.unsure:,} unsure", f"{done.bad:,} not read", f"{done.masked:,} with personal data taken out"]
    left = (done.rows - done.done) / done.rate if done.rate else 0
    told += [f"{done.rate:,.0f} a second"] if done.rate else []
    told += [f"about {left:,.0f} s left"] if left >= 1 else []
    return " · ".join(told)


def file_labels(done: Summary, titles: Titles) -> dict[str, float]:
    """The share of each label among the rows that were read."""
    total = sum(done.labels.values()) or 1
    return {title(label, titles): count / total for label, count in done.labels.items()}


def file_rows(rows: Sequence[Mapping[str, Any]], titles: Titles) -> list[list]:
    """Rows of a result in a table, see ROW_HEADS."""
    return [
        [
            one["line"],
            _short(one["text"]),
            title(one["label"], titles),
            one["confidence"],
            "yes" if one["unsure"] else "",
        ]
        for one in rows
        if "label" in one
    ]


def queue(found: Mapping[str, Any]) -> str:
    """How many wait, and how the reviews went so far."""
    agreement, total = found["agreement"], found["total"]
    waits = (
        f"**{total:,} text{_s(total)} wait{'' if total > 1 else 's'} for a decision.**"
        if total
        else "**Nothing waits.**"
    )
    if not agreement["decided"]:
        return f"{waits} Nothing has been decided yet."
    return (
        f"{waits} {agreement['decided']:,} decided so far, of which {agreement['confirmed']:,} had been sorted right: "
        f"{agreement['share']:.0%} ({agreement['low']:.0%} to {agreement['high']:.0%})."
    )


def decision(done: Mapping[str, Any], titles: Titles) -> str:
    """What came of a decision."""
    if done["label"] is None:
        return f"Number {done['id']} was taken out of the queue. Nothing is learned from it."
    second = f" and {title(done['second'], titles)}" if done["second"] else ""
    word = "Confirmed" if done["review"] == "confirmed" else "Corrected"
    trains = "The next training learns from it." if done["trains"] else "Its text was not kept, so it can't train."
    return f"{word}: number {done['id']} is **{title(done['label'], titles)}{second}**. {trains}"


def training(status: Mapping[str, Any]) -> str:
    """How a training stands, with macro F1 after each epoch."""
    lines = [
        f"**{status['state'].capitalize()}.** {status['message']}" if status["state"] != "none" else status["message"]
    ]
    if status["state"] == "running" and status["steps"]:
        loss = f", loss {status['loss']:.3f}" if status["loss"] is not None else ""
        lines.append(
            f"Step {status['step']:,} of at most {status['steps']:,} ({status['share']:.0%}){loss}, "
            f"{status['seconds']:.0f} s so far."
        )
    if status["epochs"]:
        lines.append("| epoch | macro F1, validation | loss, validation |\n|---|---|---|")
        rows = [f"| {one['epoch']:g} | {one['macro_f1']:.3f} | {one['loss']:.3f} |" for one in status["epochs"]]
        lines[-1] = "\n".join([lines[-1], *rows])
    return "\n\n".join(lines)


def promoted(found: Mapping[str, Any]) -> str:
    """What a promotion changes."""
    return (
        f"**{found['version']}** answers now instead of {found['instead_of']}: macro F1 {found['before']:.3f} before, "
        f"{found['after']:.3f} after, on the same {found['texts']} test texts."
    )


def version_rows(versions: Sequence[Mapping[str, Any]]) -> list[list]:
    """Versions in a table, see VERSION_HEADS."""
    return [
        [
            one["id"],
            one["base"],
            one["created"][:16].replace("T", " "),
            one["rows"].get("train"),
            one["corrections"],
            one["macro_f1"],
            one["accuracy"],
            one["calibration_error"],
            "yes" if one["active"] else "",
        ]
        for one in versions
    ]


def result_rows(found: Mapping[str, Any]) -> list[list]:
    """Compared classifiers in a table, see RESULT_HEADS."""
    return [
        [
            one["name"],
            one["macro_f1"],
            *one["macro_f1_interval"],
            one["accuracy"],
            one["calibration_error"],
            one["latency_ms"]["median"],
            round(one["texts_per_second"]),
            one["megabytes"],
        ]
        for one in found["results"]
    ]


def differences(found: Mapping[str, Any]) -> str:
    """By how much the last classifier differs from each other one, and whether chance can do that."""
    name, lines = found["results"][-1]["name"], []
    for other, one in found["differences"].items():
        clear = "clearly so" if one["low"] > 0 or one["high"] < 0 else "which chance can do"
        lines.append(f"- {one['difference']:+.3f} against {other} ({one['low']:+.3f} to {one['high']:+.3f}: {clear})")
    head = f"Macro F1 of **{name}** on {found['texts']} test texts, with 95 % intervals from the same texts:"
    return "\n".join([head, "", *lines]) if lines else ""


def history_rows(items: Sequence[Mapping[str, Any]], titles: Titles) -> list[list]:
    """Stored predictions in a table, see HISTORY_HEADS."""
    return [
        [
            one["id"],
            one["created"][:16].replace("T", " "),
            "(not kept)" if one["text"] is None else _short(one["text"]),
            title(one["decided"] or one["label"], titles),
            one["confidence"],
            one["review"] or "",
            one["version"],
        ]
        for one in items
    ]


def label_rows(labels: Sequence[Mapping[str, Any]]) -> list[list]:
    """Labels in a table, see LABEL_HEADS."""
    return [[one["title"], one["description"], one["written"], one["given"]] for one in labels]


def watch(stats: Mapping[str, Any], drift: Mapping[str, Any]) -> str:
    """The figures of the page that watches, or that there is nothing yet."""
    if not stats["texts"]:
        return "**Nothing yet.** Sort some texts, and how they were sorted will be seen here."
    latency, review = stats["latency"], stats["review"]
    rows = [
        ("Texts", f"{stats['texts']:,}, from {_day(stats['first'])} to {_day(stats['last'])}"),
        ("Mean confidence", _share(stats["confidence"]) + _expected(drift["expected_confidence"])),
        ("Unsure", _share(stats["unsure"]) + _expected(drift["expected_unsure"])),
        ("Waiting for review", f"{review['waiting']:,}"),
        ("Sorted right, of those reviewed", _share(review["share"]) if review["decided"] else "none reviewed yet"),
        ("Time of an answer", ", ".join(f"{name} {value * 1000:.1f} ms" for name, value in latency.items()) or "none"),
        ("Unlike the training texts", _limited(drift, "far", ".0%")),
        ("Shift of the mix of labels (PSI)", _limited(drift, "psi", ".2f")),
    ]
    return "\n".join(f"- **{name}**: {value}" for name, value in rows)


def alert(drift: Mapping[str, Any]) -> str:
    """The line above the figures."""
    return f"### ⚠️ Look at this\n{drift['line']}" if drift["alerts"] else drift["line"]


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.0%}"


def _expected(value: float | None) -> str:
    return "" if value is None else f" (held-out texts: {value:.0%})"


def _limited(drift: Mapping[str, Any], name: str, form: str) -> str:
    value, limit = drift[name], drift[f"{name}_limit"]
    return "none" if value is None else f"{value:{form}}, limit {limit:{form}}"


def _day(time: str | None) -> str:
    return (time or "")[:16].replace("T", " ")


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
