"""What an audit finds and what the team notices, from which an action may follow."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"


def upgrade() -> None:
    """Create the table, and on PostgreSQL its walls."""
    op.create_table(
        "observation",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", ROW_ID, nullable=True),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.Column("read_by", ROW_ID, nullable=True),
        sa.Column("action_id", ROW_ID, nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_observation"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_observation_structure_id"),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_observation_by_id"),
        sa.ForeignKeyConstraint(["read_by"], ["person.id"], name="fk_observation_read_by"),
        sa.ForeignKeyConstraint(
            ["structure_id", "action_id"],
            ["improvement_action.structure_id", "improvement_action.id"],
            name="fk_observation_structure_id_action_id",
        ),
        sa.UniqueConstraint("structure_id", "number", name="uq_observation_structure_id_number"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE observation ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE observation FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_structure_read ON observation FOR SELECT USING ({_READS})")
        op.execute(
            f"CREATE POLICY of_structure_write ON observation FOR ALL USING ({_WRITES}) WITH CHECK ({_WRITES})"
        )
        op.execute(
            "CREATE POLICY owner_all ON observation FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)"
        )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("observation")
