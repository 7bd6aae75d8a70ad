"""How often people were met, by month, site and register of intervention."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"


def upgrade() -> None:
    """Create the table, with its policies on PostgreSQL."""
    op.create_table(
        "activity_count",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("intervention", sa.String(40), nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "structure_id", "month", "site_id", "intervention", name="pk_activity_count"
        ),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_activity_count_structure_id"),
        sa.ForeignKeyConstraint(
            ["structure_id", "site_id"],
            ["site.structure_id", "site.id"],
            name="fk_activity_count_structure_id_site_id",
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE activity_count ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE activity_count FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_structure_read ON activity_count FOR SELECT USING ({_READS})")
        op.execute(
            f"CREATE POLICY of_structure_write ON activity_count FOR ALL USING ({_WRITES}) WITH CHECK ({_WRITES})"
        )
        op.execute(
            "CREATE POLICY owner_all ON activity_count FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)"
        )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("activity_count")
