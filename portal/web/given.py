"""« Vous avez dit, nous avons fait »: what may be told, its two sentences by language, the second look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from flask_babel import force_locale, gettext, lazy_gettext
from wtforms import BooleanField, Form, StringField

from portal.cases.motifs import MOTIFS
from portal.certification.giving import MAX_SAID, Said, check, entries, entry_of, is_verified, withdraw, write
from portal.certification.measuring import motif_of
from portal.certification.queries import action_by_number, sources_of, what_of
from portal.core.errors import Conflict, Invalid, NotFound, Refused
from portal.core.languages import DEFAULT, LANGUAGES, N_
from portal.people.queries import cards
from portal.people.rules import Permission
from portal.printing.given import given_sheet
from portal.tenancy.queries import local_day, sites
from portal.web.action_page import is_told_of
from portal.web.dates import day_told
from portal.web.desk import form_errors, render_staff
from portal.web.effect_words import effect_told
from portal.web.fields import at_most, blame, needed
from portal.web.given_words import everybody, languages_offered, sheet_of, since_told
from portal.web.guard import Desk, requires
from portal.web.house import house
from portal.web.papers_words import sent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from portal.certification.giving import Entry, Writing
    from portal.certification.models import Action
    from portal.core.db import Unit
    from portal.people.queries import Card

bp = Blueprint("given", __name__)

DONE: dict[str, str] = {
    "written": N_("Kept. A colleague reads it now, before residents do."),
    "checked": N_("Residents may read it from now on."),
    "withdrawn": N_("Withdrawn: nobody outside reads it any more."),
}
_STALE = N_("The page has changed since you opened it. Look again, then send.")
_SECOND = N_("Another colleague must read it: not the one who wrote it.")
_LANGUAGES = ", ".join(LANGUAGES)


class SaidForm(Form):  # type: ignore[misc]  # WTForms has no types
    """Two sentences."""

    said = StringField(
        lazy_gettext("You said…"),
        [needed(), at_most(MAX_SAID)],
        description=lazy_gettext("One short sentence, as a resident would put it."),
        render_kw={"autocomplete": "off", "maxlength": MAX_SAID},
    )
    did = StringField(
        lazy_gettext("We did…"),
        [needed(), at_most(MAX_SAID)],
        description=lazy_gettext("What has changed, in one short sentence."),
        render_kw={"autocomplete": "off", "maxlength": MAX_SAID},
    )


class WithdrawForm(Form):  # type: ignore[misc]  # WTForms has no types
    """Whether the words go as well."""

    erase = BooleanField(
        lazy_gettext("Erase the words too"),
        description=lazy_gettext("If somebody could be recognised in them"),
    )


@bp.get("/s/<slug>/given-back")
@requires(Permission.READ_ACTIONS)
def list_given(desk: Desk) -> Response:
    """The actions that may be told of, and what residents read of each."""
    with house().database.reading(desk.scope) as u:
        found = entries(u)
        sources = sources_of(u, [one.action for one in found])
        lines = [
            _line(desk, one, what_of(u, one.action))
            for one in found
            if is_told_of(one.action, sources.get(one.action.id, ()))
        ]
        places = [{"value": str(one.id), "label": one.name} for one in sites(u)]
    return render_staff(
        "staff/given.html",
        desk,
        urls={
            "plan": desk.url("actions"),
            "sheet": desk.url("papers", "given-back.pdf"),
            "page": _results_url(desk),
        },
        entries=lines,
        sites=[{"value": "", "label": gettext("The whole structure")}, *places],
        languages=languages_offered(desk.language),
        may_print=desk.may(Permission.READ_REGISTER),
    )


def _results_url(desk: Desk) -> str:
    return f"/p/{desk.slug}/{desk.language}/results"


def _line(desk: Desk, one: Entry, what: str) -> dict[str, Any]:
    done_on = one.action.done_on
    return {
        "number": one.action.number,
        "what": what,
        "url": desk.url("given-back", str(one.action.number)),
        "done": day_told(done_on) if done_on else "",
        "since": since_told(one.effect),
        "states": [
            {"language": language.own_name, "lang": tag, "dir": language.direction, **_state(one, tag)}
            for tag, language in LANGUAGES.items()
        ],
    }


def _state(one: Entry, language: str) -> dict[str, str]:
    """A word and a tone for how it stands in a language."""
    if one.waiting(language):
        return {"text": gettext("Waits for a second look"), "tone": "waiting"}
    if one.shown(language):
        return {"text": gettext("Shown to residents"), "tone": "done"}
    if one.writings.get(language):
        return {"text": gettext("Withdrawn"), "tone": ""}
    return {"text": gettext("Not written yet"), "tone": ""}


@bp.get("/s/<slug>/given-back/<int:number>")
@requires(Permission.READ_ACTIONS)
def one_given(desk: Desk, number: int) -> Response:
    """What is told of one action, in each language."""
    return _page(desk, number)


def _action(u: Unit, number: int) -> Action:
    """The action. Raises `NotFound`, also for whom its message names: all here tells what it is about."""
    found = action_by_number(u, number)
    if not is_told_of(found, sources_of(u, [found]).get(found.id, ())):
        raise NotFound("action")
    return found


def _page(
    desk: Desk,
    number: int,
    *,
    turned: tuple[str, Any] | None = None,
    status: int = 200,
    fault: str | None = None,
) -> Response:
    """The page; `turned` is the language of a form that came back, with what was written."""
    with house().database.reading(desk.scope) as u:
        action = _action(u, number)
        one, what = entry_of(u, action), what_of(u, action)
        rows = [each.row for several in one.writings.values() for each in several]
        known = cards(u, {by for row in rows for by in (row.written_by, row.checked_by) if by})
        motif = MOTIFS.get(motif_of(action, sources_of(u, [action]).get(action.id, ())) or "")
        days = {row.id: local_day(u, row.checked_at or row.written_at) for row in rows}
    verified = is_verified(action, one.effect)
    writes = verified and desk.may(Permission.MANAGE_ACTIONS)
    sections = []
    for tag in LANGUAGES:
        form = turned[1] if turned and turned[0] == tag else None
        sections.append(
            {
                **_section(desk, one, tag, known, days),
                "step": _step(desk, one, tag, form, _proposed(one, tag, what, motif.label if motif else ""))
                if writes
                else None,
            }
        )
    errors = (
        []
        if turned is None
        else [{**each, "field": f"{turned[0]}-{each['field']}"} for each in form_errors(turned[1])]
    )
    if fault is not None:
        errors = [{"field": "main", "message": fault}]
    effect = effect_told(desk, one.effect) if action.done_on else None
    done = DONE.get(request.args.get("done", ""))
    return render_staff(
        "staff/given_one.html",
        desk,
        status,
        flashes=[gettext(done)] if done and not errors else [],
        urls={
            "list": desk.url("given-back"),
            "action": desk.url("actions", str(number)),
            "page": _results_url(desk),
            "withdraw": desk.url("given-back", str(number), "withdraw")
            if rows and any(row.withdrawn_at is None for row in rows) and desk.may(Permission.MANAGE_ACTIONS)
            else None,
        },
        entry={"number": number, "what": what, "since": since_told(one.effect)},
        is_verified=verified,
        effect=effect,
        sections=sections,
        withdrawing=WithdrawForm(),
        errors=errors,
    )


def _section(
    desk: Desk, one: Entry, tag: str, known: Mapping[UUID, Card], days: Mapping[UUID, Any]
) -> dict[str, Any]:
    shown, waiting = one.shown(tag), one.waiting(tag)
    may_check = (
        waiting is not None and waiting.row.written_by != desk.person.id and desk.may(Permission.HANDLE_CASES)
    )
    return {
        "lang": tag,
        "dir": LANGUAGES[tag].direction,
        "name": LANGUAGES[tag].own_name,
        "heads": _heads(tag),
        "state": _state(one, tag),
        "shown": _told(shown, known, days) if shown else None,
        "waiting": _told(waiting, known, days) if waiting else None,
        "check": desk.url("given-back", str(one.action.number), tag, "check") if may_check else None,
        "is_own": waiting is not None and waiting.row.written_by == desk.person.id,
        "number": waiting.row.number if waiting else 0,
    }


def _heads(tag: str) -> tuple[str, str]:
    """What begins each of the two sentences, in their language."""
    with force_locale(tag):
        return gettext("You said"), gettext("We did")


def _told(one: Writing, known: Mapping[UUID, Card], days: Mapping[UUID, Any]) -> dict[str, str]:
    def named(person_id: UUID | None) -> str:
        card = known.get(person_id) if person_id else None
        return card.name if card else gettext("A colleague")

    row, day = one.row, day_told(days[one.row.id])
    answers = (
        gettext(
            "Written by %(author)s, read by %(reader)s on %(date)s.",
            author=named(row.written_by),
            reader=named(row.checked_by),
            date=day,
        )
        if row.checked_by
        else gettext("Written by %(author)s on %(date)s.", author=named(row.written_by), date=day)
    )
    return {
        "said": one.said.said if one.said else "",
        "did": one.said.done if one.said else "",
        "answers": str(answers),
    }


def _proposed(one: Entry, tag: str, what: str, motif: str) -> Said:
    """What a form begins with: what stands already, else the subject, in French the action's own words."""
    last = one.waiting(tag) or one.shown(tag)
    if last and last.said:
        return last.said
    with force_locale(tag):
        subject = gettext(motif) if motif else ""
    return Said(subject, what[:MAX_SAID] if tag == DEFAULT else "")


