"""What a network proposes to a structure: a colour, a campaign; and what the structure answered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"


def upgrade() -> None:
    """Create the table, and on PostgreSQL its row-level security."""
    op.create_table(
        "network_offer",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("offered_by", ROW_ID, nullable=False),
        sa.Column("offered_at", INSTANT, nullable=False),
        sa.Column("colour", sa.String, nullable=True),
        sa.Column("campaign", sa.String, nullable=True),
        sa.Column("starts_on", sa.Date, nullable=True),
        sa.Column("ends_on", sa.Date, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("is_taken", sa.Boolean, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_network_offer"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_network_offer_structure_id"),
        sa.ForeignKeyConstraint(["offered_by"], ["person.id"], name="fk_network_offer_offered_by"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE network_offer ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE network_offer FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_structure_read ON network_offer FOR SELECT USING ({_READS})")
        op.execute(
            f"CREATE POLICY of_structure_write ON network_offer FOR ALL USING ({_WRITES}) WITH CHECK ({_WRITES})"
        )
        op.execute(
            "CREATE POLICY owner_all ON network_offer FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)"
        )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("network_offer")
