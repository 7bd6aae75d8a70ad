"""Requests are numbered by a counter; what nobody can do any more about erased words is owed no longer."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"
_TABLE = "rights_counter"


def upgrade() -> None:
    """Create the counter where the numbers stand, and clear what is left of erased cases."""
    op.create_table(
        _TABLE,
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", name=f"pk_{_TABLE}"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name=f"fk_{_TABLE}_structure_id"),
    )
    op.execute(
        f"INSERT INTO {_TABLE} (structure_id, last)"
        " SELECT structure_id, max(number) FROM rights_request GROUP BY structure_id"
    )
    op.execute("UPDATE cases SET call_on = NULL, check_on = NULL WHERE key_wrapped IS NULL")
    op.execute(
        "UPDATE partner_case SET organisation = '', reference = '' WHERE EXISTS (SELECT 1 FROM cases"
        " WHERE cases.structure_id = partner_case.structure_id AND cases.id = partner_case.case_id"
        " AND cases.key_wrapped IS NULL)"
    )
    if op.get_bind().dialect.name == "postgresql":
        _wall(_TABLE)


def downgrade() -> None:
    """Drop the counter; what was cleared stays so."""
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
