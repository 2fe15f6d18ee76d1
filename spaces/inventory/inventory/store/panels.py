"""The panel of what is in the database, made from columns of numbers and not from a record for each row."""

from typing import TYPE_CHECKING

import numpy as np

from common.errors import UserError
from inventory.panel import NO_RECORDS, Panel, panel_from_columns
from inventory.store.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

_AT_ONCE = 20_000  # rows that are Python objects at a time


def read(connection: "Connection", chosen: "list[ColumnElement[bool]]") -> Panel:
    """The panel of the chosen records. Raises UserError where there are none, and as `panel_from_columns`."""
    import sqlalchemy as sa

    table = tables().records
    # A day as a number of days since 1970, made by the database.
    if connection.dialect.name == "sqlite":
        day = sa.func.julianday(table.c.day) - 2440587.5
    else:
        day = table.c.day - sa.literal_column("DATE '1970-01-01'")
    query = sa.select(table.c.outlet, table.c.item, day, table.c.stock_in, table.c.balance, table.c.ordered)
    rows = connection.execute(
        query.add_columns(table.c.remark).where(*chosen), execution_options={"yield_per": _AT_ONCE}
    )
    parts, remarks, count = [], [], 0
    for part in rows.partitions():
        *numbers, said = zip(*part, strict=True)
        parts.append(np.array(numbers, float))
        remarks += [(count + at, remark) for at, remark in enumerate(said) if remark]
        count += len(part)
    if not parts:
        raise UserError(NO_RECORDS)
    columns = np.concatenate(parts, axis=1)
    outlets, items, days = columns[:3].astype(np.int64)
    names = [{row.id: row.name for row in connection.execute(table.select())} for table in tables()[:2]]
    pairs, series = np.unique(outlets << 32 | items, return_inverse=True)
    keys = [(names[0][pair >> 32], names[1][pair & 0xFFFFFFFF]) for pair in pairs.tolist()]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    place = np.argsort(order)  # of each pair among the sorted keys
    return panel_from_columns(
        [keys[at] for at in order], place[series], days.astype("datetime64[D]"), columns[3:], remarks
    )
