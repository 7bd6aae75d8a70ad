"""Who has to do an action stands with each act: it can be handed over."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")


def upgrade() -> None:
    """Add the column: of acts until now nobody knows it."""
    # Without a foreign key, which SQLite cannot add to a table that is there.
    op.add_column("action_step", sa.Column("owner_id", ROW_ID, nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("action_step", "owner_id")
