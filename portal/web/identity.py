"""Name, colour and logo: changed on one page, looked at on the next, kept only then.

Nothing is stored between the two. What was typed travels in the page; a logo that was sent travels there too,
drawn anew already and sealed, so that what is kept is what was looked at, to the byte.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import redirect, request
from flask_babel import gettext

from portal.core.errors import Expired, Invalid, Tampered
from portal.core.languages import N_
from portal.people.actions import journal
from portal.people.rules import Act, Permission
from portal.tenancy.actions import set_branding
from portal.tenancy.branding import drop_logo, keep_logo, logo_of
from portal.tenancy.pictures import Drawn, redrawn
from portal.tenancy.queries import current_structure
from portal.tenancy.rules import COLOUR
from portal.web.desk import form_errors, render_staff
from portal.web.fields import blame
from portal.web.guard import requires, takes
from portal.web.house import house
from portal.web.identity_preview import previewed
from portal.web.printing import Sign
from portal.web.settings_forms import IdentityForm
from portal.web.settings_page import logo_picture, logo_words

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.core.crypto import JSON
    from portal.tenancy.models import Structure
    from portal.web.guard import Desk

MOST_BYTES = 12 * 1024 * 1024
"""A photo as a telephone takes it still gets a sentence of ours, not a bare refusal."""
_WAITING = "logo"
_WAITING_AGE = timedelta(hours=24)
_KEEP, _CHANGE = "keep", "change"

STALE = N_("Somebody has changed this meanwhile. Look at the settings, then send again what you still want.")
LOGO_FAULTS: dict[str, str] = {
    "size": N_("This file is too big: 4 MB at most. Export the logo 600 pixels wide, then send that."),
    "drawing": N_("This is an SVG drawing. Export it as PNG, 600 pixels wide or more, then send that."),
    "form": N_("This is no PNG, JPEG or WebP picture. Export the logo as PNG, then send that."),
    "broken": N_("This picture is cut short or damaged. Export the logo again, then send that."),
    "many": N_("This picture has too many pixels. Export the logo 600 pixels wide, then send that."),
    "shape": N_("This picture is more than six times as long as wide. Send a more compact form of the logo."),
    "tiny": N_("This picture is too small and would be blurred. Send one of 200 pixels or more."),
    "blank": N_("On white, nothing of this picture can be seen. Send the dark form of the logo."),
    "waited": N_("This page has waited too long: choose the file again. The rest is still here."),
}
"""What is said of a logo that cannot be taken, by the fault's reason, and what to do."""
_NO_COLOUR = N_("Write a colour like this: #17606b")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What would be kept: `sent` is a logo that is new, `logo` the one that pages would show."""

    name: str
    colour: str
    sent: Drawn | None
    logo: Drawn | None


@takes(MOST_BYTES)
@requires(Permission.MANAGE_SETTINGS)
def identity(desk: Desk) -> ResponseReturnValue:
    """Another name, colour or logo: typed, looked at, kept or changed again (`do` of the form)."""
    with house().database.reading(desk.scope) as u:
        now, standing = current_structure(u), logo_of(u)
    form = IdentityForm(request.form, data={"name": now.name, "colour": now.colour})
    if request.method == "GET":
        return _form_page(desk, form, now, standing)
    is_good, sent = form.validate(), _sent(form, now)
    if is_good and not COLOUR.fullmatch(form.colour.data):
        blame(form.colour, gettext(_NO_COLOUR))
    do = request.form.get("do")
    if do == _CHANGE and not form.logo.errors:
        return _form_page(desk, _unblamed(form), now, standing, sent)
    if form.errors:
        return _form_page(desk, form, now, standing, sent)
    logo = None if form.no_logo.data else sent or standing
    wanted = Wanted(form.name.data.strip(), form.colour.data, sent, logo)
    if do == _KEEP:
        return _kept(desk, form, now, wanted) or _form_page(desk, form, now, standing, sent)
    return _preview_page(desk, form, now, wanted)


def _sent(form: Any, now: Structure) -> Drawn | None:
    """The logo of this form: a file, else one that waited in the page; None without, or a faulty one."""
    file = request.files.get("logo")
    try:
        if file is not None and file.filename:
            return redrawn(file.stream.read())
        return _waited(request.form.get("waiting", ""), now)
    except Invalid as fault:
        blame(form.logo, gettext(LOGO_FAULTS[str(fault.facts["reason"])]))
    except (Expired, Tampered):
        too_late = LOGO_FAULTS["waited"]
        blame(form.logo, gettext(too_late))
    return None


def _waiting(drawn: Drawn | None, now: Structure) -> str:
    """The logo as it waits in a page; "" without one."""
    if drawn is None:
        return ""
    png = b64encode(drawn.paper).decode()
    told: dict[str, JSON] = {
        "of": now.id,
        "png": png,
        "width": drawn.width,
        "height": drawn.height,
        "small": drawn.small,
    }
    return house().tokens.seal(_WAITING, told, now=house().clock.now())


def _waited(token: str, now: Structure) -> Drawn | None:
    """The logo that waited; None without. Raises `Tampered`, also for another structure's, or `Expired`."""
    if not token:
        return None
    told = house().tokens.open(_WAITING, token, now=house().clock.now(), max_age=_WAITING_AGE)
    if told["of"] != now.id:
        raise Tampered("token", purpose=_WAITING)
    return Drawn(b64decode(told["png"]), told["width"], told["height"], told["small"])


