"""No row of a register is kept twice: a second press brought it in again on PostgreSQL."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLE, _ONCE = "past_case", "ux_past_case_row"
_DOUBLES = """
DELETE FROM past_case WHERE EXISTS (
  SELECT 1 FROM past_case AS other
  WHERE other.structure_id = past_case.structure_id AND other.register_id = past_case.register_id
  AND other."row" = past_case."row" AND other.id < past_case.id
)
"""


def upgrade() -> None:
    """Take out what was brought in twice, and let it not happen again."""
    op.execute(_DOUBLES)
    op.create_index(_ONCE, _TABLE, ["structure_id", "register_id", "row"], unique=True)


def downgrade() -> None:
    """Drop it."""
    op.drop_index(_ONCE, _TABLE)
