"""The improvement plan: actions, what was done with them, the cases they come from, reviews."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"
TABLES = ("review", "improvement_action", "action_case", "action_step", "week_told", "plan_counter")

FROZEN = (
    ("action_step_no_update", "action_step", "UPDATE", None),
    ("action_step_no_delete", "action_step", "DELETE", None),
    ("review_frozen", "review", "UPDATE", "OLD.closed_at IS NOT NULL"),
    ("review_no_delete", "review", "DELETE", "OLD.closed_at IS NOT NULL"),
)
FROZEN_ON_SQLITE = (
    ("action_step_no_replace", "action_step", "INSERT",
     "EXISTS (SELECT 1 FROM action_step WHERE structure_id = NEW.structure_id AND id = NEW.id)"),
    ("review_no_replace", "review", "INSERT",
     "EXISTS (SELECT 1 FROM review WHERE structure_id = NEW.structure_id AND closed_at IS NOT NULL"
     " AND (id = NEW.id OR number = NEW.number))"),
    ("review_no_overwrite", "review", "UPDATE",
     "EXISTS (SELECT 1 FROM review AS r WHERE r.rowid <> OLD.rowid AND r.closed_at IS NOT NULL"
     " AND r.structure_id = NEW.structure_id AND (r.id = NEW.id OR r.number = NEW.number))"),
)


def _structure(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name=f"fk_{table}_structure_id")


def _inside(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["structure_id", column],
        [f"{target}.structure_id", f"{target}.id"],
        name=f"fk_{table}_structure_id_{column}",
    )


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["person.id"], name=f"fk_{table}_{column}")


def upgrade() -> None:
    """Create the tables, what keeps them, and on PostgreSQL their walls."""
    op.create_table(
        "review",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("held_on", sa.Date, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("words_sealed", sa.LargeBinary, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", ROW_ID, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("closed_by", ROW_ID, nullable=True),
        sa.Column("figures", DOCUMENT, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_review"),
        _structure("review"),
        _person("review", "created_by"),
        _person("review", "closed_by"),
        sa.UniqueConstraint("structure_id", "number", name="uq_review_structure_id_number"),
    )
    op.create_table(
        "improvement_action",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        sa.Column("review_id", ROW_ID, nullable=True),
        sa.Column("what_sealed", sa.LargeBinary, nullable=False),
        sa.Column("owner_id", ROW_ID, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("motif", sa.String, nullable=True),
        sa.Column("site_id", ROW_ID, nullable=True),
        sa.Column("team_id", ROW_ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("done_on", sa.Date, nullable=True),
        sa.Column("reminded_before_at", INSTANT, nullable=True),
        sa.Column("reminded_late_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_improvement_action"),
        _structure("improvement_action"),
        _inside("improvement_action", "review_id", "review"),
        _person("improvement_action", "owner_id"),
        _inside("improvement_action", "site_id", "site"),
        _inside("improvement_action", "team_id", "team"),
        sa.UniqueConstraint("structure_id", "number", name="uq_improvement_action_structure_id_number"),
    )
    op.create_index("ix_improvement_action_due", "improvement_action", ["structure_id", "done_on", "due_on"])
    op.create_table(
        "action_case",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("action_id", ROW_ID, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "case_id", "action_id", name="pk_action_case"),
        _structure("action_case"),
        _inside("action_case", "case_id", "cases"),
        _inside("action_case", "action_id", "improvement_action"),
    )
    op.create_table(
        "action_step",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("action_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", ROW_ID, nullable=True),
        sa.Column("due_on", sa.Date, nullable=True),
        sa.Column("words_sealed", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_action_step"),
        _structure("action_step"),
        _inside("action_step", "action_id", "improvement_action"),
        _person("action_step", "by_id"),
        sa.UniqueConstraint(
            "structure_id", "action_id", "number", name="uq_action_step_structure_id_action_id_number"
        ),
    )
    op.create_table(
        "week_told",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("week_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "person_id", name="pk_week_told"),
        _structure("week_told"),
        _person("week_told", "person_id"),
    )
    op.create_table(
        "plan_counter",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("series", sa.String, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "series", name="pk_plan_counter"),
        _structure("plan_counter"),
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for trigger in FROZEN + (() if is_postgresql else FROZEN_ON_SQLITE):
        (_freeze_postgresql if is_postgresql else _freeze_sqlite)(*trigger)
    if is_postgresql:
        for table in TABLES:
            _wall(table)


def downgrade() -> None:
    """Drop what was added."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for trigger, *_ in FROZEN:
            op.execute(f"DROP FUNCTION IF EXISTS {trigger}()")


def _freeze_sqlite(trigger: str, table: str, verb: str, condition: str | None) -> None:
    when = f"WHEN {condition} " if condition else ""
    op.execute(
        f"CREATE TRIGGER {trigger} BEFORE {verb} ON {table} {when}"
        f"BEGIN SELECT RAISE(ABORT, '{table} is never changed'); END"
    )


def _freeze_postgresql(trigger: str, table: str, verb: str, condition: str | None) -> None:
    op.execute(
        f"CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {condition or 'true'} THEN"
        f" RAISE EXCEPTION '{table} is never changed' USING ERRCODE = 'integrity_constraint_violation';"
        f" END IF; RETURN {'OLD' if verb == 'DELETE' else 'NEW'}; END $$"
    )
    op.execute(f"CREATE TRIGGER {trigger} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {trigger}()")


def _wall(table: str) -> None:
    """Rows are seen within `app.reads` and written within `app.structure_id`; without a setting, none."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_structure_read ON {table} FOR SELECT USING ({_READS})")
    op.execute(
        f"CREATE POLICY of_structure_write ON {table} FOR ALL USING ({_WRITES}) WITH CHECK ({_WRITES})"
    )
    op.execute(f"CREATE POLICY owner_all ON {table} FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)")
