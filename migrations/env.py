"""Run the migrations on the connection that `portal.core.upgrade` hands over (the owner's on PostgreSQL)."""

from alembic import context

from portal.core.schema import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    transaction_per_migration=True,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