def _step(desk: Desk, one: Entry, tag: str, form: Any, proposed: Said) -> dict[str, Any]:
    """The form of a language as `step_form` takes it, with what was written if it came back refused."""
    given = form or SaidForm(said=proposed.said, did=proposed.done)
    fields = [
        {
            "name": field.name,
            "label": field.label.text,
            "kind": "text",
            "value": field.data or "",
            "options": [],
            "hint": field.description,
            "error": field.errors[0] if field.errors else None,
            "attributes": {**(field.render_kw or {}), "lang": tag, "dir": LANGUAGES[tag].direction},
        }
        for field in given
    ]
    last = max((each.row.number for each in one.writings.get(tag, ())), default=0)
    return {
        "verb": tag,
        "label": gettext("Write it anew") if last else gettext("Write it"),
        "hint": gettext(
            "Name nobody, and nothing by which somebody could be recognised: "
            "no first name, no address, no day."
        ),
        "url": desk.url("given-back", str(one.action.number), tag),
        "fields": fields,
        "send": gettext("Give to a colleague to read"),
        "open": form is not None,
        "leading": False,
        "after": str(last),
    }


@bp.post(f"/s/<slug>/given-back/<int:number>/<any({_LANGUAGES}):tag>")
@requires(Permission.MANAGE_ACTIONS)
def keep(desk: Desk, number: int, tag: str) -> ResponseReturnValue:
    """The sentences wait for a second person; 422 and 409 show them again."""
    form: Any = SaidForm(request.form)
    with house().database.reading(desk.scope) as u:
        _action(u, number)
    if not form.validate():
        return _page(desk, number, turned=(tag, form), status=422)
    try:
        with house().database.transaction(desk.scope) as u:
            given = Said(form.said.data, form.did.data)
            after = request.form.get("version", 0, type=int)
            write(u, _action(u, number), tag, given, after=after)
    except Invalid as fault:
        blame(form["did" if fault.fact == "done" else "said"], gettext("Fill this in."))
        return _page(desk, number, turned=(tag, form), status=422)
    except (Conflict, Refused):
        return _page(desk, number, turned=(tag, form), status=409, fault=gettext(_STALE))
    return _back(desk, number, "written", tag)


