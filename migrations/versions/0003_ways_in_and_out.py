"""How a case came, who typed it, how the person is reached, whom it was passed on to, when they were told.

Columns are added one by one, never by making the table anew: on SQLite that would drop what hangs on it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"

_OF_CASE = (
    ("registered_at", INSTANT),
    ("contact_when", sa.String(40)),
    ("may_leave_message", sa.Boolean),
    ("help", sa.String(40)),
    ("check_on", sa.Date),
    ("call_on", sa.Date),
    ("told_at", INSTANT),
    ("told_how", sa.String(40)),
)
_OF_FACT = (
    ("entry_lag_days", sa.Integer),
    ("told_on", sa.Date),
    ("help", sa.String(40)),
)
_COUNTED = ("passed_on", "passed_on_known")


def upgrade() -> None:
    """Add the columns with what is true of the rows that stand, and the list of bodies."""
    for table in ("cases", "case_fact"):
        op.add_column(table, sa.Column("channel", sa.String(40), nullable=False, server_default="web"))
    for name, kind in _OF_CASE:
        op.add_column("cases", sa.Column(name, kind, nullable=True))
    for name, kind in _OF_FACT:
        op.add_column("case_fact", sa.Column(name, kind, nullable=True))
    for name in _COUNTED:
        op.add_column("case_fact", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    kind = "UUID" if op.get_bind().dialect.name == "postgresql" else "BLOB"
    op.execute(
        f"ALTER TABLE cases ADD COLUMN entered_by {kind} CONSTRAINT fk_cases_entered_by REFERENCES person (id)"
    )
    # Until now everything came by a code or by the address without one.
    op.execute("UPDATE cases SET channel = 'code' WHERE code_id IS NOT NULL")
    op.execute(
        "UPDATE case_fact SET channel = 'code' WHERE EXISTS (SELECT 1 FROM cases WHERE cases.structure_id = "
        "case_fact.structure_id AND cases.id = case_fact.case_id AND cases.code_id IS NOT NULL)"
    )
    op.create_table(
        "outside_body",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("reached_by", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_outside_body"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_outside_body_structure_id"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE outside_body ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE outside_body FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_structure_read ON outside_body FOR SELECT USING ({_READS})")
        op.execute(
            f"CREATE POLICY of_structure_write ON outside_body FOR ALL USING ({_WRITES}) WITH CHECK ({_WRITES})"
        )
        op.execute(
            "CREATE POLICY owner_all ON outside_body FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)"
        )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("outside_body")
    for name in (*_COUNTED, *(name for name, _ in _OF_FACT), "channel"):
        op.drop_column("case_fact", name)
    for name in ("entered_by", *(name for name, _ in _OF_CASE), "channel"):
        op.drop_column("cases", name)
