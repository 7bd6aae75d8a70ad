"""The ground: every table of the first version, what must never change, and the walls of PostgreSQL."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.LargeBinary(16).with_variant(postgresql.UUID(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

TABLES = (
    "job_due",
    "network",
    "person",
    "structure",
    "agreement",
    "auth_session",
    "case_counter",
    "code_directory",
    "event_chain",
    "journal_entry",
    "network_member",
    "outbox",
    "policy_version",
    "questionnaire",
    "site",
    "structure_key",
    "calendar_version",
    "item",
    "questionnaire_version",
    "team",
    "code",
    "invitation",
    "item_version",
    "membership",
    "rollup_month",
    "cases",
    "funnel_day",
    "response",
    "answer",
    "answer_text",
    "attachment",
    "case_event",
    "case_fact",
    "case_person",
    "clock",
    "message",
)
OWNED = (
    "agreement",
    "case_counter",
    "event_chain",
    "journal_entry",
    "network_member",
    "outbox",
    "policy_version",
    "questionnaire",
    "site",
    "structure_key",
    "calendar_version",
    "item",
    "questionnaire_version",
    "team",
    "code",
    "invitation",
    "item_version",
    "membership",
    "rollup_month",
    "cases",
    "funnel_day",
    "response",
    "answer",
    "answer_text",
    "attachment",
    "case_event",
    "case_fact",
    "case_person",
    "clock",
    "message",
)

# What is never changed: (trigger, table, event, condition under which the database refuses).
# Nobody deletes these rows. The erasure of a whole structure, when it comes, brings a condition of its own for
# all of them; until then there is no way round them.
FROZEN = (
    ("case_event_no_update", "case_event", "UPDATE", None),
    ("case_event_no_delete", "case_event", "DELETE", None),
    # A published version may only be retired; its document, number and publication stay.
    ("questionnaire_version_frozen", "questionnaire_version", "UPDATE",
     "OLD.state <> 'draft' AND NOT (NEW.state = 'retired' AND NEW.structure_id = OLD.structure_id"
     " AND NEW.id = OLD.id AND NEW.questionnaire_id = OLD.questionnaire_id AND NEW.number = OLD.number"
     " AND CAST(NEW.document AS TEXT) = CAST(OLD.document AS TEXT)"
     " AND NEW.document_sha256 = OLD.document_sha256 AND NEW.published_at IS NOT DISTINCT FROM OLD.published_at"
     " AND NEW.published_by IS NOT DISTINCT FROM OLD.published_by)"),
    ("questionnaire_version_no_delete", "questionnaire_version", "DELETE", "OLD.state <> 'draft'"),
    # Nor do its questions change: figures pool by what is written there.
    ("item_version_frozen", "item_version", "UPDATE",
     "EXISTS (SELECT 1 FROM questionnaire_version AS v WHERE v.state <> 'draft'"
     " AND (v.structure_id = OLD.structure_id AND v.id = OLD.version_id"
     " OR v.structure_id = NEW.structure_id AND v.id = NEW.version_id))"),
    ("item_version_no_delete", "item_version", "DELETE",
     "EXISTS (SELECT 1 FROM questionnaire_version AS v WHERE v.state <> 'draft'"
     " AND v.structure_id = OLD.structure_id AND v.id = OLD.version_id)"),
    # Publishing writes the version, then its questions, then makes it the current one: from then on it is full.
    ("item_version_no_insert", "item_version", "INSERT",
     "EXISTS (SELECT 1 FROM questionnaire_version AS v JOIN questionnaire AS q"
     " ON q.structure_id = v.structure_id AND q.id = v.questionnaire_id"
     " WHERE v.structure_id = NEW.structure_id AND v.id = NEW.version_id"
     " AND (v.state = 'retired' OR q.current_version_id = v.id))"),
    ("calendar_version_frozen", "calendar_version", "UPDATE", None),
    ("calendar_version_no_delete", "calendar_version", "DELETE", None),
    ("policy_version_frozen", "policy_version", "UPDATE", None),
    ("policy_version_no_delete", "policy_version", "DELETE", None),
    ("journal_entry_no_update", "journal_entry", "UPDATE", None),
)
# The journal tells what persons did: it is kept six months at least, so that nobody wipes a trace, and not for
# ever. A purge of older entries stays possible (CNIL, deliberation 2021-122: six months to one year).
FROZEN_ON_POSTGRESQL = (
    ("journal_entry_no_early_delete", "journal_entry", "DELETE", "OLD.at > now() - interval '6 months'"),
)
# INSERT OR REPLACE, which only SQLite knows, deletes the row in place past the triggers on DELETE (unless a
# setting of the connection is on), and UPDATE OR REPLACE the rows in its way.
FROZEN_ON_SQLITE = (
    ("journal_entry_no_early_delete", "journal_entry", "DELETE", "OLD.at > datetime('now', '-6 months')"),
    ("case_event_no_replace", "case_event", "INSERT",
     "EXISTS (SELECT 1 FROM case_event WHERE structure_id = NEW.structure_id"
     " AND (id = NEW.id OR number = NEW.number))"),
    ("questionnaire_version_no_replace", "questionnaire_version", "INSERT",
     "EXISTS (SELECT 1 FROM questionnaire_version WHERE structure_id = NEW.structure_id AND state <> 'draft'"
     " AND (id = NEW.id OR questionnaire_id = NEW.questionnaire_id AND number = NEW.number))"),
    ("questionnaire_version_no_overwrite", "questionnaire_version", "UPDATE",
     "EXISTS (SELECT 1 FROM questionnaire_version AS v WHERE v.rowid <> OLD.rowid AND v.state <> 'draft'"
     " AND v.structure_id = NEW.structure_id AND (v.id = NEW.id"
     " OR v.questionnaire_id = NEW.questionnaire_id AND v.number = NEW.number))"),
    ("calendar_version_no_replace", "calendar_version", "INSERT",
     "EXISTS (SELECT 1 FROM calendar_version WHERE structure_id = NEW.structure_id"
     " AND (id = NEW.id OR site_id = NEW.site_id AND number = NEW.number))"),
    ("policy_version_no_replace", "policy_version", "INSERT",
     "EXISTS (SELECT 1 FROM policy_version WHERE structure_id = NEW.structure_id"
     " AND (id = NEW.id OR number = NEW.number))"),
    ("journal_entry_no_replace", "journal_entry", "INSERT",
     "EXISTS (SELECT 1 FROM journal_entry WHERE structure_id = NEW.structure_id AND id = NEW.id)"),
)


def upgrade() -> None:
    """Create tables, triggers, and on PostgreSQL the row-level security."""
    op.create_table(
        "job_due",
        sa.Column("job", sa.String, nullable=False),
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("job", "structure_id", name="pk_job_due"),
    )
    op.create_table(
        "network",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("slug", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_network"),
        sa.UniqueConstraint("slug", name="uq_network_slug"),
    )
    op.create_table(
        "person",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("email_digest", sa.LargeBinary, nullable=False),
        sa.Column("email_sealed", sa.LargeBinary, nullable=False),
        sa.Column("name_sealed", sa.LargeBinary, nullable=False),
        sa.Column("password_hash", sa.String, nullable=True),
        sa.Column("locale", sa.String, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("email_digest", name="uq_person_email_digest"),
    )
    op.create_table(
        "structure",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("slug", sa.String, nullable=False),
        sa.Column("letters", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("colour", sa.String, nullable=False),
        sa.Column("branding_revision", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_structure"),
        sa.UniqueConstraint("letters", name="uq_structure_letters"),
        sa.UniqueConstraint("slug", name="uq_structure_slug"),
    )
    op.create_table(
        "agreement",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("partner", sa.String, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_agreement"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_agreement_structure_id"),
    )
    op.create_table(
        "auth_session",
        sa.Column("token_digest", sa.LargeBinary, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("token_digest", name="pk_auth_session"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_auth_session_person_id"),
    )
    op.create_index("ix_auth_session_person_id", "auth_session", ["person_id"])
    op.create_table(
        "case_counter",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "year", name="pk_case_counter"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_case_counter_structure_id"),
    )
    op.create_table(
        "code_directory",
        sa.Column("code", sa.String, nullable=False),
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("code_id", ROW_ID, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_code_directory"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_code_directory_structure_id"),
    )
    op.create_table(
        "event_chain",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", name="pk_event_chain"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_event_chain_structure_id"),
    )
    op.create_table(
        "journal_entry",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=True),
        sa.Column("act", sa.String, nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_journal_entry"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_journal_entry_structure_id"),
    )
    op.create_table(
        "network_member",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("network_id", sa.Integer, nullable=False),
        sa.Column("joined_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "network_id", name="pk_network_member"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_network_member_structure_id"),
    )
    op.create_table(
        "outbox",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("notice", sa.String, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=True),
        sa.Column("address_sealed", sa.LargeBinary, nullable=True),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("given_up_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_outbox"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_outbox_structure_id"),
    )
    op.create_index("ix_outbox_due", "outbox", ["structure_id", "sent_at", "next_try_at"])
    op.create_table(
        "policy_version",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("document_code", sa.String, nullable=False),
        sa.Column("document_version", sa.String, nullable=False),
        sa.Column("targets", DOCUMENT, nullable=False),
        sa.Column("staff_informed_on", sa.Date, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_policy_version"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_policy_version_structure_id"),
        sa.UniqueConstraint("structure_id", "number", name="uq_policy_version_structure_id_number"),
    )
    op.create_table(
        "questionnaire",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("audience", sa.String, nullable=False),
        sa.Column("default_language", sa.String, nullable=False),
        sa.Column("current_version_id", ROW_ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_questionnaire"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_questionnaire_structure_id"),
        sa.UniqueConstraint("structure_id", "code", name="uq_questionnaire_structure_id_code"),
    )
    op.create_table(
        "site",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("slug", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("is_main", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_site"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_site_structure_id"),
        sa.UniqueConstraint("structure_id", "slug", name="uq_site_structure_id_slug"),
    )
    op.create_table(
        "structure_key",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", name="pk_structure_key"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_structure_key_structure_id"),
    )
    op.create_table(
        "calendar_version",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("zone", sa.String, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_calendar_version"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_calendar_version_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "site_id"], ["site.structure_id", "site.id"], name="fk_calendar_version_structure_id_site_id"),
        sa.UniqueConstraint("structure_id", "site_id", "number", name="uq_calendar_version_structure_id_site_id_number"),
    )
    op.create_table(
        "item",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("questionnaire_id", ROW_ID, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("scale", sa.String, nullable=True),
        sa.Column("concept", sa.String, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_item"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_item_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "questionnaire_id"], ["questionnaire.structure_id", "questionnaire.id"], name="fk_item_structure_id_questionnaire_id"),
        sa.UniqueConstraint("structure_id", "questionnaire_id", "code", name="uq_item_structure_id_questionnaire_id_code"),
    )
    op.create_table(
        "questionnaire_version",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("questionnaire_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("document_sha256", sa.String, nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("published_by", ROW_ID, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_questionnaire_version"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_questionnaire_version_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "questionnaire_id"], ["questionnaire.structure_id", "questionnaire.id"], name="fk_questionnaire_version_structure_id_questionnaire_id"),
        sa.UniqueConstraint("structure_id", "questionnaire_id", "number", name="uq_questionnaire_version_structure_id_questionnaire_id_number"),
    )
    op.create_table(
        "team",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_team"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_team_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "site_id"], ["site.structure_id", "site.id"], name="fk_team_structure_id_site_id"),
    )
    op.create_table(
        "code",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=True),
        sa.Column("agreement_id", ROW_ID, nullable=True),
        sa.Column("mediator_id", ROW_ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.Column("replaced_by_id", ROW_ID, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_code"),
        sa.ForeignKeyConstraint(["mediator_id"], ["person.id"], name="fk_code_mediator_id"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_code_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "agreement_id"], ["agreement.structure_id", "agreement.id"], name="fk_code_structure_id_agreement_id"),
        sa.ForeignKeyConstraint(["structure_id", "replaced_by_id"], ["code.structure_id", "code.id"], name="fk_code_structure_id_replaced_by_id"),
        sa.ForeignKeyConstraint(["structure_id", "site_id"], ["site.structure_id", "site.id"], name="fk_code_structure_id_site_id"),
        sa.ForeignKeyConstraint(["structure_id", "team_id"], ["team.structure_id", "team.id"], name="fk_code_structure_id_team_id"),
        sa.UniqueConstraint("structure_id", "code", name="uq_code_structure_id_code"),
    )
    op.create_table(
        "invitation",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("token_digest", sa.LargeBinary, nullable=False),
        sa.Column("email_sealed", sa.LargeBinary, nullable=False),
        sa.Column("name_sealed", sa.LargeBinary, nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("team_id", ROW_ID, nullable=True),
        sa.Column("invited_by", ROW_ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_invitation"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_invitation_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "team_id"], ["team.structure_id", "team.id"], name="fk_invitation_structure_id_team_id"),
    )
    op.create_table(
        "item_version",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("version_id", ROW_ID, nullable=False),
        sa.Column("item_id", ROW_ID, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("required", sa.Boolean, nullable=False),
        sa.Column("meaning_rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "version_id", "item_id", name="pk_item_version"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_item_version_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "item_id"], ["item.structure_id", "item.id"], name="fk_item_version_structure_id_item_id"),
        sa.ForeignKeyConstraint(["structure_id", "version_id"], ["questionnaire_version.structure_id", "questionnaire_version.id"], name="fk_item_version_structure_id_version_id"),
    )
    op.create_table(
        "membership",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("team_id", ROW_ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_membership"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_membership_person_id"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_membership_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "team_id"], ["team.structure_id", "team.id"], name="fk_membership_structure_id_team_id"),
    )
    op.create_index("ix_membership_person_id", "membership", ["person_id"])
    op.create_table(
        "rollup_month",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("item_id", ROW_ID, nullable=False),
        sa.Column("meaning_rev", sa.Integer, nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("code_id", ROW_ID, nullable=False),
        sa.Column("choice", sa.String, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "item_id", "meaning_rev", "month", "site_id", "code_id", "choice", name="pk_rollup_month"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_rollup_month_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "item_id"], ["item.structure_id", "item.id"], name="fk_rollup_month_structure_id_item_id"),
    )
    op.create_table(
        "cases",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.Column("finding", sa.String(40), nullable=True),
        sa.Column("motif", sa.String, nullable=True),
        sa.Column("mode", sa.String(40), nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=True),
        sa.Column("agreement_id", ROW_ID, nullable=True),
        sa.Column("code_id", ROW_ID, nullable=True),
        sa.Column("calendar_id", ROW_ID, nullable=False),
        sa.Column("policy_id", ROW_ID, nullable=False),
        sa.Column("handler_id", ROW_ID, nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("due_on", sa.Date, nullable=True),
        sa.Column("locator", sa.String, nullable=False),
        sa.Column("secret_hash", sa.String, nullable=False),
        sa.Column("submit_key", sa.LargeBinary, nullable=False),
        sa.Column("key_wrapped", sa.LargeBinary, nullable=True),
        sa.Column("contact_kind", sa.String, nullable=False),
        sa.Column("contact_sealed", sa.LargeBinary, nullable=True),
        sa.Column("name_sealed", sa.LargeBinary, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_cases"),
        sa.ForeignKeyConstraint(["handler_id"], ["person.id"], name="fk_cases_handler_id"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_cases_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "agreement_id"], ["agreement.structure_id", "agreement.id"], name="fk_cases_structure_id_agreement_id"),
        sa.ForeignKeyConstraint(["structure_id", "calendar_id"], ["calendar_version.structure_id", "calendar_version.id"], name="fk_cases_structure_id_calendar_id"),
        sa.ForeignKeyConstraint(["structure_id", "code_id"], ["code.structure_id", "code.id"], name="fk_cases_structure_id_code_id"),
        sa.ForeignKeyConstraint(["structure_id", "policy_id"], ["policy_version.structure_id", "policy_version.id"], name="fk_cases_structure_id_policy_id"),
        sa.ForeignKeyConstraint(["structure_id", "site_id"], ["site.structure_id", "site.id"], name="fk_cases_structure_id_site_id"),
        sa.ForeignKeyConstraint(["structure_id", "team_id"], ["team.structure_id", "team.id"], name="fk_cases_structure_id_team_id"),
        sa.UniqueConstraint("structure_id", "locator", name="uq_cases_structure_id_locator"),
        sa.UniqueConstraint("structure_id", "reference", name="uq_cases_structure_id_reference"),
        sa.UniqueConstraint("structure_id", "submit_key", name="uq_cases_structure_id_submit_key"),
    )
    op.create_index("ix_cases_state", "cases", ["structure_id", "state", "due_on"])
    op.create_table(
        "funnel_day",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("code_id", ROW_ID, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "code_id", "day", "language", "stage", name="pk_funnel_day"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_funnel_day_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "code_id"], ["code.structure_id", "code.id"], name="fk_funnel_day_structure_id_code_id"),
    )
    op.create_table(
        "response",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("version_id", ROW_ID, nullable=False),
        sa.Column("code_id", ROW_ID, nullable=True),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=True),
        sa.Column("agreement_id", ROW_ID, nullable=True),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("submit_key", sa.LargeBinary, nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_response"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_response_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "code_id"], ["code.structure_id", "code.id"], name="fk_response_structure_id_code_id"),
        sa.ForeignKeyConstraint(["structure_id", "version_id"], ["questionnaire_version.structure_id", "questionnaire_version.id"], name="fk_response_structure_id_version_id"),
        sa.UniqueConstraint("structure_id", "submit_key", name="uq_response_structure_id_submit_key"),
    )
    op.create_index("ix_response_day", "response", ["structure_id", "day"])
    op.create_table(
        "answer",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("response_id", ROW_ID, nullable=False),
        sa.Column("item_id", ROW_ID, nullable=False),
        sa.Column("choice", sa.String, nullable=False),
        sa.Column("meaning_rev", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=True),
        sa.Column("agreement_id", ROW_ID, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "response_id", "item_id", name="pk_answer"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_answer_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "item_id"], ["item.structure_id", "item.id"], name="fk_answer_structure_id_item_id"),
        sa.ForeignKeyConstraint(["structure_id", "response_id"], ["response.structure_id", "response.id"], name="fk_answer_structure_id_response_id"),
    )
    op.create_index("ix_answer_item", "answer", ["structure_id", "item_id", "meaning_rev", "day", "choice"])
    op.create_table(
        "answer_text",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("response_id", ROW_ID, nullable=False),
        sa.Column("item_id", ROW_ID, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("key_wrapped", sa.LargeBinary, nullable=False),
        sa.Column("body_sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "response_id", "item_id", name="pk_answer_text"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_answer_text_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "item_id"], ["item.structure_id", "item.id"], name="fk_answer_text_structure_id_item_id"),
        sa.ForeignKeyConstraint(["structure_id", "response_id"], ["response.structure_id", "response.id"], name="fk_answer_text_structure_id_response_id"),
    )
    op.create_table(
        "attachment",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("body_sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_attachment"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_attachment_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "case_id"], ["cases.structure_id", "cases.id"], name="fk_attachment_structure_id_case_id"),
    )
    op.create_table(
        "case_event",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("actor_kind", sa.String, nullable=False),
        sa.Column("actor_id", ROW_ID, nullable=True),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("payload", DOCUMENT, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_case_event"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_case_event_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "case_id"], ["cases.structure_id", "cases.id"], name="fk_case_event_structure_id_case_id"),
        sa.UniqueConstraint("structure_id", "number", name="uq_case_event_structure_id_number"),
    )
    op.create_table(
        "case_fact",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=True),
        sa.Column("agreement_id", ROW_ID, nullable=True),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("answer_due_on", sa.Date, nullable=True),
        sa.Column("answered_on", sa.Date, nullable=True),
        sa.Column("ack_net_days", sa.Integer, nullable=True),
        sa.Column("first_response_net_days", sa.Integer, nullable=True),
        sa.Column("answer_net_days", sa.Integer, nullable=True),
        sa.Column("answer_gross_days", sa.Integer, nullable=True),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.Column("finding", sa.String(40), nullable=True),
        sa.Column("reopened", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "case_id", name="pk_case_fact"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_case_fact_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "case_id"], ["cases.structure_id", "cases.id"], name="fk_case_fact_structure_id_case_id"),
    )
    op.create_index("ix_case_fact_answer", "case_fact", ["structure_id", "kind", "answer_net_days"])
    op.create_index("ix_case_fact_received", "case_fact", ["structure_id", "kind", "received_on"])
    op.create_table(
        "case_person",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("person_id", ROW_ID, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "case_id", "person_id", name="pk_case_person"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_case_person_person_id"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_case_person_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "case_id"], ["cases.structure_id", "cases.id"], name="fk_case_person_structure_id_case_id"),
    )
    op.create_table(
        "clock",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.Column("target_days", sa.Integer, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("gross_days", sa.Integer, nullable=True),
        sa.Column("net_days", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "case_id", "name", name="pk_clock"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_clock_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "case_id"], ["cases.structure_id", "cases.id"], name="fk_clock_structure_id_case_id"),
    )
    op.create_table(
        "message",
        sa.Column("structure_id", sa.Integer, nullable=False),
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("direction", sa.String(40), nullable=False),
        sa.Column("author_id", ROW_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("body_sealed", sa.LargeBinary, nullable=False),
        sa.Column("translates_id", ROW_ID, nullable=True),
        sa.Column("submit_key", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("structure_id", "id", name="pk_message"),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name="fk_message_author_id"),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name="fk_message_structure_id"),
        sa.ForeignKeyConstraint(["structure_id", "case_id"], ["cases.structure_id", "cases.id"], name="fk_message_structure_id_case_id"),
        sa.ForeignKeyConstraint(["structure_id", "translates_id"], ["message.structure_id", "message.id"], name="fk_message_structure_id_translates_id"),
        sa.UniqueConstraint("structure_id", "submit_key", name="uq_message_structure_id_submit_key"),
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for trigger in FROZEN + (FROZEN_ON_POSTGRESQL if is_postgresql else FROZEN_ON_SQLITE):
        (_freeze_postgresql if is_postgresql else _freeze_sqlite)(*trigger)
    if is_postgresql:
        for table in OWNED:
            _wall(table)


def downgrade() -> None:
    """Drop everything."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for trigger, *_ in FROZEN + FROZEN_ON_POSTGRESQL:
            op.execute(f"DROP FUNCTION IF EXISTS {trigger}()")


