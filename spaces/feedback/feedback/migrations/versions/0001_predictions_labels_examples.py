"""Predictions with their review, labels that were added, and training rows from corrections and examples."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    op.create_table(
        "feedback_predictions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("top", sa.JSON, nullable=False),
        sa.Column("unsure", sa.Boolean, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("seconds", sa.Double),
        sa.Column("distance", sa.Double),
        sa.Column("review", sa.Text),
        sa.Column("decided", sa.Text),
        sa.Column("decided_second", sa.Text),
        sa.Column("reviewed", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_index("feedback_predictions_created", "feedback_predictions", ["created"])
    op.create_index("feedback_predictions_review", "feedback_predictions", ["review", "confidence"])
    op.create_table(
        "feedback_labels",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
    )
    op.create_table(
        "feedback_examples",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("second", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("prediction", sa.Integer, sa.ForeignKey("feedback_predictions.id", ondelete="SET NULL"), unique=True),
        sa.Column("created", sa.DateTime, nullable=False),
        sqlite_autoincrement=True,
    )
