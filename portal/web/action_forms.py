"""The forms of an action: what, who and when; what was done; another day; what is counted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import request
from flask_babel import gettext, lazy_gettext
from wtforms import Form, StringField, TextAreaField

from portal.cases.motifs import THEMES
from portal.certification.rules import MAX_WHAT, MAX_WORDS
from portal.core.languages import N_
from portal.people.queries import members
from portal.web.fields import Day, Pick, at_most, blame, needed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from portal.core.db import Unit
    from portal.core.errors import Invalid

USUAL = timedelta(days=28)
"""The day that a form for an action proposes."""
FAULTS: dict[tuple[str, str], str] = {
    ("what", "empty"): N_("Fill this in."),
    ("what", "long"): N_("Write at most %(limit)d characters."),
    ("who", "empty"): N_("Choose one of the list."),
    ("who", "unknown"): N_("Choose one of the list."),
    ("who", "concerned"): N_("This colleague is concerned: choose another one."),
    ("who", "same"): N_("This colleague does it already: choose another one."),
    ("when", "empty"): N_("Fill this in."),
    ("when", "past"): N_("This day has passed."),
    ("when", "far"): N_("This day is more than five years away."),
    ("when", "earlier"): N_("Choose a later day than the one that stands."),
    ("words", "empty"): N_("Fill this in."),
    ("words", "long"): N_("Write at most %(limit)d characters."),
}
"""What is wrong with a field, by its name and the reason that the action gave."""


class ActionForm(Form):  # type: ignore[misc]  # WTForms has no types
    """Three fields: what, who, when."""

    what = StringField(
        lazy_gettext("What will be done?"),
        [needed(), at_most(MAX_WHAT)],
        description=lazy_gettext("One sentence, without the name of a resident."),
        render_kw={"autocomplete": "off", "dir": "auto"},
    )
    who = Pick(lazy_gettext("Who does it?"))
    when = Day(lazy_gettext("Until when?"), [needed()])


class WordsForm(Form):  # type: ignore[misc]  # WTForms has no types
    """A word on what was done, or why it goes on."""

    words = TextAreaField(lazy_gettext("In a few words"), [needed(), at_most(MAX_WORDS)])


class HandForm(WordsForm):
    """Another colleague, and why."""

    who = Pick(lazy_gettext("Who does it?"))


class LaterForm(WordsForm):
    """Another day, and why."""

    when = Day(lazy_gettext("Until when?"), [needed()])


def offer_people(u: Unit, field: Any) -> None:
    """Let the members of the structure be chosen."""
    field.offer([(one.person.id, one.person.name) for one in members(u)])


def chosen_person(u: Unit, field: Any) -> UUID | None:
    """Whom the form names; None for nobody who works here."""
    found: UUID | None = field.chosen(one.person.id for one in members(u))
    return found


def tell(form: Any, fault: Invalid) -> None:
    """Put what an action found wrong at its field; a fault that the form knows already is not told twice."""
    field = form[fault.fact]
    if not field.errors:
        blame(field, gettext(FAULTS[fault.fact, str(fault.facts["reason"])], **fault.facts))


def motif_options(chosen: str | None) -> list[dict[str, Any]]:
    """The motifs in their themes, for a select; one no longer offered stays if it is chosen."""
    return [
        {
            "label": gettext(theme.label),
            "options": [
                {"value": one.code, "label": gettext(one.label)}
                for one in theme.motifs
                if one.is_offered or one.code == chosen
            ],
        }
        for theme in THEMES
    ]


def choices(rows: Iterable[tuple[object, str]], nothing: str) -> list[dict[str, str]]:
    """Options of a select, by value and label; the first chooses nothing."""
    return [{"value": "", "label": nothing}, *({"value": str(v), "label": label} for v, label in rows)]


def sent_version() -> int:
    """The version of what the page was made from; 0 without one."""
    return request.form.get("version", 0, type=int)
