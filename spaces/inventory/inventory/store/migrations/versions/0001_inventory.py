"""Outlets, items and their records; imports, feedback on anomalies, receipts, models and predictions."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    op.create_table(
        "inventory_outlets",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("aliases", sa.JSON, nullable=False),
    )
    op.create_table(
        "inventory_items",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("pack_size", sa.Double, nullable=False),
        sa.Column("lead_days", sa.Integer, nullable=False),
        sa.Column("shelf_life_days", sa.Integer),
        sa.Column("price", sa.Double, nullable=False),
        sa.Column("aliases", sa.JSON, nullable=False),
    )
    op.create_table(
        "inventory_records",
        link("outlet", "outlets", primary_key=True),
        link("item", "items", primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("stock_in", sa.Double, nullable=False),
        sa.Column("balance", sa.Double),
        sa.Column("ordered", sa.Double, nullable=False),
        sa.Column("remark", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("inventory_records_day", "inventory_records", ["day", "outlet", "item"])
    op.create_table(
        "inventory_imports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("same", sa.Integer, nullable=False),
        sa.Column("set_aside", sa.Integer, nullable=False),
        sa.Column("notes", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("inventory_imports_sha256", "inventory_imports", ["sha256"])
    op.create_table(
        "inventory_rows_aside",
        link("import_id", "imports", primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("cells", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "inventory_feedback",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        link("outlet", "outlets"),
        link("item", "items"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("undone", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_index("inventory_feedback_series", "inventory_feedback", ["outlet", "item", "day"])
    op.create_table(
        "inventory_receipts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("scanned", sa.JSON, nullable=False),
        link("outlet", "outlets", nullable=True),
        sa.Column("day", sa.Date),
        sa.Column("lines", sa.JSON, nullable=False),
        sa.Column("confirmed", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "inventory_receipt_names",
        sa.Column("text", sa.Text, primary_key=True),
        link("item", "items"),
    )
    op.create_table(
        "inventory_models",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("metrics", sa.JSON, nullable=False),
        sa.Column("data_hash", sa.Text, nullable=False),
    )
    op.create_table(
        "inventory_promotions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model", sa.Text, sa.ForeignKey("inventory_models.id", ondelete="CASCADE"), nullable=False),
        sa.Column("promoted", sa.DateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "inventory_predictions",
        link("outlet", "outlets", primary_key=True),
        link("item", "items", primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("made", sa.Date, primary_key=True),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("middle", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
    )
    op.create_index("inventory_predictions_made", "inventory_predictions", ["made"])


def link(name: str, table: str, primary_key: bool = False, nullable: bool = False) -> sa.Column:
    """A column that points to a row of another table and goes with it."""
    key = sa.ForeignKey(f"inventory_{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Integer, key, primary_key=primary_key, nullable=nullable, autoincrement=False)
