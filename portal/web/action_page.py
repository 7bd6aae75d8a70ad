"""The page of one action: what, who, when, where it comes from, its effect, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from portal.cases.motifs import MOTIFS
from portal.certification.giving import is_verified
from portal.certification.measuring import effects, motif_of
from portal.certification.queries import action_by_number, sources_of, steps_of_action, what_of, words_of
from portal.certification.rules import ACTS, ORIGINS, ActionAct, Origin, is_late
from portal.core.languages import N_
from portal.people.queries import cards, members
from portal.people.rules import Permission
from portal.tenancy.queries import local_day, sites, teams
from portal.web.action_forms import choices, motif_options
from portal.web.dates import day_told
from portal.web.desk import form_errors, render_staff
from portal.web.effect_words import effect_told
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from flask import Response

    from portal.certification.effects import Effect
    from portal.certification.models import Action, ActionStep
    from portal.certification.queries import Source
    from portal.core.db import Unit
    from portal.people.queries import Card
    from portal.web.guard import Desk

_STALE = N_("The page has changed since you opened it. Look again, then send.")
DONE: dict[str, str] = {
    "opened": N_("The action is decided. Who does it will be reminded."),
    "done": N_("The action is done. Its effect is counted from now on."),
    "later": N_("The action has a new day."),
    "again": N_("The action goes on."),
    "counted": N_("From now on, these messages are counted."),
    "hand": N_("The action is handed over. Who does it will be reminded."),
}
"""What the page says after a change; the address names it."""
_WORDS = {
    "done": (N_("It is done"), N_("What was done? Where is the proof?"), N_("Done")),
    "later": (N_("Put it off"), N_("Why? The reason stays in the history."), N_("Put off")),
    "hand": (N_("Hand it over"), N_("Why? The reason stays in the history."), N_("Hand over")),
    "again": (N_("It is not done after all"), N_("Why does it go on?"), N_("Take it up again")),
}


_NAMES_OWNER = frozenset({ActionAct.OPENED, ActionAct.HANDED})
"""Acts whose line of the history says who does the action from then on."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A form that came back: which, with what was written, and whether the page was stale."""

    verb: str
    form: Any
    is_stale: bool = False

    @property
    def status(self) -> int:
        """The status of the page that shows it."""
        return 409 if self.is_stale else 422

    @property
    def errors(self) -> list[dict[str, str]]:
        """The faults for the summary, each leading to its field."""
        if self.is_stale:
            return [{"field": "next-step", "message": gettext(_STALE)}]
        return [{**one, "field": f"{self.verb}-{one['field']}"} for one in form_errors(self.form)]


def theirs(desk: Desk) -> UUID | None:
    """Whose actions alone this colleague sees: their own, unless the role reads the plan."""
    return None if desk.may(Permission.READ_ACTIONS) else desk.person.id


def action_page(desk: Desk, number: int, turned: Turned | None = None, *, done: str = "") -> Response:
    """The page; with what was refused still in its form."""
    with house().database.reading(desk.scope) as u:
        row = action_by_number(u, number, owner_id=theirs(desk))
        sources = sources_of(u, [row]).get(row.id, [])
        steps = [(one, words_of(u, one)) for one in steps_of_action(u, row.id)]
        what = what_of(u, row) or gettext("Text erased")
        known = cards(
            u, {row.owner_id} | {id_ for one, _ in steps for id_ in (one.by_id, one.owner_id) if id_}
        )
        today, effect = local_day(u), effects(u, [row], {row.id: sources})[row.id]
        places = {one.id: one.name for one in sites(u)} | {one.id: one.name for one in teams(u)}
        options = _places(u)
        people = [(one.person.id, one.person.name) for one in members(u) if one.person.id != row.owner_id]
        days = {one.id: local_day(u, one.at) for one, _ in steps}
    is_told = is_told_of(row, sources)
    decided_by = steps[0][0].by_id if steps else None
    motif = motif_of(row, sources) if is_told else None
    return render_staff(
        "staff/action.html",
        desk,
        turned.status if turned else 200,
        flashes=[gettext(DONE[done])] if done in DONE else [],
        version=str(row.version),
        urls={"list": desk.url("actions"), "tell": _tell_url(desk, row, effect if is_told else None)},
        action={"number": row.number, "what": what},
        tags=_tags(row, today),
        facts=_facts(row, known, places, motif, is_told=is_told),
        sources=[{"reference": one.reference, "url": _case_url(desk, one)} for one in sources],
        effect=effect_told(desk, effect) if row.done_on and is_told else None,
        forms=[
            _form(desk, row, one, turned.form if turned and turned.verb == one else None, people)
            for one in _offered(desk, row)
        ],
        counted=_counted(desk, row, options) if may_count(desk, row, decided_by, is_told=is_told) else None,
        history=[_step(one, words, known, days[one.id]) for one, words in steps],
        errors=turned.errors if turned else [],
    )


def is_told_of(row: Action, sources: Sequence[Source]) -> bool:
    """Whether this reader knows where it comes from; to whom its message names, it is one of the team's."""
    return row.origin is not Origin.CASE or bool(sources)


def shown_origin(row: Action, sources: Sequence[Source]) -> Origin:
    """Where it comes from, as this reader may know."""
    return row.origin if is_told_of(row, sources) else Origin.PLAN


