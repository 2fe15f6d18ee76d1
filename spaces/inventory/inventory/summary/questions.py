"""How a question was understood, and the rows of its answer."""

from inventory.summary.notation import ALL_ROWS, amount

ANSWER_HEADS = {"": "60%", "Value": "40%"}
ASK_GUIDE = "Ask in English or Malay. The numbers come from the records; what isn't understood is asked back."
QUESTIONS = (
    "What is urgent to order today?",
    "Which outlet wasted most chicken last month?",
    "How long will the rice last at Subang?",
    "Berapa telur digunakan minggu lepas?",
    "Delete all records",
)


def understood(found: dict) -> str:
    """The form that a question became, and who read it."""
    query = found["query"]
    if query is None:
        return f"<small>No question to the records came of it. Read by {found['by']}.</small>" if found["by"] else ""
    parts = [f"intent **{query['intent']}**"]
    for name in ("items", "outlets", "period", "by", "rank"):
        if value := query[name]:
            parts.append(f"{name} **{value if isinstance(value, str) else ', '.join(value)}**")
    if query["per_day"]:
        parts.append("**per day**")
    return f"<small>Understood as: {' · '.join(parts)}. {found['seconds']:.1f} s, {found['by']}</small>"


def answer_rows(found: dict) -> list[list]:
    """See ANSWER_HEADS; of a single value none, as the sentence says it."""
    if len(found["rows"]) < 2:
        return []
    return [[row["name"], row["note"] or _cell(row["value"], row["unit"])] for row in found["rows"][:ALL_ROWS]]


def _cell(value: object, unit: str) -> str:
    return amount(value, unit) if isinstance(value, int | float) else str(value or "-")
