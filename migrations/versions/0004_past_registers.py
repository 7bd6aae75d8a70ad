"""Registers of complaints that a structure kept before, and their rows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"


def _owned(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint("structure_id", "id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name=f"fk_{table}_structure_id"),
    )


def upgrade() -> None:
    """Create both tables, with their policies on PostgreSQL."""
    op.create_table(
        "past_register",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("standing", sa.String(40), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=False),
        sa.Column("sent_by", ROW_ID, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=True),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("mapping", DOCUMENT, nullable=False),
        sa.Column("key_wrapped", sa.LargeBinary, nullable=True),
        sa.Column("name_sealed", sa.LargeBinary, nullable=True),
        sa.Column("file_sealed", sa.LargeBinary, nullable=True),
        *_owned("past_register"),
        sa.ForeignKeyConstraint(["sent_by"], ["person.id"], name="fk_past_register_sent_by"),
    )
    op.create_table(
        "past_case",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("register_id", ROW_ID, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("channel", sa.String(40), nullable=True),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.Column("acknowledged_on", sa.Date, nullable=True),
        sa.Column("first_response_on", sa.Date, nullable=True),
        sa.Column("due_on", sa.Date, nullable=True),
        sa.Column("answered_on", sa.Date, nullable=True),
        sa.Column("closed_on", sa.Date, nullable=True),
        sa.Column("first_response_days", sa.Integer, nullable=True),
        sa.Column("answer_days", sa.Integer, nullable=True),
        sa.Column("finding", sa.String(40), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary, nullable=True),
        *_owned("past_case"),
        sa.ForeignKeyConstraint(
            ["structure_id", "register_id"],
            ["past_register.structure_id", "past_register.id"],
            name="fk_past_case_structure_id_register_id",
        ),
        sa.ForeignKeyConstraint(
            ["structure_id", "site_id"],
            ["site.structure_id", "site.id"],
            name="fk_past_case_structure_id_site_id",
        ),
    )
    op.create_index("ix_past_case_received", "past_case", ["structure_id", "kind", "received_on"])
    if op.get_bind().dialect.name == "postgresql":
        for table in ("past_register", "past_case"):
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY of_structure_read ON {table} FOR SELECT USING ({_READS})")
            op.execute(
                f"CREATE POLICY of_structure_write ON {table} FOR ALL USING ({_WRITES}) WITH CHECK ({_WRITES})"
            )
            op.execute(
                f"CREATE POLICY owner_all ON {table} FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)"
            )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("past_case")
    op.drop_table("past_register")
