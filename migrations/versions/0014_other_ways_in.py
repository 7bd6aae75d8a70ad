"""Answers that staff typed from paper: when, and whether the team helped, apart in the answer and its count.

On SQLite a key cannot be changed in place: the rollup is made anew. Nothing refers to it, and no trigger
stands on it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
_KEY = ("structure_id", "item_id", "meaning_rev", "month", "site_id", "code_id", "choice")
_SUM = (
    "CREATE TABLE rollup_month_kept AS SELECT structure_id, item_id, meaning_rev, month, site_id, code_id,"
    " choice, sum(n) AS n FROM rollup_month"
    " GROUP BY structure_id, item_id, meaning_rev, month, site_id, code_id, choice"
)
_PUT_BACK = (
    "INSERT INTO rollup_month (structure_id, item_id, meaning_rev, month, site_id, code_id, choice, n)"
    " SELECT structure_id, item_id, meaning_rev, month, site_id, code_id, choice, n FROM rollup_month_kept"
)
_ROLLUP, _ASSISTED = "rollup_month", "assisted"


def upgrade() -> None:
    """Add the columns: until now staff typed no sheet and helped nobody."""
    op.add_column("response", sa.Column("entered_at", INSTANT, nullable=True))
    op.add_column("answer", _helped())
    _rekey((*_KEY, _ASSISTED), add=True)


def downgrade() -> None:
    """Drop what was added; answers that the team helped with are counted among the others again."""
    op.execute(_SUM)
    op.execute("DELETE FROM rollup_month")
    _rekey(_KEY, add=False)
    op.execute(_PUT_BACK)
    op.drop_table("rollup_month_kept")
    op.drop_column("answer", _ASSISTED)
    op.drop_column("response", "entered_at")


def _helped() -> sa.Column[bool]:
    return sa.Column(_ASSISTED, sa.Boolean, nullable=False, server_default=sa.false())


def _rekey(key: tuple[str, ...], *, add: bool) -> None:
    """Count by this key, with the column or without."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(f"pk_{_ROLLUP}", _ROLLUP)
        if add:
            op.add_column(_ROLLUP, _helped())
        else:
            op.drop_column(_ROLLUP, _ASSISTED)
        op.create_primary_key(f"pk_{_ROLLUP}", _ROLLUP, list(key))
        return
    if add:
        op.execute(_SUM)
    op.drop_table(_ROLLUP)
    op.create_table(
        _ROLLUP,
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("item_id", ROW_ID, nullable=False),
        sa.Column("meaning_rev", sa.Integer, nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("code_id", ROW_ID, nullable=False),
        sa.Column("choice", sa.String, nullable=False),
        *([_helped()] if add else []),
        sa.Column("n", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(*key, name=f"pk_{_ROLLUP}"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name=f"fk_{_ROLLUP}_structure_id"),
        sa.ForeignKeyConstraint(
            ["structure_id", "item_id"],
            ["item.structure_id", "item.id"],
            name=f"fk_{_ROLLUP}_structure_id_item_id",
        ),
    )
    if add:
        op.execute(_PUT_BACK)
        op.drop_table("rollup_month_kept")
