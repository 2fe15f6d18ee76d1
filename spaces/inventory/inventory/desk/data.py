"""Records, items and outlets, as page and API see them."""

from dataclasses import asdict, replace

from common.errors import UserError
from inventory.desk.base import Base, number, whole
from inventory.items import Item, Outlet
from inventory.records import Record
from inventory.simulation.history import simulate
from inventory.store.base import key_of

PAGE = 100  # records
_LARGEST_SEED = 2**32 - 1


class Data(Base):
    """The part of the desk about the stock book itself."""

    def records(self, outlet: str = "", item: str = "", first: str = "", last: str = "", page: int = 1) -> dict:
        """Look at the stock records, the newest day first.

        Args:
            outlet: its name or another name for it; empty for all
            item: likewise
            first: day such as 2026-03-31, from which on; empty for all
            last: day up to which
            page: from 1, with 100 records

        Returns:
            total, page, pages, records: day, outlet, item, unit, stock_in, balance (null where it was not counted),
            order, remark.
        """
        which = self.chosen(outlet, item, first, last)
        total = self.store.count_records(*which)
        pages = max(1, -(-total // PAGE))
        page = whole(page, "page", 1, 10**6)
        found = self.store.newest_records(*which, PAGE, PAGE * (page - 1))
        return {"total": total, "page": page, "pages": pages, "records": [_plain(record) for record in found]}

    def items(self) -> list[dict]:
        """List what is kept in stock.

        Returns:
            For each: name, unit, category, pack_size, lead_days, shelf_life_days (null where it keeps), price, aliases.
        """
        return [asdict(item) | {"aliases": list(item.aliases)} for item in self.store.items()]

    def set_item(
        self,
        name: str,
        unit: str = "",
        category: str | None = None,
        pack_size: float | None = None,
        lead_days: int | None = None,
        shelf_life_days: int | None = None,
        price: float | None = None,
        aliases: list | None = None,
    ) -> dict:
        """Add an item, or change the one of this name. What is left out stays as it is.

        Args:
            name: of the item, or another name for it
            unit: such as kg, l or pcs; records are converted where it changes
            category: such as vegetables
            pack_size: what one pack holds, in the unit; orders are whole packs
            lead_days: days from an order to its arrival
            shelf_life_days: days until it has to be thrown away; 0 where it keeps
            price: of one unit
            aliases: other names for it

        Returns:
            The item as it is now.
        """
        there = self.store.names().items.get(key_of(name or ""))
        known = there and next(item for item in self.store.items() if item.name == there.name)
        if known is None and not (unit or "").strip():
            raise UserError(f"{name!r:.80} is a new item and has no unit. Give the unit, such as kg.")
        new = known or Item(name or "", unit)
        given = {"unit": unit or None, "category": category, "pack_size": pack_size, "lead_days": lead_days}
        given |= {"price": price, "aliases": aliases if aliases is None else tuple(map(str, aliases))}
        new = replace(new, **{field: value for field, value in given.items() if value is not None})
        if shelf_life_days is not None:
            new = replace(new, shelf_life_days=whole(shelf_life_days, "shelf life in days", 0, 36_500) or None)
        whole(new.lead_days, "lead time in days", 1, 365)
        self.store.set_item(new)
        [now] = [item for item in self.items() if key_of(item["name"]) == key_of(new.name)]
        return now

    def outlets(self) -> list[dict]:
        """List the outlets.

        Returns:
            For each: name, aliases.
        """
        return [{"name": outlet.name, "aliases": list(outlet.aliases)} for outlet in self.store.outlets()]

    def add_outlet(self, name: str, aliases: list | None = None) -> list[dict]:
        """Add an outlet, or change the spelling and the other names of one that is there.

        Args:
            name: such as Johor Bahru
            aliases: other names for it, such as JB; left out: they stay as they are

        Returns:
            All outlets.
        """
        there = {key_of(outlet.name): outlet.aliases for outlet in self.store.outlets()}
        kept = there.get(key_of(name or ""), ()) if aliases is None else tuple(map(str, aliases))
        self.store.add_outlet(Outlet(name or "", kept))
        return self.outlets()

    def load_example(self, seed: int = 0) -> dict:
        """Fill the empty database with a made-up history of two years, six outlets and twenty items.

        Args:
            seed: the same seed gives the same history

        Returns:
            records, outlets, items, first and last day.
        """
        seed = whole(seed, "seed", 0, _LARGEST_SEED)
        if there := self.store.counts().records:
            raise UserError(
                f"There are {there:,} records already, among which the example would be lost. Delete everything first "
                "(delete_everything with the word delete), or use another database."
            )
        made = simulate(seed)
        for outlet in made.outlets:
            self.store.add_outlet(outlet)
        for item in made.items:
            self.store.set_item(item)
        self.store.add_records(made.records)
        size = self.store.counts()
        return size._asdict() | {"first_day": str(size.first_day), "last_day": str(size.last_day)}

    def delete_everything(self, confirm: str = "") -> dict:
        """Delete everything: records, items, outlets, imports, receipts, verdicts, models and predictions.

        Args:
            confirm: the word delete

        Returns:
            records: how many there were.
        """
        if (confirm or "").strip().lower() != "delete":
            raise UserError(f"{confirm!r:.60} doesn't confirm it. Write the word delete to delete everything.")
        if self.training()["state"] == "running":
            raise UserError("A training runs. Stop it first.")
        count = self.store.counts().records
        models = [model.id for model in self.store.models()]
        self.store.delete_all()
        for model in models:
            self.registry.delete_files(model)
        return {"records": count}


def _plain(record: Record) -> dict:
    return asdict(record) | {"day": str(record.day), "balance": number(record.balance)}
