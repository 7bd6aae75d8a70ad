"""What is given back: campaigns, « vous avez dit, nous avons fait », thanks to teams, results from before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_READS = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
_WRITES = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"
TABLES = (
    *("campaign", "campaign_action", "given_back", "thanks_given", "thanks_case"),
    *("earlier_series", "earlier_result"),
)

_WORDS = ("structure_id", "id", "action_id", "language", "number", "written_at", "written_by")
"""What of the two sentences never changes; who checked and who withdrew them is set once."""
_SET_ONCE = ("checked_at", "checked_by", "withdrawn_at", "withdrawn_by")
_CAMPAIGN = (
    *("structure_id", "id", "number", "name", "source", "offer_id", "first_day", "last_day", "site_id"),
    *("agreement_id", "opened_at", "opened_by", "closed_at", "closed_by"),
)
"""What of a closed campaign never changes, besides its figures; its note alone may go, in its time."""
FROZEN = (
    ("campaign_no_delete", "campaign", "DELETE", "OLD.closed_at IS NOT NULL"),
    ("given_back_no_delete", "given_back", "DELETE", None),
)
FROZEN_ON_SQLITE = (
    ("campaign_no_replace", "campaign", "INSERT",
     "EXISTS (SELECT 1 FROM campaign WHERE structure_id = NEW.structure_id AND closed_at IS NOT NULL"
     " AND (id = NEW.id OR number = NEW.number OR offer_id = NEW.offer_id))"),
    ("campaign_no_overwrite", "campaign", "UPDATE",
     "EXISTS (SELECT 1 FROM campaign AS c WHERE c.rowid <> OLD.rowid AND c.closed_at IS NOT NULL"
     " AND c.structure_id = NEW.structure_id"
     " AND (c.id = NEW.id OR c.number = NEW.number OR c.offer_id = NEW.offer_id))"),
    ("given_back_no_replace", "given_back", "INSERT",
     "EXISTS (SELECT 1 FROM given_back WHERE structure_id = NEW.structure_id AND (id = NEW.id"
     " OR (action_id = NEW.action_id AND language = NEW.language AND number = NEW.number)))"),
)


def _campaign_changed(is_postgresql: bool) -> str:
    """The condition under which a closed campaign would be changed: all but that its note goes."""
    differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
    figures = "figures::text" if is_postgresql else "figures"
    fixed = [f"NEW.{name} {differs} OLD.{name}" for name in (*_CAMPAIGN, figures)]
    note = f"(NEW.note_sealed {differs} OLD.note_sealed AND NEW.note_sealed IS NOT NULL)"
    return f"OLD.closed_at IS NOT NULL AND ({' OR '.join((*fixed, note))})"


def _changed(is_postgresql: bool) -> str:
    """The condition under which the two sentences, or who answers for them, would be changed afterwards.

    The words alone may go, once they are withdrawn: somebody may have been recognised in them.
    """
    differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
    fixed = [f"NEW.{name} {differs} OLD.{name}" for name in _WORDS]
    once = [f"(OLD.{name} IS NOT NULL AND NEW.{name} {differs} OLD.{name})" for name in _SET_ONCE]
    words = (
        f"(NEW.words_sealed {differs} OLD.words_sealed"
        " AND (NEW.words_sealed IS NOT NULL OR NEW.withdrawn_at IS NULL))"
    )
    return " OR ".join((*fixed, *once, words))


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
        "campaign",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("offer_id", ROW_ID, nullable=True),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=True),
        sa.Column("agreement_id", ROW_ID, nullable=True),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("opened_by", ROW_ID, nullable=True),
        sa.Column("note_sealed", sa.LargeBinary, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("closed_by", ROW_ID, nullable=True),
        sa.Column("figures", DOCUMENT, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_campaign"),
        _structure("campaign"),
        _inside("campaign", "site_id", "site"),
        _inside("campaign", "agreement_id", "agreement"),
        _person("campaign", "opened_by"),
        _person("campaign", "closed_by"),
        sa.UniqueConstraint("structure_id", "number", name="uq_campaign_structure_id_number"),
        sa.UniqueConstraint("structure_id", "offer_id", name="uq_campaign_structure_id_offer_id"),
    )
    op.create_table(
        "campaign_action",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("campaign_id", ROW_ID, nullable=False),
        sa.Column("action_id", ROW_ID, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "campaign_id", "action_id", name="pk_campaign_action"),
        _structure("campaign_action"),
        _inside("campaign_action", "campaign_id", "campaign"),
        _inside("campaign_action", "action_id", "improvement_action"),
    )
    op.create_table(
        "given_back",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("action_id", ROW_ID, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("words_sealed", sa.LargeBinary, nullable=True),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.Column("written_by", ROW_ID, nullable=False),
        sa.Column("checked_at", INSTANT, nullable=True),
        sa.Column("checked_by", ROW_ID, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_by", ROW_ID, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_given_back"),
        _structure("given_back"),
        _inside("given_back", "action_id", "improvement_action"),
        _person("given_back", "written_by"),
        _person("given_back", "checked_by"),
        _person("given_back", "withdrawn_by"),
        sa.UniqueConstraint(
            *("structure_id", "action_id", "language", "number"),
            name="uq_given_back_structure_id_action_id_language_number",
        ),
        sa.CheckConstraint("checked_by <> written_by", name="ck_given_back_second_person"),
        sa.CheckConstraint(
            "(checked_at IS NULL) = (checked_by IS NULL)", name="ck_given_back_checked_by_somebody"
        ),
    )
    op.create_table(
        "thanks_given",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("words_sealed", sa.LargeBinary, nullable=True),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("response_id", ROW_ID, nullable=True),
        sa.Column("team_id", ROW_ID, nullable=True),
        sa.Column("person_id", ROW_ID, nullable=True),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("given_by", ROW_ID, nullable=False),
        sa.Column("checked_at", INSTANT, nullable=True),
        sa.Column("checked_by", ROW_ID, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_by", ROW_ID, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_thanks_given"),
        _structure("thanks_given"),
        _inside("thanks_given", "team_id", "team"),
        _person("thanks_given", "person_id"),
        _person("thanks_given", "given_by"),
        _person("thanks_given", "checked_by"),
        _person("thanks_given", "withdrawn_by"),
        sa.UniqueConstraint("structure_id", "number", name="uq_thanks_given_structure_id_number"),
        sa.CheckConstraint("checked_by <> given_by", name="ck_thanks_given_second_person"),
    )
    op.create_table(
        "thanks_case",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("thanks_id", ROW_ID, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "case_id", "thanks_id", name="pk_thanks_case"),
        _structure("thanks_case"),
        _inside("thanks_case", "case_id", "cases"),
        _inside("thanks_case", "thanks_id", "thanks_given"),
    )
    op.create_table(
        "earlier_series",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("taken_by", ROW_ID, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.Column("undone_by", ROW_ID, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_earlier_series"),
        _structure("earlier_series"),
        _person("earlier_series", "taken_by"),
        _person("earlier_series", "undone_by"),
    )
    op.create_table(
        "earlier_result",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("series_id", ROW_ID, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("question", sa.String, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("satisfied", sa.Integer, nullable=True),
        sa.Column("tenths", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_earlier_result"),
        _structure("earlier_result"),
        _inside("earlier_result", "series_id", "earlier_series"),
        sa.CheckConstraint("(satisfied IS NULL) <> (tenths IS NULL)", name="ck_earlier_result_one_figure"),
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    kept = (
        ("given_back_frozen", "given_back", "UPDATE", _changed(is_postgresql)),
        ("campaign_frozen", "campaign", "UPDATE", _campaign_changed(is_postgresql)),
    )
    for trigger in (*FROZEN, *kept, *(() if is_postgresql else FROZEN_ON_SQLITE)):
        (_freeze_postgresql if is_postgresql else _freeze_sqlite)(*trigger)
    if is_postgresql:
        for table in TABLES:
            _wall(table)


def downgrade() -> None:
    """Drop what was added."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for trigger in (*(name for name, *_ in FROZEN), "given_back_frozen", "campaign_frozen"):
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
