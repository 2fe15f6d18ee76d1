"""Sessions, what was asked and answered in them, and people's own questions."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    op.create_table(
        "coach_sessions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("started", sa.DateTime, nullable=False),
        sa.Column("role", sa.Text),
        sa.Column("category", sa.Text),
        sa.Column("difficulty", sa.Integer),
        sqlite_autoincrement=True,
    )
    op.create_index("coach_sessions_person", "coach_sessions", ["person", "id"])
    op.create_table(
        "coach_asked",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("session", sa.Integer, sa.ForeignKey("coach_sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("coach_asked_session", "coach_asked", ["session", "id"])
    op.create_table(
        "coach_answers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("session", sa.Integer, sa.ForeignKey("coach_sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("question_text", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("difficulty", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("duration", sa.Double),
        sa.Column("words", sa.JSON, nullable=False),
        sa.Column("pauses", sa.JSON, nullable=False),
        sa.Column("measures", sa.JSON, nullable=False),
        sa.Column("scores", sa.JSON, nullable=False),
        sa.Column("overall", sa.Integer),
        sa.Column("covered", sa.JSON, nullable=False),
        sa.Column("missed", sa.JSON, nullable=False),
        sa.Column("emotion", sa.JSON, nullable=False),
        sa.Column("emotion_notes", sa.JSON, nullable=False),
        sa.Column("feedback", sa.Text, nullable=False),
        sa.Column("worded_by", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.Column("seconds", sa.JSON, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("versions", sa.JSON, nullable=False),
        sa.Column("recording", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("coach_answers_person", "coach_answers", ["person", "id"])
    op.create_index("coach_answers_session", "coach_answers", ["session", "id"])
    op.create_table(
        "coach_questions",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("difficulty", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("key_points", sa.JSON, nullable=False),
        sa.Column("follow_ups", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("coach_questions_person", "coach_questions", ["person", "id"], unique=True)
