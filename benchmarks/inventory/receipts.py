"""How well receipts are read: `python -m benchmarks.inventory.receipts [--methods …] [--data DIR] [--json PATH]`.

On the scans of the folder `receipts/sroie` of the data (Huang et al. 2019, "ICDAR2019 competition on scanned receipt
OCR and information extraction"), each with its company, date and total, and the text of its lines in boxes.

A field counts where it is exactly the labelled one, after this and nothing else: company in upper case, spaces at the
ends taken off and several made one; date as a day of the calendar, the labelled one read day first; total as a number,
without its currency. "company, letters" leaves out spaces and marks too: it says how much of the rest is spacing.
CER: edits that turn the lines as read into the labelled ones, both from top to bottom and left to right, in upper case
and without spaces, for each labelled letter.

The baseline is plain Tesseract (`--psm 6`) with regular expressions that were written once and not tuned. "Tesseract"
is Tesseract alone with the rules of the project; "RapidOCR" the project without its second engine.
"""

import argparse
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from benchmarks.options import machine, options
from common import ocr
from inventory.receipts.ocr import by_tesseract, read_page
from inventory.receipts.reading import scan
from inventory.receipts.rows import rows_of

METHODS = ("project", "RapidOCR", "Tesseract", "baseline")
FIELDS = ("company", "company, letters", "date", "total")
TARGETS = {"company": 0.75, "date": 0.90, "total": 0.90}
SLOWEST = 3.0  # seconds a page


@dataclass(frozen=True)
class Answer:
    company: str
    date: date | None
    total: float | None
    text: str


def plain(path: Path) -> Answer:
    """Plain Tesseract and regular expressions."""
    import pytesseract
    from PIL import Image

    with Image.open(path) as image:
        text = pytesseract.image_to_string(image, config="--psm 6")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    company = next((line for line in lines if sum(map(str.isalpha, line)) >= 4), "")
    day = re.search(r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})\b", text)
    totals = re.findall(r"(?im)^(?!.*sub).*total.*?(\d+)[.,]\s?(\d{2})\b", text)
    total = float(".".join(totals[-1])) if totals else None
    return Answer(re.sub(r"\(.*", "", company), _day(day[0]) if day else None, total, text)


def _day(text: str) -> date | None:
    """A labelled day: the forms that the labels have."""
    for form in ("%d/%m/%Y", "%d/%m/%y", "%Y/%m/%d", "%d %b %Y", "%d %b %y", "%d %B %Y"):
        try:
            return datetime.strptime(re.sub(r"[-.]", "/", text.strip()), form).date()
        except ValueError:
            continue
    return None


def by(read: Callable) -> Callable[[Path], Answer]:
    def answer(path: Path) -> Answer:
        found = scan(path, read)
        return Answer(found.company, found.date, found.total, found.text)

    return answer


ANSWERS: dict[str, Callable[[Path], Answer]] = {
    "project": by(read_page),
    "RapidOCR": by(lambda rgb, page: read_page(rgb, page, second=False)),
    "Tesseract": by(by_tesseract),
    "baseline": plain,
}


def right(answer: Answer, label: dict) -> dict[str, bool]:
    company = " ".join(answer.company.upper().split())
    wanted = " ".join(label["company"].upper().split())
    amount = float(re.sub(r"[^\d.]", "", label["total"]))
    return {
        "company": company == wanted,
        "company, letters": re.sub(r"\W", "", company) == re.sub(r"\W", "", wanted),
        "date": answer.date is not None and answer.date == _day(label["date"]),
        "total": answer.total is not None and round(answer.total * 100) == round(amount * 100),
    }


def labelled_text(path: Path) -> str:
    """The labelled lines, put together from their boxes as the project puts its own."""
    pieces = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        *places, text = line.split(",", 8)
        if len(places) == 8:
            at = [float(place) for place in places]
            pieces.append(ocr.Piece(text, tuple(zip(at[::2], at[1::2], strict=True)), 1.0))
    return "\n".join(row.text for row in rows_of(pieces))


def cer(found: str, wanted: str) -> float:
    from rapidfuzz.distance import Levenshtein

    found, wanted = ("".join(text.upper().split()) for text in (found, wanted))
    return Levenshtein.distance(found, wanted) / max(1, len(wanted))


def cpu() -> float:
    """Seconds that this process and those it started computed, in user mode."""
    times = os.times()
    return times.user + times.children_user


def measure(method: str, files: list[Path]) -> dict:
    answer = ANSWERS[method]
    rows = []
    if method in ("project", "RapidOCR"):
        answer(files[0])  # loads the models
    for file in files:
        label = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        began, computed = time.perf_counter(), cpu()
        found = answer(file)
        seconds, computed = time.perf_counter() - began, cpu() - computed
        wanted = file.with_suffix(".csv")
        rows.append(
            {
                "file": file.stem,
                **right(found, label),
                "cer": cer(found.text, labelled_text(wanted)) if wanted.is_file() else None,
                "seconds": seconds,
                "cpu": computed,
                "found": [found.company, str(found.date), found.total],
            }
        )
    return {
        "receipts": len(rows),
        **{field: sum(row[field] for row in rows) / len(rows) for field in FIELDS},
        **{name: _mean([row[name] for row in rows if row[name] is not None]) for name in ("cer", "seconds", "cpu")},
        "rows": rows,
    }


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def main(arguments: list[str] | None = None) -> None:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--methods", nargs="*", choices=METHODS, default=list(METHODS))

    chosen = options(__doc__, add, arguments)
    folder = chosen.data_folder("receipts")
    if folder is None:
        return
    files = sorted(path for path in (folder / "sroie").glob("*.jpg") if path.with_suffix(".json").is_file())
    print(f"{machine()}; {len(files)} receipts\n")
    print(f"{'':12}{'company':>9}{'letters':>9}{'date':>7}{'total':>7}{'CER':>7}{'s/page':>8}{'CPU s':>7}")
    report = {}
    for method in chosen.arguments.methods:
        found = report[method] = measure(method, files)
        print(
            f"{method:12}{found['company']:9.2f}{found['company, letters']:9.2f}{found['date']:7.2f}"
            f"{found['total']:7.2f}{found['cer'] or float('nan'):7.3f}{found['seconds']:8.2f}{found['cpu']:7.2f}",
            flush=True,
        )
    ours = report.get("project")
    if ours:
        print()
        for row in ours["rows"]:
            wrong = [field for field in TARGETS if not row[field]]
            if wrong:
                print(f"{row['file']}: {', '.join(wrong)} not as labelled; found {row['found']}")
        for field, target in TARGETS.items():
            print(f"target {field} {target:.2f}: {ours[field]:.2f}, {'' if ours[field] >= target else 'not '}reached")
        enough = ours["seconds"] <= SLOWEST
        print(f"target {SLOWEST:.0f} s a page: {ours['seconds']:.2f}, {'' if enough else 'not '}reached")
    chosen.write({"targets": TARGETS | {"seconds": SLOWEST}, **report})


if __name__ == "__main__":
    main()
