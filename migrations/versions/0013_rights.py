"""What people asked for about their data, with its clock."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"
_TABLE = "rights_request"


def upgrade() -> None:
    """Create the table, and on PostgreSQL its wall."""
    op.create_table(
        _TABLE,
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("right", sa.String(40), nullable=False),
        sa.Column("proof", sa.String(40), nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("entered_by", ROW_ID, nullable=False),
        sa.Column("extended_on", sa.Date, nullable=True),
        sa.Column("answered_on", sa.Date, nullable=True),
        sa.Column("refused_on", sa.Date, nullable=True),
        sa.Column("closed_by", ROW_ID, nullable=True),
        sa.Column("key_wrapped", sa.LargeBinary, nullable=True),
        sa.Column("words_sealed", sa.LargeBinary, nullable=True),
        sa.Column("told_before_at", INSTANT, nullable=True),
        sa.Column("told_late_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name=f"pk_{_TABLE}"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name=f"fk_{_TABLE}_structure_id"),
        sa.ForeignKeyConstraint(
            ["structure_id", "case_id"],
            ["cases.structure_id", "cases.id"],
            name=f"fk_{_TABLE}_structure_id_case_id",
        ),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=f"fk_{_TABLE}_entered_by"),
        sa.ForeignKeyConstraint(["closed_by"], ["person.id"], name=f"fk_{_TABLE}_closed_by"),
        sa.UniqueConstraint("structure_id", "number", name=f"uq_{_TABLE}_structure_id_number"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _wall(_TABLE)


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table(_TABLE)


def _wall(table: str) -> None:
    """Rows are seen within `app.reads` and written within `app.structure_id`; without a setting, none."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_structure_read ON {table} FOR SELECT USING ({_READS})")
    op.execute(
        f"CREATE POLICY of_structure_write ON {table} FOR ALL USING ({_WRITES}) WITH CHECK ({_WRITES})"
    )
    op.execute(f"CREATE POLICY owner_all ON {table} FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)")
