"""What somebody noticed may concern a colleague, to whom it then does not exist."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")


def upgrade() -> None:
    """Add the column: until now nobody was named."""
    # Without a foreign key, which SQLite cannot add to a table that is there.
    op.add_column("observation", sa.Column("about_id", ROW_ID, nullable=True))


def downgrade() -> None:
    """Drop it; what concerned somebody is seen by them again."""
    op.drop_column("observation", "about_id")