@bp.post(f"/s/<slug>/given-back/<int:number>/<any({_LANGUAGES}):tag>/check")
@requires(Permission.HANDLE_CASES)
def read_by_second(desk: Desk, number: int, tag: str) -> ResponseReturnValue:
    """A second person has read it; whoever wrote it is refused, and a page that is stale."""
    try:
        with house().database.transaction(desk.scope) as u:
            check(u, _action(u, number), tag, request.form.get("version", 0, type=int))
    except Conflict:
        return _page(desk, number, status=409, fault=gettext(_STALE))
    except Refused:
        return _page(desk, number, status=403, fault=gettext(_SECOND))
    return _back(desk, number, "checked", tag)


@bp.post("/s/<slug>/given-back/<int:number>/withdraw")
@requires(Permission.MANAGE_ACTIONS)
def take_back(desk: Desk, number: int) -> ResponseReturnValue:
    """Nobody outside reads it any more."""
    form: Any = WithdrawForm(request.form)
    with house().database.transaction(desk.scope) as u:
        withdraw(u, _action(u, number), erase=bool(form.erase.data))
    return _back(desk, number, "withdrawn", "main")


def _back(desk: Desk, number: int, what: str, place: str) -> ResponseReturnValue:
    return redirect(f"{desk.url('given-back', str(number))}?done={what}#{place}", 303)


@bp.get("/s/<slug>/papers/given-back.pdf")
@requires(Permission.READ_REGISTER)
def sheet(desk: Desk) -> Response:
    """The sheet of a site in a language; of the whole structure and in one's own unless asked."""
    if desk.structure is None:
        raise NotFound("structure")
    asked, language = request.args.get("site", ""), request.args.get("language", desk.language)
    if language not in LANGUAGES:
        raise NotFound("language")
    try:
        site_id = UUID(asked) if asked else None
    except ValueError:
        raise NotFound("site") from None
    with house().database.reading(everybody(desk.structure.id, language)) as u, force_locale(language):
        told = sheet_of(desk, u, site_id)
        return sent(given_sheet(told), "application/pdf", f"{told.title} {told.place}")
