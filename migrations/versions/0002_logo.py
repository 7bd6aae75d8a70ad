"""A structure's logo, in a table of its own: the row of a structure is read for every page, its logo seldom."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"


def upgrade() -> None:
    """Create the table, and on PostgreSQL its row-level security."""
    op.create_table(
        "logo",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("paper", sa.LargeBinary, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("small", sa.String, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("structure_id", name="pk_logo"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_logo_structure_id"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE logo ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE logo FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_structure_read ON logo FOR SELECT USING ({_READS})")
        op.execute(f"CREATE POLICY of_structure_write ON logo FOR ALL USING ({_WRITES}) WITH CHECK ({_WRITES})")
        op.execute("CREATE POLICY owner_all ON logo FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("logo")
