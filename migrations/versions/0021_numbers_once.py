"""Who had to do an action is kept with each act; no structure gets the number of one that left."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_STEP = ("structure_id", "id", "action_id", "number", "act", "at", "by_id", "due_on")
"""What of an act never changes; its words alone may go, once their time is over."""
_SINCE = ("owner_id",)
"""Came with 0019, after the trigger was made."""


def upgrade() -> None:
    """Make the trigger anew; on SQLite, count structures on instead of taking the highest number and one."""
    _refreeze((*_STEP, *_SINCE))
    _rebuild_structures(is_counting_on=True)


def downgrade() -> None:
    """As it was."""
    _refreeze(_STEP)
    _rebuild_structures(is_counting_on=False)


def _refreeze(columns: tuple[str, ...]) -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
    fixed = [f"NEW.{name} {differs} OLD.{name}" for name in columns]
    words = f"(NEW.words_sealed {differs} OLD.words_sealed AND NEW.words_sealed IS NOT NULL)"
    condition = " OR ".join((*fixed, words))
    if is_postgresql:
        op.execute(
            "CREATE OR REPLACE FUNCTION action_step_no_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {condition} THEN RAISE EXCEPTION 'action_step is never changed'"
            " USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
        )
        return
    op.execute("DROP TRIGGER action_step_no_update")
    op.execute(
        f"CREATE TRIGGER action_step_no_update BEFORE UPDATE ON action_step WHEN {condition} "
        "BEGIN SELECT RAISE(ABORT, 'action_step is never changed'); END"
    )


def _rebuild_structures(*, is_counting_on: bool) -> None:
    """On SQLite, the same table, with or without a count of its own; PostgreSQL has always had one.

    Pages, codes and tokens know a structure by its number: a newcomer with that of one that was erased would
    inherit what a worker or a phone still remembers of it.
    """
    if op.get_bind().dialect.name != "sqlite":
        return
    # Written out: alembic puts the two unique keys in any order, and an upgrade ends in one schema.
    key = "PRIMARY KEY AUTOINCREMENT" if is_counting_on else "CONSTRAINT pk_structure PRIMARY KEY"
    op.execute(
        f"CREATE TABLE structure_anew (id INTEGER NOT NULL {key}, slug VARCHAR NOT NULL,"
        " letters VARCHAR NOT NULL, name VARCHAR NOT NULL, colour VARCHAR NOT NULL,"
        " branding_revision INTEGER NOT NULL, created_at DATETIME NOT NULL,"
        " CONSTRAINT uq_structure_letters UNIQUE (letters), CONSTRAINT uq_structure_slug UNIQUE (slug))"
    )
    columns = "id, slug, letters, name, colour, branding_revision, created_at"
    op.execute(f"INSERT INTO structure_anew ({columns}) SELECT {columns} FROM structure ORDER BY id")  # noqa: S608 -- names from above
    op.drop_table("structure")
    op.rename_table("structure_anew", "structure")
