"""The codes of a structure: what each square stands for, its pictures, cards to print, and their changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, request
from flask_babel import force_locale, gettext, lazy_gettext
from markupsafe import Markup
from wtforms import Form, StringField

from portal.channels.actions import CodeGiven, issue_code, replace_code, retire_code
from portal.channels.qr import checked, code_url
from portal.channels.queries import code_named, codes, scan_counts
from portal.channels.rules import CODE_KINDS, CodeKind
from portal.core.errors import NotFound, Retired
from portal.core.languages import LANGUAGES, N_
from portal.people.actions import journal
from portal.people.queries import members
from portal.people.rules import PERMISSIONS, Act, Permission, Role
from portal.tenancy.queries import agreements, current_structure, policy, sites, teams
from portal.web.desk import asked_offset, render_form, render_staff
from portal.web.fields import Pick, at_most
from portal.web.guard import requires
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from werkzeug.wrappers import Response as Redirect

    from portal.channels.models import Code
    from portal.channels.qr import CheckedQr
    from portal.core.db import Unit
    from portal.web.guard import Desk

bp = Blueprint("codes", __name__)

PAGE = 24
SHEET = 10
"""Cards on one A4 sheet."""
DONE: dict[str, str] = {
    "opened": N_("The points are open: print their codes, hand them out."),
    "issued": N_("The code is ready: print it, hand it out."),
    "retired": N_("The code is retired: whoever scans it is told so."),
    "replaced": N_("A new code stands in its place. Replace the old cards and posters."),
}
"""What the page says after an act; the address names it, for there is no store of notices."""
CARD_WORDS = N_("Tell us how it went. Aim your phone at this square.")
"""The sentence of a card, once in each language."""

NOT_INFORMED = N_(
    "A code that names a mediator stays closed until staff and works council are informed:"
    " write the date down in the settings."
)
_INFORMED = N_("Staff and works council are informed: a code that names a mediator opens at once.")
_SEPARATOR = " · "
_KEPT_SQUARES = 1_000
_MOST_LABEL = 80
_MIMETYPES = {"svg": "image/svg+xml", "png": "image/png"}


class CodeForm(Form):  # type: ignore[misc]  # WTForms has no types
    """What a new code stands for; the lists are filled with what the structure has."""

    kind = Pick(lazy_gettext("What is it for?"))
    label = StringField(
        lazy_gettext("Note for yourselves"),
        [at_most(_MOST_LABEL)],
        description=lazy_gettext("For example the hall where the poster hangs. Residents do not see it."),
        render_kw={"autocomplete": "off", "dir": "auto"},
    )
    site = Pick(lazy_gettext("Site"))
    team = Pick(lazy_gettext("Team"))
    agreement = Pick(lazy_gettext("Agreement"))
    mediator = Pick(lazy_gettext("Mediator"))


@dataclass(frozen=True, slots=True)
class Names:
    """How the places of codes are called, by their ids, and whether codes that name a mediator are open."""

    sites: Mapping[UUID, str]
    teams: Mapping[UUID, str]
    agreements: Mapping[UUID, str]
    mediators: Mapping[UUID, str]
    staff_informed: bool

    @classmethod
    def read(cls, u: Unit, *, with_people: bool) -> Names:
        """The names of this structure; without people, mediators stay unnamed."""
        joined = members(u) if with_people else []
        return cls(
            {one.id: one.name for one in sites(u)},
            {one.id: one.name for one in teams(u)},
            {one.id: f"{one.partner}, {one.purpose}" for one in agreements(u)},
            {one.person.id: one.person.name for one in joined if one.role is Role.MEDIATOR},
            policy(u).staff_informed_on is not None,
        )

    def place(self, code: Code) -> str:
        """Site, team, agreement and mediator of a code in one line."""
        found = (
            self.sites.get(code.site_id),
            self.teams.get(code.team_id) if code.team_id else None,
            self.agreements.get(code.agreement_id) if code.agreement_id else None,
            self.mediators.get(code.mediator_id) if code.mediator_id else None,
        )
        return _SEPARATOR.join(name for name in found if name)

    def is_open(self, code: Code) -> bool:
        """Whether a resident who scans it meets the questions."""
        return code.retired_at is None and (code.mediator_id is None or self.staff_informed)


@bp.get("/s/<slug>/codes")
@requires(Permission.READ_CODES)
def list_codes(desk: Desk) -> Response:
    """The codes in use, the newest first, then the retired ones."""
    offset = asked_offset()
    with house().database.reading(desk.scope) as u:
        rows = codes(u, offset=offset, most=PAGE + 1)
        names = Names.read(u, with_people=desk.may(Permission.MANAGE_CODES))
        # Counts of the day would tell a mediator whether the person they just met scanned their card.
        counts = scan_counts(u, [row.id for row in rows]) if _sees_scans(desk) else {}
    done = DONE.get(request.args.get("done", ""))
    return render_staff(
        "staff/codes.html",
        desk,
        flashes=[gettext(done)] if done else [],
        urls={
            "new": desk.url("codes", "new") if desk.may(Permission.MANAGE_CODES) else None,
            "cards": desk.url("codes", "cards") if any(names.is_open(row) for row in rows) else None,
            "print": desk.url("codes", "print") if any(names.is_open(row) for row in rows) else None,
            "paper": desk.url("opinions", "paper"),
        },
        codes=[_line(desk, row, names, counts.get(row.id)) for row in rows[:PAGE]],
        older=f"{desk.url('codes')}?offset={offset + PAGE}" if len(rows) > PAGE else None,
    )


@bp.get("/s/<slug>/codes/new")
@requires(Permission.MANAGE_CODES)
def new_code(desk: Desk) -> Response:
    """The form of a new code."""
    with house().database.reading(desk.scope) as u:
        return _form_page(desk, _form(u))


@bp.post("/s/<slug>/codes/new")
@requires(Permission.MANAGE_CODES)
def issue(desk: Desk) -> Response | Redirect:
    """The code is issued; 422 with every fault at its field, and nothing typed is lost."""
    with house().database.transaction(desk.scope) as u:
        form = _form(u)
        if not form.validate():
            return _form_page(desk, form)
        names = Names.read(u, with_people=True)
        given = CodeGiven(
            kind=CodeKind(form.kind.data),
            label=form.label.data or "",
            site_id=form.site.chosen(names.sites),
            team_id=form.team.chosen(names.teams),
            agreement_id=form.agreement.chosen(names.agreements),
            mediator_id=form.mediator.chosen(names.mediators),
        )
        row = issue_code(u, given)
        journal(u, Act.CODE_ISSUED, code=row.code)
    return _done(desk, "issued")


@bp.get("/s/<slug>/codes/<code>.<any(svg, png):picture>")
@requires(Permission.READ_CODES)
def square(desk: Desk, code: str, picture: str) -> Response:
    """The square of a code in use as a picture, read back by an independent reader (decisions, 32)."""
    with house().database.reading(desk.scope) as u:
        row = code_named(u, code)
    if row.retired_at is not None:
        raise Retired("code")
    drawn = _square(row.code)
    response = Response(drawn.svg if picture == "svg" else drawn.png, mimetype=_MIMETYPES[picture])
    response.headers["Content-Disposition"] = f'attachment; filename="{row.code}.{picture}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/s/<slug>/codes/<code>/retire")
@requires(Permission.MANAGE_CODES)
def retire(desk: Desk, code: str) -> Redirect:
    """The code answers "no longer used" from now on; what was said through it stays counted."""
    with house().database.transaction(desk.scope) as u:
        retire_code(u, code_named(u, code).id)
        journal(u, Act.CODE_RETIRED, code=code)
    return _done(desk, "retired")


@bp.post("/s/<slug>/codes/<code>/replace")
@requires(Permission.MANAGE_CODES)
def replace(desk: Desk, code: str) -> Redirect:
    """A new code with the same meaning; the old one is retired."""
    with house().database.transaction(desk.scope) as u:
        new = replace_code(u, code_named(u, code).id)
        journal(u, Act.CODE_REPLACED, code=code, new=new.code)
    return _done(desk, "replaced")


@bp.get("/s/<slug>/codes/cards")
@requires(Permission.READ_CODES)
def cards(desk: Desk) -> Response:
    """Cards to print: one of each open code (of a site), or a whole sheet of one (`?code=`)."""
    wanted = request.args.get("code")
    with house().database.reading(desk.scope) as u:
        names = Names.read(u, with_people=False)
        site_id = asked_site(names)
        rows = [
            row
            for row in ([code_named(u, wanted)] * SHEET if wanted else codes(u))
            if names.is_open(row)
            and site_id in {None, row.site_id}
            and (wanted or row.kind is not CodeKind.PARTNER)
        ]
        name = current_structure(u).name
    words = []
    for row in LANGUAGES.values():
        with force_locale(row.tag):
            words.append({"lang": row.tag, "dir": row.direction, "text": gettext(CARD_WORDS)})
    return render_staff(
        "staff/code_cards.html",
        desk,
        urls={"back": desk.url("codes")},
        cards=[
            {"code": row.code, "qr": drawn(row.code), "place": names.place(row), "structure": name}
            for row in rows
        ],
        words=words,
    )


def _sees_scans(desk: Desk) -> bool:
    return desk.role is not None and not PERMISSIONS[desk.role].floor


def asked_site(names: Names) -> UUID | None:
    """The site whose cards are asked for; None for all. Raises `NotFound` for one that is not here."""
    given = request.args.get("site", "")
    found = next((id_ for id_ in names.sites if str(id_) == given), None)
    if given and found is None:
        raise NotFound("site")
    return found


def _square(code: str) -> CheckedQr:
    return _read_back(code_url(house().config.base_url, code), code)


@lru_cache(maxsize=_KEPT_SQUARES)
def _read_back(address: str, code: str) -> CheckedQr:
    """The pictures of an address, read back once per process. Raises `Refused("qr")`."""
    return checked(address, title=code)


def drawn(code: str) -> Markup:
    """The square of a code as a picture in a page, read back."""
    return Markup(_square(code).svg)  # noqa: S704 -- drawn by us, its title a checked code


def _state(row: Code, names: Names) -> tuple[str, str]:
    """What is said of a code's state, and its tone."""
    if row.retired_at is not None:
        return gettext("Retired"), ""
    if not names.is_open(row):
        return gettext("Closed until the staff are informed"), "waiting"
    return gettext("In use"), "done"