def _kept(desk: Desk, form: Any, now: Structure, wanted: Wanted) -> ResponseReturnValue | None:
    """The way back, once all is written; None when somebody was quicker."""
    with house().database.transaction(desk.scope) as u:
        stands = current_structure(u).branding_revision
        if request.args.get("seen", type=int) != stands:
            now.branding_revision = stands
            form.is_stale = True
            blame(form.name, gettext(STALE))
            return None
        change = "same"
        if wanted.logo is None:
            change = "gone" if drop_logo(u) else "none"
        elif wanted.sent is not None:
            keep_logo(u, wanted.sent)
            change = "new"
        row = set_branding(u, name=wanted.name, colour=wanted.colour)
        facts = {"revision": str(row.branding_revision), "logo": change}
        journal(u, Act.BRANDING_CHANGED, by=desk.person.id, **facts)
    return redirect(f"{desk.url('settings')}?done={Act.BRANDING_CHANGED.value}", 303)


def _unblamed(form: Any) -> Any:
    """The form as typed, without a word on what is wrong: its author goes on with it."""
    for field in form:
        field.errors = ()
    return form


def _form_page(
    desk: Desk, form: Any, now: Structure, standing: Drawn | None, sent: Drawn | None = None
) -> Response:
    faults = form_errors(form)
    is_stale = getattr(form, "is_stale", False)
    seen = now.branding_revision if is_stale else request.args.get("seen", now.branding_revision, type=int)
    return render_staff(
        "staff/identity.html",
        desk,
        409 if is_stale else 422 if faults else 200,
        form=form,
        errors=faults,
        letters=now.letters,
        logo=None if standing is None else {**logo_picture(standing), "words": gettext(logo_words(standing))},
        sent=None if sent is None else logo_picture(sent),
        waiting=_waiting(sent, now),
        urls={"post": f"{request.path}?seen={seen}", "back": desk.url("settings")},
    )


def _preview_page(desk: Desk, form: Any, now: Structure, wanted: Wanted) -> Response:
    seen = request.args.get("seen", now.branding_revision, type=int)
    given = {
        "name": form.name.data,
        "colour": form.colour.data,
        "no_logo": "y" if form.no_logo.data else "",
        "waiting": _waiting(wanted.sent, now),
    }
    return previewed(
        desk,
        now,
        Sign(wanted.name, wanted.colour, wanted.logo),
        given={name: value for name, value in given.items() if value},
        post=f"{request.path}?seen={seen}",
    )