def _freeze_sqlite(trigger: str, table: str, verb: str, condition: str | None) -> None:
    # Versions of SQLite before 3.39 know the standard's comparison by another name.
    when = f"WHEN {condition.replace('IS NOT DISTINCT FROM', 'IS')} " if condition else ""
    op.execute(
        f"CREATE TRIGGER {trigger} BEFORE {verb} ON {table} {when}"
        f"BEGIN SELECT RAISE(ABORT, '{table} is never changed'); END"
    )


def _freeze_postgresql(trigger: str, table: str, verb: str, condition: str | None) -> None:
    # The condition stands in the function: a WHEN takes no sub-select.
    op.execute(
        f"CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {condition or 'true'} THEN"
        f" RAISE EXCEPTION '{table} is never changed' USING ERRCODE = 'integrity_constraint_violation';"
        f" END IF; RETURN {'OLD' if verb == 'DELETE' else 'NEW'}; END $$"
    )
    op.execute(f"CREATE TRIGGER {trigger} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {trigger}()")


def _wall(table: str) -> None:
    """Rows are seen within `app.reads` and written within `app.structure_id`; without a setting, none.

    No sub-select in a policy (it could not be sharded). The owner needs a policy of its own: forced row
    security would otherwise hide every row from a migration, silently.
    """
    reads = "structure_id = ANY (string_to_array(nullif(current_setting('app.reads', true), ''), ',')::int[])"
    writes = "structure_id = nullif(current_setting('app.structure_id', true), '')::int"
    if table == "membership":
        reads += " OR person_id = nullif(current_setting('app.person_id', true), '')::uuid"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_structure_read ON {table} FOR SELECT USING ({reads})")
    op.execute(f"CREATE POLICY of_structure_write ON {table} FOR ALL USING ({writes}) WITH CHECK ({writes})")
    op.execute(f"CREATE POLICY owner_all ON {table} FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)")