def _line(desk: Desk, row: Code, names: Names, scans: int | None) -> dict[str, Any]:
    state, tone = _state(row, names)
    can_print, can_change = names.is_open(row), desk.may(Permission.MANAGE_CODES) and row.retired_at is None
    asks = can_print and row.kind is not CodeKind.PARTNER

    def address(end: str, *, if_: bool) -> str | None:
        return f"{desk.url('codes', row.code)}{end}" if if_ else None

    return {
        "code": row.code,
        "kind_label": gettext(CODE_KINDS[row.kind]),
        "label": row.label,
        "place": names.place(row),
        "qr": drawn(row.code) if row.retired_at is None else None,
        "scans": gettext("Scanned so far: %(n)d", n=scans) if scans else None,
        "state_label": state,
        "tone": tone,
        "urls": {
            "svg": address(".svg", if_=row.retired_at is None),
            "png": address(".png", if_=row.retired_at is None),
            "sheet": f"{desk.url('codes', 'cards')}?code={row.code}" if can_print else None,
            "print": f"{desk.url('codes', 'print')}?code={row.code}" if can_print else None,
            "paper": f"{desk.url('opinions', 'paper')}?code={row.code}" if asks else None,
            "tablet": f"/t/{row.code}" if asks else None,
            "retire": address("/retire", if_=can_change),
            "replace": address("/replace", if_=can_change),
        },
    }


