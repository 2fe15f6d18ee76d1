"""What the system remembers: the stock book, imports, verdicts on anomalies, receipts, models and predictions.

    store = Store.open()
    store.add_records(records)
    panel = store.panel(outlet="Subang")

The parts are the other files of this folder; each is a class over the same engine.
"""

from pathlib import Path

from common import store as database
from inventory.store.base import changing
from inventory.store.catalogue import Catalogue
from inventory.store.changes import Changes
from inventory.store.feedback import FeedbackPart
from inventory.store.imports import Imports
from inventory.store.models import Models
from inventory.store.pages import Pages
from inventory.store.receipts import Receipts
from inventory.store.records import Records
from inventory.store.schema import tables


class Store(database.SystemStore, Catalogue, Records, Pages, Imports, FeedbackPart, Receipts, Models, Changes):
    """The database of this system; see `common.store.SystemStore`.

    Whatever changes something does so as a whole or not at all, and raises UserError where the database is locked for
    too long, full, or gone.
    """

    system = "inventory"
    versions = Path(__file__).with_name("migrations") / "versions"

    @property
    def kind(self) -> str:
        """Of the database: "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @property
    def address(self) -> str:
        """Of the database, for another process; it may have a password in it."""
        return self._engine.url.render_as_string(hide_password=False)

    def close(self) -> None:
        """Let go of the database; it is opened again by the next call."""
        self.stop_watching()
        super().close()

    def delete_all(self) -> None:
        """Delete everything: the book, imports, verdicts, receipts, models and predictions."""
        with changing(self._engine, book=True) as connection:
            for table in reversed(tables()):
                connection.execute(table.delete())
        database.tidy(self._engine)
