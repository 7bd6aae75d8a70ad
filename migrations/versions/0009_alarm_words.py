"""The words that lift a text to the top of the lists, where a structure's differ from those of the portal."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"


def upgrade() -> None:
    """Create the table, and on PostgreSQL its row-level security."""
    op.create_table(
        "alarm_word",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("word", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("alarm", sa.String(40), nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_alarm_word"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_alarm_word_structure_id"),
        sa.UniqueConstraint("structure_id", "word", name="uq_alarm_word_structure_id_word"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE alarm_word ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE alarm_word FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_structure_read ON alarm_word FOR SELECT USING ({_READS})")
        op.execute(
            f"CREATE POLICY of_structure_write ON alarm_word FOR ALL USING ({_WRITES}) WITH CHECK ({_WRITES})"
        )
        op.execute("CREATE POLICY owner_all ON alarm_word FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("alarm_word")