def _form(u: Unit) -> CodeForm:
    """The form as sent, its lists filled with what the structure has; the address may choose from two."""
    asked = {name: request.args.get(name) for name in ("kind", "agreement")}
    form = CodeForm(request.form, data={name: value for name, value in asked.items() if value})
    names = Names.read(u, with_people=True)
    form.kind.offer((kind.value, gettext(label)) for kind, label in CODE_KINDS.items())
    form.site.offer(names.sites.items())
    form.team.offer(
        ((one.id, f"{one.name}{_SEPARATOR}{names.sites[one.site_id]}") for one in teams(u)),
        nothing=gettext("No team in particular"),
    )
    form.agreement.offer(names.agreements.items(), nothing=gettext("No agreement in particular"))
    form.mediator.offer(names.mediators.items(), nothing=gettext("No mediator in particular"))
    form.mediator.description = gettext(_INFORMED if names.staff_informed else NOT_INFORMED)
    return form


def _form_page(desk: Desk, form: CodeForm) -> Response:
    return render_form(
        desk,
        form,
        title=gettext("Issue a code"),
        lead=gettext("Figures can later be told by exactly what a code stands for."),
        submit=gettext("Issue the code"),
        post=desk.url("codes", "new"),
        back=desk.url("codes"),
    )


def _done(desk: Desk, what: str) -> Redirect:
    return redirect(f"{desk.url('codes')}?done={what}", 303)
