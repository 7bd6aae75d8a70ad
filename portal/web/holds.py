"""Holding what a dispute needs: the form on the page of durations, and the list of what is held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from flask_babel import gettext, lazy_gettext
from wtforms import Form, StringField

from portal.cases.queries import case_by_id
from portal.core.errors import Invalid
from portal.core.languages import N_
from portal.people.actions import journal
from portal.people.queries import cards
from portal.people.rules import Act
from portal.protection.holding import (
    MOST_REASON,
    end_hold,
    hold_case,
    hold_register,
    holds,
    reason_of,
    renew_hold,
)
from portal.records.queries import name_of, registers
from portal.records.rules import Standing
from portal.tenancy.queries import local_day
from portal.web.dates import day_told
from portal.web.fields import Day, Pick, at_most, blame, optional
from portal.web.house import house

if TYPE_CHECKING:
    from uuid import UUID

    from portal.core.db import Unit
    from portal.protection.models import LegalHold
    from portal.web.guard import Desk

_FAULTS: dict[tuple[str, str], str] = {
    ("reference", "empty"): N_("Write the reference of a message, or choose a register."),
    ("reference", "both"): N_("Hold one thing at a time: a message or a register."),
    ("reference", "unknown"): N_("We find no message with this reference."),
    ("reference", "erased"): N_("The words of this message were erased: there is nothing to hold."),
    ("reference", "held"): N_("This message is held already: renew it in the list."),
    ("register", "unknown"): N_("Choose one of the list."),
    ("register", "held"): N_("This register is held already: renew it in the list."),
    ("reason", "empty"): N_("Fill this in."),
    ("reason", "long"): N_("Shorten this."),
    ("until", "empty"): N_("Fill this in."),
    ("until", "past"): N_("This day has passed."),
    ("until", "far"): N_("A hold lasts a year at most; it can be renewed."),
}


class HoldForm(Form):  # type: ignore[misc]  # WTForms has no types
    """What is held, why and until when."""

    reference = StringField(
        lazy_gettext("Reference of the message"),
        description=lazy_gettext("Such as PAS-2027-000123."),
        render_kw={"autocomplete": "off", "dir": "ltr"},
    )
    register = Pick(lazy_gettext("Or a register of before"))
    reason = StringField(
        lazy_gettext("Why"),
        [at_most(MOST_REASON)],
        description=lazy_gettext("For example: complaint before a court, request of an authority."),
        render_kw={"autocomplete": "off", "dir": "auto"},
    )
    until = Day(lazy_gettext("Until"), [optional()])


def offer_registers(u: Unit, form: Any) -> None:
    """Let a register be chosen whose words still stand."""
    taken = [one for one in registers(u) if one.standing is Standing.TAKEN and one.key_wrapped is not None]
    worded = [(one.id, name_of(u, one)) for one in taken]
    form.register.offer(worded, nothing=gettext("None"))


def begin_hold(desk: Desk, form: Any) -> bool:
    """Whether it is held now; else each wrong field has its error."""
    with house().database.transaction(desk.scope) as u:
        offer_registers(u, form)
        if not form.validate():
            return False
        try:
            row = _hold(u, form)
        except Invalid as fault:
            blame(form[fault.fact], gettext(_FAULTS[fault.fact, str(fault.facts["reason"])]))
            return False
        journal(u, Act.HOLD_BEGUN, by=desk.person.id, hold=str(row.id))
    return True


def _hold(u: Unit, form: Any) -> LegalHold:
    reference = (form.reference.data or "").strip()
    register_id = form.register.chosen([one.id for one in registers(u)])
    if bool(reference) == bool(register_id):
        raise Invalid("reference", reason="both" if reference else "empty")
    reason, until = form.reason.data or "", form.until.data
    if reference:
        return hold_case(u, reference, reason, until)
    return hold_register(u, register_id, reason, until)


def renewed(desk: Desk, hold_id: UUID) -> bool:
    """Whether the hold lasts until the day that was sent; False for a day that cannot be."""
    form = HoldForm(request.form)
    try:
        with house().database.transaction(desk.scope) as u:
            renew_hold(u, hold_id, form.until.data)
            journal(u, Act.HOLD_RENEWED, by=desk.person.id, hold=str(hold_id))
    except Invalid:
        return False
    return True


def ended(desk: Desk, hold_id: UUID) -> None:
    """The hold is over. Raises `NotFound`, `Conflict`."""
    with house().database.transaction(desk.scope) as u:
        end_hold(u, hold_id)
        journal(u, Act.HOLD_ENDED, by=desk.person.id, hold=str(hold_id))


def hold_rows(u: Unit, desk: Desk) -> list[dict[str, Any]]:
    """What is held, with why, by whom, until when, and the way to renew or end it."""
    rows = holds(u)
    known = cards(u, {row.held_by for row in rows})
    names = {one.id: one for one in registers(u)}
    base = ("settings", "retention", "holds")
    return [
        {
            "what": _what(u, row, names),
            "reason": reason_of(u, row),
            "told": gettext(
                "Until %(day)s, by %(who)s since %(since)s",
                day=day_told(row.until_on, "long"),
                who=known[row.held_by].name if row.held_by in known else gettext("A colleague"),
                since=day_told(local_day(u, row.held_at), "long"),
            ),
            "kept": row.kept_at is not None,
            "renew": desk.url(*base, str(row.id), "renew"),
            "end": desk.url(*base, str(row.id), "end"),
        }
        for row in rows
    ]


def _what(u: Unit, row: LegalHold, names: dict[UUID, Any]) -> str:
    if row.case_id is not None:
        return case_by_id(u, row.case_id).reference
    register = next(one for one_id, one in names.items() if one_id == row.register_id)
    return str(gettext("Register %(name)s", name=name_of(u, register)))
