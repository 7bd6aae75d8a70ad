"""How long things are kept, as a part of the policy, and the log of what was destroyed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"

FROZEN = (("destruction_no_update", "UPDATE"), ("destruction_no_delete", "DELETE"))
_NO_REPLACE = "EXISTS (SELECT 1 FROM destruction WHERE structure_id = NEW.structure_id AND id = NEW.id)"


def upgrade() -> None:
    """Add the column with what is true of the policies that stand, and the log with what keeps it."""
    op.add_column("policy_version", sa.Column("retention", DOCUMENT, nullable=False, server_default="{}"))
    op.create_table(
        "destruction",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("things", sa.Integer, nullable=False),
        sa.Column("pieces", DOCUMENT, nullable=False),
        sa.Column("months", sa.Integer, nullable=True),
        sa.Column("policy_number", sa.Integer, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_destruction"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_destruction_structure_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_destruction_person_id"),
    )
    op.create_index("ix_destruction_at", "destruction", ["structure_id", "at"])
    if op.get_bind().dialect.name == "postgresql":
        for trigger, verb in FROZEN:
            op.execute(
                f"CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " RAISE EXCEPTION 'destruction is never changed' USING ERRCODE ="
                " 'integrity_constraint_violation'; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {trigger} BEFORE {verb} ON destruction FOR EACH ROW"
                f" EXECUTE FUNCTION {trigger}()"
            )
        _wall("destruction")
        return
    for trigger, verb in FROZEN:
        _freeze_sqlite(trigger, verb, "")
    _freeze_sqlite("destruction_no_replace", "INSERT", f"WHEN {_NO_REPLACE} ")


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("destruction")
    if op.get_bind().dialect.name == "postgresql":
        for trigger, _verb in FROZEN:
            op.execute(f"DROP FUNCTION IF EXISTS {trigger}()")
    op.drop_column("policy_version", "retention")


def _freeze_sqlite(trigger: str, verb: str, when: str) -> None:
    op.execute(
        f"CREATE TRIGGER {trigger} BEFORE {verb} ON destruction {when}"
        "BEGIN SELECT RAISE(ABORT, 'destruction is never changed'); END"
    )


def _wall(table: str) -> None:
    """Rows are seen within `app.reads` and written within `app.structure_id`; without a setting, none."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_structure_read ON {table} FOR SELECT USING ({_READS})")
    op.execute(
        f"CREATE POLICY of_structure_write ON {table} FOR ALL USING ({_WRITES}) WITH CHECK ({_WRITES})"
    )
    op.execute(f"CREATE POLICY owner_all ON {table} FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)")
