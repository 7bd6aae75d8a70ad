"""A network also proposes a logo and a questionnaire; a purge may be held; words of the plan have an end."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"
_HOLD = "legal_hold"

OFFERED = (
    ("logo_paper", sa.LargeBinary()),
    ("logo_width", sa.Integer()),
    ("logo_height", sa.Integer()),
    ("logo_small", sa.String()),
    ("questionnaire", DOCUMENT),
)
_STEP = ("structure_id", "id", "action_id", "number", "act", "at", "by_id", "due_on")
_REVIEW = (
    *("structure_id", "id", "number", "held_on", "first_day", "last_day", "created_at", "created_by"),
    *("closed_at", "closed_by"),
)
"""What never changes, besides the figures of a review; the words alone may go, once their time is over."""


def _but_words(is_postgresql: bool, columns: tuple[str, ...], extra: tuple[str, ...] = ()) -> str:
    """The condition under which something else changes than words that go."""
    differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
    fixed = [f"NEW.{name} {differs} OLD.{name}" for name in (*columns, *extra)]
    return " OR ".join((*fixed, f"(NEW.words_sealed {differs} OLD.words_sealed AND NEW.words_sealed IS NOT NULL)"))


def upgrade() -> None:
    """Add the columns and the table, and let words go from what is otherwise never changed."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for name, type_ in OFFERED:
        op.add_column("network_offer", sa.Column(name, type_, nullable=True))
    op.create_table(
        _HOLD,
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=True),
        sa.Column("register_id", ROW_ID, nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary, nullable=False),
        sa.Column("until_on", sa.Date, nullable=False),
        sa.Column("held_at", INSTANT, nullable=False),
        sa.Column("held_by", ROW_ID, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by", ROW_ID, nullable=True),
        sa.Column("kept_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name=f"pk_{_HOLD}"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name=f"fk_{_HOLD}_structure_id"),
        sa.ForeignKeyConstraint(
            ["structure_id", "case_id"], ["cases.structure_id", "cases.id"],
            name=f"fk_{_HOLD}_structure_id_case_id",
        ),
        sa.ForeignKeyConstraint(
            ["structure_id", "register_id"], ["past_register.structure_id", "past_register.id"],
            name=f"fk_{_HOLD}_structure_id_register_id",
        ),
        sa.ForeignKeyConstraint(["held_by"], ["person.id"], name=f"fk_{_HOLD}_held_by"),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=f"fk_{_HOLD}_ended_by"),
        sa.CheckConstraint("(case_id IS NULL) <> (register_id IS NULL)", name=f"ck_{_HOLD}_one_thing"),
    )
    step, review = _but_words(is_postgresql, _STEP), _review_condition(is_postgresql)
    for trigger, table, condition in (
        ("action_step_no_update", "action_step", step),
        ("review_frozen", "review", review),
    ):
        (_refreeze_postgresql if is_postgresql else _refreeze_sqlite)(trigger, table, condition)
    if is_postgresql:
        _wall(_HOLD)


def _review_condition(is_postgresql: bool) -> str:
    figures = ("figures::text",) if is_postgresql else ("figures",)
    changes = _but_words(is_postgresql, _REVIEW)
    differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
    kept = " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in figures)
    return f"OLD.closed_at IS NOT NULL AND ({changes} OR {kept})"


def downgrade() -> None:
    """Drop what was added, and let no word go."""
    op.drop_table(_HOLD)
    for name, _type in reversed(OFFERED):
        op.drop_column("network_offer", name)
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for trigger, table, condition in (
        ("action_step_no_update", "action_step", "1 = 1"),
        ("review_frozen", "review", "OLD.closed_at IS NOT NULL"),
    ):
        (_refreeze_postgresql if is_postgresql else _refreeze_sqlite)(trigger, table, condition)


def _refreeze_sqlite(trigger: str, table: str, condition: str) -> None:
    op.execute(f"DROP TRIGGER {trigger}")
    op.execute(
        f"CREATE TRIGGER {trigger} BEFORE UPDATE ON {table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is never changed'); END"
    )


def _refreeze_postgresql(trigger: str, table: str, condition: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {condition} THEN"
        f" RAISE EXCEPTION '{table} is never changed' USING ERRCODE = 'integrity_constraint_violation';"
        " END IF; RETURN NEW; END $$"
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
