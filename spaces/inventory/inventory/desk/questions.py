"""Questions in words as page and API see them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from common import llm
from common.errors import UserError
from inventory.anomalies.detection import Anomaly
from inventory.desk.planning import Planning
from inventory.forecasting.forecast import HORIZON, Forecast
from inventory.panel import Panel
from inventory.questions.ask import ask
from inventory.questions.queries import Sources

LONGEST = 500  # characters of a question


class Questions(Planning):
    """The part of the desk that answers questions."""

    def ask(self, question: str) -> dict:
        """Answer a question about the stock in English or Malay, from the records alone.

        Args:
            question: such as "Which outlet wasted most chicken last month?" or "Berapa baki ayam hari ini?"

        Returns:
            text; understood (false where it was refused or asked back), choices (what to choose from then); query (the
            form that was understood, null where there is none): intent, items, outlets, period, by, rank, top, per_day;
            rows (name, value, unit, note); language (en or ms), by (which model read it), seconds.
        """
        if len(question or "") > LONGEST:
            raise UserError(f"The question has {len(question):,} characters: ask it in at most {LONGEST}.")
        book = self.book

        def forecast(panel: Panel, days: int) -> Forecast:
            if not 1 <= days <= HORIZON:
                raise UserError(f"A forecast reaches {HORIZON} days ahead, not {days}. Ask for fewer.")
            return self.foretold(book)

        def anomalies(panel: Panel, since: date) -> Sequence[Anomaly]:
            return [one for one in self.found(book) if one.day >= since]

        sources = Sources(forecast, lambda panel: self.ordered(book), anomalies)
        answer = ask(question or "", book.panel, book.items, book.outlets, models=llm.shared(), sources=sources)
        rows = [asdict(row) for row in answer.rows]
        for row in rows:
            row["value"] = str(row["value"]) if isinstance(row["value"], date) else row["value"]
        query = answer.query and asdict(answer.query)
        if query:
            query |= {"items": list(answer.query.items), "outlets": list(answer.query.outlets)}
        return {
            "text": answer.text,
            "understood": answer.understood,
            "choices": list(answer.ask_back),
            "query": query,
            "rows": rows,
            "language": answer.language,
            "by": answer.by,
            "seconds": round(answer.seconds, 3),
        }
