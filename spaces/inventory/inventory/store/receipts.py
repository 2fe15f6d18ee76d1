"""Receipts in the database: as they were scanned, and once a person confirmed them, as stock that came in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from common.errors import UserError
from inventory import units
from inventory.store.base import Item, Names, Part, changing, checked, key_of
from inventory.store.schema import LARGEST_ID, now, tables, with_zone

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

SCANNED, CONFIRMED, DISCARDED = STATES = ("scanned", "confirmed", "discarded")
MOST = 10_000_000  # of an item on a receipt, in its unit


@dataclass(frozen=True)
class Delivered:
    """A line of a receipt as it enters stock.

    unit: "" for the item's own; text: as it stands on the receipt
    beside: of a confirmed one, what the book had come in that day before the receipt, in the item's unit
    """

    item: str
    amount: float
    unit: str = ""
    text: str = ""
    beside: float = 0.0


@dataclass(frozen=True)
class StoredReceipt:
    """A receipt as it is kept.

    scanned: what was read from the picture, as JSON
    status: one of STATES; outlet, day, lines, confirmed: where, when and what came in, of a confirmed one
    """

    id: int
    created: datetime
    file: str
    status: str
    scanned: dict[str, Any]
    outlet: str | None
    day: date | None
    lines: tuple[Delivered, ...]
    confirmed: datetime | None


class Receipts(Part):
    """The receipts of the store."""

    def add_receipt(self, scanned: Mapping[str, Any], file: str = "") -> int:
        """Keep a receipt as it was scanned (what JSON takes), for review; gives its id. Nothing enters stock."""
        table = tables().receipts
        values = {"created": now(), "file": file, "status": SCANNED, "scanned": dict(scanned), "lines": []}
        with changing(self._engine) as connection:
            return connection.execute(table.insert().returning(table.c.id), values).scalar_one()

    def receipt(self, number: int) -> StoredReceipt:
        """A receipt. Raises UserError where there is none of this id."""
        with self._engine.connect() as connection:
            return _stored(_row(connection, number), _outlets(connection))

    def receipts(self, status: str | None = None, limit: int = 100) -> list[StoredReceipt]:
        """The latest receipts, the newest first, of one status where it is given."""
        table = tables().receipts
        query = table.select().where(*([table.c.status == status] if status else []))
        with self._engine.connect() as connection:
            names = _outlets(connection)
            return [_stored(row, names) for row in connection.execute(query.order_by(table.c.id.desc()).limit(limit))]

    def confirm_receipt(self, number: int, outlet: str, day: date, lines: Sequence[Delivered]) -> StoredReceipt:
        """Let the lines of a receipt enter stock on a day, once: what came in of each item that day grows by them.

        All lines or none. Where nothing of the item is recorded on that day yet, the balance stays open until it is
        counted. Raises UserError where the receipt was confirmed or discarded before or is not there, without lines,
        and for an outlet, item, unit or amount that can't be.
        """
        if not lines:
            raise UserError("There are no lines to confirm. Keep at least one, or discard the receipt.")
        table = tables().receipts
        with changing(self._engine, book=True) as connection:
            row = _open(connection, number)
            names = Names(connection)
            where = names.outlet(outlet)
            beside: dict[int, float] = {}
            kept = []
            for line in lines:
                item = names.item(line.item)
                before = beside.setdefault(item.id, _receive(connection, where, item, day, _amount(line, item)))
                kept.append(asdict(replace(line, beside=before)))
            values = {"status": CONFIRMED, "outlet": where, "day": day, "lines": kept, "confirmed": now()}
            connection.execute(table.update().where(table.c.id == row.id).values(values))
            return _stored(_row(connection, number), _outlets(connection))

    def discard_receipt(self, number: int) -> None:
        """Put a receipt away without stock. Raises UserError as `confirm_receipt`."""
        table = tables().receipts
        with changing(self._engine, book=True) as connection:
            row = _open(connection, number)
            connection.execute(table.update().where(table.c.id == row.id).values(status=DISCARDED))

    # Names on receipts

    def learn_receipt_name(self, text: str, item: str) -> None:
        """Remember which item a text on receipts means; the last word counts. Raises UserError for an unknown item."""
        table, key = tables().receipt_names, key_of(checked(text, "item on the receipt"))
        with changing(self._engine, book=True) as connection:
            number = Names(connection).item(item).id
            connection.execute(table.delete().where(table.c.text == key))
            connection.execute(table.insert(), {"text": key, "item": number})

    def receipt_names(self) -> dict[str, str]:
        """The texts that were learned, as `key_of` gives them, with the names of their items."""
        import sqlalchemy as sa

        table, items = tables().receipt_names, tables().items
        query = sa.select(table.c.text, items.c.name).join(items, items.c.id == table.c.item).order_by(table.c.text)
        with self._engine.connect() as connection:
            return {text: name for text, name in connection.execute(query)}


def _row(connection: "Connection", number: int) -> "Row":
    table = tables().receipts
    wanted = number if 0 < number <= LARGEST_ID else 0
    row = connection.execute(table.select().where(table.c.id == wanted)).first()
    if row is None:
        raise UserError(f"There is no receipt {number}. Choose one of the list, or scan it.")
    return row


def _open(connection: "Connection", number: int) -> "Row":
    """A receipt that waits for review; nobody else can confirm it before the transaction ends."""
    row = _row(connection, number)
    if row.status != SCANNED:
        when = f" on {row.confirmed:%Y-%m-%d at %H:%M} UTC" if row.confirmed else ""
        raise UserError(f"Receipt {number} was {row.status}{when}. It can't enter stock again.")
    return row


def _amount(line: Delivered, item: Item) -> float:
    amount = units.convert(line.amount, line.unit, item.unit) if line.unit.strip() else float(line.amount)
    if not (isfinite(amount) and 0 < amount <= MOST):
        raise UserError(f"The amount of {line.item!r:.80} can't be {line.amount}. Give more than 0, up to {MOST:,}.")
    return amount


def _receive(connection: "Connection", outlet: int, item: Item, day: date, amount: float) -> float:
    """Add to what came in; gives what it was before."""
    import sqlalchemy as sa

    table = tables().records
    which = (table.c.outlet == outlet, table.c.item == item.id, table.c.day == day)
    before = connection.execute(sa.select(table.c.stock_in).where(*which)).scalar()
    if before is None:
        values = {"outlet": outlet, "item": item.id, "day": day, "stock_in": amount}
        connection.execute(table.insert(), values | {"balance": None, "ordered": 0.0, "remark": ""})
    else:
        total = float(f"{before + amount:.12g}")  # without the crumbs of binary fractions
        connection.execute(table.update().where(*which).values(stock_in=total))
    return before or 0.0


def _outlets(connection: "Connection") -> dict[int, str]:
    return {row.id: row.name for row in connection.execute(tables().outlets.select())}


def _stored(row: "Row", outlets: Mapping[int, str]) -> StoredReceipt:
    values = dict(row._mapping)
    values |= {"created": with_zone(row.created), "confirmed": with_zone(row.confirmed)}
    values |= {"outlet": outlets.get(row.outlet), "lines": tuple(Delivered(**line) for line in row.lines)}
    return StoredReceipt(**values)
