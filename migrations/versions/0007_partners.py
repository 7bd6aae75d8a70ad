"""In whose name a partner filed a case, and what they call it themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"


def upgrade() -> None:
    """Create the table, with its policies on PostgreSQL."""
    op.create_table(
        "partner_case",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("organisation", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("urgency", sa.String(40), nullable=True),
        sa.Column("address_digest", sa.LargeBinary, nullable=False),
        sa.Column("told_for", sa.Date, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "case_id", name="pk_partner_case"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_partner_case_structure_id"),
        sa.ForeignKeyConstraint(
            ["structure_id", "case_id"],
            ["cases.structure_id", "cases.id"],
            name="fk_partner_case_structure_id_case_id",
        ),
    )
    op.create_index("ix_partner_case_address", "partner_case", ["structure_id", "address_digest"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE partner_case ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE partner_case FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_structure_read ON partner_case FOR SELECT USING ({_READS})")
        op.execute(
            f"CREATE POLICY of_structure_write ON partner_case FOR ALL USING ({_WRITES}) WITH CHECK ({_WRITES})"
        )
        op.execute(
            "CREATE POLICY owner_all ON partner_case FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)"
        )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("partner_case")