def may_count(desk: Desk, row: Action, decided_by: UUID | None, *, is_told: bool) -> bool:
    """Whether this colleague may say by which messages it is measured.

    Of the team's own, whoever decided it: what comes from a message about a reader must look like these, and
    the reader must not change by what it is measured.
    """
    if not desk.may(Permission.MANAGE_ACTIONS):
        return False
    is_of_team = not is_told or row.origin is Origin.PLAN
    return not is_of_team or (is_told and decided_by == desk.person.id)


def _tell_url(desk: Desk, row: Action, effect: Effect | None) -> str | None:
    """Where residents are told of it; None for whom it does not concern, and before it may be told."""
    if not (is_verified(row, effect) and desk.may(Permission.READ_ACTIONS)):
        return None
    return desk.url("given-back", str(row.number))


def _tags(row: Action, today: date) -> list[dict[str, str]]:
    if row.done_on is not None:
        return [{"text": gettext("Carried out"), "tone": "done"}]
    if is_late(row.due_on, today, is_done=False):
        return [{"text": gettext("Late"), "tone": "late"}]
    return [{"text": gettext("Still to do"), "tone": ""}]


def _facts(
    row: Action, known: Mapping[UUID, Card], places: Mapping[UUID, str], motif: str | None, *, is_told: bool
) -> list[dict[str, str]]:
    owner = known.get(row.owner_id)
    origin = ORIGINS[row.origin if is_told else Origin.PLAN]
    facts = [
        {"label": gettext("Who"), "value": owner.name if owner else gettext("A colleague")},
        {"label": gettext("Until when"), "value": day_told(row.due_on, "full")},
        {"label": gettext("Where it comes from"), "value": gettext(origin)},
    ]
    if row.done_on is not None:
        facts.append({"label": gettext("Done on"), "value": day_told(row.done_on, "full")})
    if motif in MOTIFS:
        facts.append({"label": gettext("Subject"), "value": gettext(MOTIFS[motif].label)})
    if is_told:
        labels = ((gettext("Site"), row.site_id), (gettext("Team"), row.team_id))
        facts += [
            {"label": label, "value": places[key]}
            for label, key in labels
            if key is not None and key in places
        ]
    return facts


def _case_url(desk: Desk, source: Source) -> str | None:
    return desk.url("cases", source.reference) if desk.may(Permission.READ_CASES) else None


def _offered(desk: Desk, row: Action) -> list[str]:
    """What this colleague may do with the action: who does it may say that it is done, or put it off."""
    manages = desk.may(Permission.MANAGE_ACTIONS)
    if row.done_on is not None:
        return ["again"] if manages else []
    if manages:
        return ["done", "later", "hand"]
    return ["done", "later"] if row.owner_id == desk.person.id else []


def _form(
    desk: Desk, row: Action, verb: str, form: Any, people: Iterable[tuple[UUID, str]]
) -> dict[str, Any]:
    """A form as `step_form` takes it, with what was written if it came back refused."""
    label, hint, send = _WORDS[verb]
    fields = [_field("words", gettext("In a few words"), "textarea", form)]
    if verb == "later":
        fields.insert(0, _field("when", gettext("Until when?"), "date", form))
    if verb == "hand":
        who = _field("who", gettext("Who does it?"), "select", form)
        fields.insert(0, {**who, "options": choices(people, gettext("Choose"))})
    return {
        "verb": verb,
        "label": gettext(label),
        "hint": gettext(hint),
        "url": desk.url("actions", str(row.number), verb),
        "fields": fields,
        "send": gettext(send),
        "open": form is not None,
        "leading": verb == "done",
    }


def _field(name: str, label: str, kind: str, form: Any) -> dict[str, Any]:
    value, error = "", None
    if form is not None:
        field = form[name]
        value = field.data if kind in {"textarea", "select"} else field._value()  # noqa: SLF001 -- how WTForms gives it back
        error = field.errors[0] if field.errors else None
    told: dict[str, Any] = {"name": name, "label": label, "kind": kind, "value": value or "", "options": []}
    return {**told, "hint": None, "error": error}


def _places(u: Unit) -> dict[str, list[dict[str, str]]]:
    everywhere = gettext("Everywhere")
    return {
        "site": choices(((one.id, one.name) for one in sites(u)), everywhere),
        "team": choices(((one.id, one.name) for one in teams(u)), everywhere),
    }


def _counted(desk: Desk, row: Action, options: Mapping[str, list[dict[str, str]]]) -> dict[str, Any]:
    """The form that says which messages the action should make fewer."""
    motifs = [{"value": "", "label": gettext("That of the message")}, *motif_options(row.motif)]
    return {
        "url": desk.url("actions", str(row.number), "counted"),
        "motif": row.motif or "",
        "motifs": motifs,
        "site": str(row.site_id or ""),
        "sites": options["site"],
        "team": str(row.team_id or ""),
        "teams": options["team"],
    }


def _step(
    step: ActionStep, words: str | None, known: Mapping[UUID, Card], day: date
) -> dict[str, str | None]:
    card = known.get(step.by_id) if step.by_id else None
    whom = known.get(step.owner_id) if step.owner_id and step.act in _NAMES_OWNER else None
    return {
        "what": gettext(ACTS[step.act]),
        "whom": whom.name if whom else None,
        "who": card.name if card else gettext("A colleague"),
        "when": day_told(day, "long"),
        "due": day_told(step.due_on, "long") if step.due_on else None,
        "words": words,
    }
