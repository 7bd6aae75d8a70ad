"""What is due is found without reading all that is not; mail is looked for in the whole installation at once."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index, and forget when each structure's mail was to be looked for."""
    op.create_index("ix_job_due_job", "job_due", ["job", "due_at"])
    op.execute("DELETE FROM job_due WHERE job = 'send_outbox' AND structure_id <> 0")


def downgrade() -> None:
    """As it was: the rows come back by themselves."""
    op.drop_index("ix_job_due_job", table_name="job_due")
    op.execute("DELETE FROM job_due WHERE job = 'send_outbox'")
