"""The tables of the database, made by migrations/versions; a change here needs a revision there.

Times are in UTC, without a zone. Amounts are in the unit of their item. A balance that was not counted is NULL.
"""

from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlalchemy import Table

LARGEST_ID = 2**31 - 1


class Tables(NamedTuple):
    outlets: "Table"
    items: "Table"
    records: "Table"
    imports: "Table"
    rows_aside: "Table"
    feedback: "Table"
    receipts: "Table"
    receipt_names: "Table"
    models: "Table"
    promotions: "Table"
    predictions: "Table"


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables as the newest revision leaves them."""
    import sqlalchemy as sa

    metadata = sa.MetaData()

    def table(name: str, *parts: "sa.Column | sa.Index", **options: bool) -> "Table":
        return sa.Table(f"inventory_{name}", metadata, *parts, **options)

    def text(name: str) -> "sa.Column":
        return sa.Column(name, sa.Text, nullable=False)

    def json(name: str) -> "sa.Column":
        return sa.Column(name, sa.JSON, nullable=False)

    def number(name: str, nullable: bool = False) -> "sa.Column":
        return sa.Column(name, sa.Double, nullable=nullable)

    def whole(name: str) -> "sa.Column":
        return sa.Column(name, sa.Integer, nullable=False)

    def day(name: str, key: bool = False) -> "sa.Column":
        return sa.Column(name, sa.Date, primary_key=key, nullable=False)

    def time(name: str, nullable: bool = False) -> "sa.Column":
        return sa.Column(name, sa.DateTime, nullable=nullable)

    def identity() -> "sa.Column":
        return sa.Column("id", sa.Integer, primary_key=True)

    def of(column: "sa.Column", name: str, key: bool = False, nullable: bool = False) -> "sa.Column":
        link = sa.ForeignKey(column, ondelete="CASCADE")
        return sa.Column(name, column.type, link, primary_key=key, nullable=nullable, autoincrement=False)

    outlets = table(
        "outlets",
        identity(),
        text("name"),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        json("aliases"),
    )
    items = table(
        "items",
        identity(),
        text("name"),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        text("unit"),
        text("category"),
        number("pack_size"),
        whole("lead_days"),
        sa.Column("shelf_life_days", sa.Integer),
        number("price"),
        json("aliases"),
    )
    records = table(
        "records",
        of(outlets.c.id, "outlet", key=True),
        of(items.c.id, "item", key=True),
        day("day", key=True),
        number("stock_in"),
        number("balance", nullable=True),
        number("ordered"),
        text("remark"),
        sa.Index("inventory_records_day", "day", "outlet", "item"),
        sqlite_with_rowid=False,  # a series lies together, and the key is not written twice
    )
    imports = table(
        "imports",
        identity(),
        time("created"),
        text("file"),
        text("sha256"),
        json("settings"),
        json("columns"),
        whole("added"),
        whole("changed"),
        whole("same"),
        whole("set_aside"),
        json("notes"),
        sa.Index("inventory_imports_sha256", "sha256"),
        sqlite_autoincrement=True,
    )
    rows_aside = table(
        "rows_aside",
        of(imports.c.id, "import_id", key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        json("cells"),
        text("reason"),
    )
    feedback = table(
        "feedback",
        identity(),
        day("day"),
        of(outlets.c.id, "outlet"),
        of(items.c.id, "item"),
        text("kind"),
        text("verdict"),
        time("created"),
        time("undone", nullable=True),
        sa.Index("inventory_feedback_series", "outlet", "item", "day"),
        sqlite_autoincrement=True,
    )
    receipts = table(
        "receipts",
        identity(),
        time("created"),
        text("file"),
        text("status"),
        json("scanned"),
        of(outlets.c.id, "outlet", nullable=True),
        sa.Column("day", sa.Date),
        json("lines"),
        time("confirmed", nullable=True),
        sqlite_autoincrement=True,
    )
    receipt_names = table(
        "receipt_names",
        sa.Column("text", sa.Text, primary_key=True),
        of(items.c.id, "item"),
    )
    models = table(
        "models",
        sa.Column("id", sa.Text, primary_key=True),
        text("kind"),
        time("created"),
        json("metrics"),
        text("data_hash"),
    )
    promotions = table(
        "promotions",
        identity(),
        of(models.c.id, "model"),
        time("promoted"),
        sqlite_autoincrement=True,
    )
    predictions = table(
        "predictions",
        of(outlets.c.id, "outlet", key=True),
        of(items.c.id, "item", key=True),
        day("day", key=True),
        day("made", key=True),
        sa.Column("model", sa.Text, primary_key=True),
        number("low"),
        number("middle"),
        number("high"),
        sa.Index("inventory_predictions_made", "made"),
    )
    return Tables(
        outlets, items, records, imports, rows_aside, feedback, receipts, receipt_names, models, promotions, predictions
    )


def now() -> datetime:
    """This moment in UTC, as the database takes it."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def with_zone(time: datetime | None) -> datetime | None:
    """A time of the database, with its zone."""
    return time and time.replace(tzinfo=timezone.utc)
