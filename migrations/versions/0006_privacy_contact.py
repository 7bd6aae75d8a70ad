"""Whom residents write to about their data: one address for each structure, which its notice shows."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"


def upgrade() -> None:
    """Create the table, and on PostgreSQL its row-level security."""
    op.create_table(
        "privacy_contact",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("structure_id", name="pk_privacy_contact"),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structure.id"], name="fk_privacy_contact_structure_id"
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE privacy_contact ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE privacy_contact FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_structure_read ON privacy_contact FOR SELECT USING ({_READS})")
        op.execute(
            f"CREATE POLICY of_structure_write ON privacy_contact FOR ALL USING ({_WRITES}) WITH CHECK ({_WRITES})"
        )
        op.execute(
            "CREATE POLICY owner_all ON privacy_contact FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)"
        )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("privacy_contact")
