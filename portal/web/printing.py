"""Codes on paper: a page that offers every format, and the PDF of each, read back before it is sent."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from flask_babel import force_locale, format_decimal, gettext

from portal.channels.qr import code_url
from portal.channels.queries import code_named, codes
from portal.core.errors import Invalid, NotFound, Refused, Retired
from portal.core.languages import LANGUAGES, N_
from portal.people.rules import Permission
from portal.printing.formats import FORMATS, RULER, Format, Shift
from portal.printing.making import Order, Picture, Square, Words, looked_at, made
from portal.tenancy.branding import logo_of
from portal.web.codes import CARD_WORDS, NOT_INFORMED, Names, asked_site
from portal.web.desk import render_staff
from portal.web.guard import requires
from portal.web.house import house
from portal.web.theme import corrected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.channels.models import Code
    from portal.core.db import Unit
    from portal.tenancy.pictures import Drawn
    from portal.web.guard import Desk

bp = Blueprint("printing", __name__)

CALL = N_("Give your opinion")
"""The few words of a badge and a sticker."""
INVITATION = N_("Here, your opinion counts.")
"""What a poster says from afar."""
HOW = N_("Aim your phone at this square.")
TRUST = N_("A few questions, no name needed.")
RULER_WORDS = N_("Print at 100 %%: this ruler measures %(length)d mm.")

_SPECIMEN = "SAMPLE"
"""No code holds an L: a card to look at leads nowhere."""
SHEET = "sheet"
SHIFTS: dict[str, str] = {
    "right": N_("Move to the right (mm)"),
    "down": N_("Move down (mm)"),
    "gap_x": N_("Gap between columns (mm)"),
    "gap_y": N_("Gap between rows (mm)"),
}
"""What can be set on a sheet, by argument: the fields of `Shift`."""
NOTES: dict[str, str] = {
    "card": N_("To hand over. One per page, for a card printer or a printing house."),
    "badge": N_("To wear. It names the structure and nobody else."),
    "sheet": N_("On A4, with marks to cut along, or on stock that is cut already."),
    "sticker": N_("For a door or a letter."),
    "poster-a4": N_("Every language; the square is read from one metre away."),
    "poster-a3": N_("Every language; the square is read from one and a half metres away."),
}
"""One line on each format, for whoever chooses."""
FAULTS: dict[str, tuple[int, str]] = {
    "fonts": (
        503,
        N_("The fonts for printing are not on this server: whoever runs it installs “fonts-noto-core”."),
    ),
    "glyph": (
        422,
        N_("No font of this server has a letter of these words, and it would be printed as a box: %(told)s"),
    ),
    "room": (422, N_("The words do not fit: the name is too long for this format.")),
    "many": (422, N_("These are too many codes for one file: choose a site, or print them one by one.")),
    "shift": (422, N_("A sheet can be moved by 15 mm at most; write millimetres such as 1.5.")),
    "closed": (422, NOT_INFORMED),
    "none": (422, N_("No code is open here: issue one first.")),
}
"""Status and sentence for each reason why nothing is printed."""


@bp.get("/s/<slug>/codes/print")
@requires(Permission.READ_CODES)
def choose(desk: Desk) -> Response:
    """Every format, for one code (`?code=`), those of a site (`?site=`), or all that are open."""
    with house().database.reading(desk.scope) as u:
        _wanted(u, Names.read(u, with_people=False))
    return _choice(desk)


@bp.get("/s/<slug>/codes/print/<any(card, badge, sheet, sticker, 'poster-a4', 'poster-a3'):what>.pdf")
@requires(Permission.READ_CODES)
def printed(desk: Desk, what: str) -> Response:
    """The PDF; when it cannot be made, the page of formats with the reason on top."""
    try:
        pdf, name = _pdf(desk, what)
    except Refused as refusal:
        reason = str(refusal.facts.get("reason"))
        if refusal.fact != "print" or reason not in FAULTS:
            raise
        return _choice(desk, reason, told=refusal.facts.get("told"))
    except Invalid as fault:
        if fault.fact != "shift":
            raise
        return _choice(desk, fault.fact, field=str(fault.facts["field"]))
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _pdf(desk: Desk, what: str) -> tuple[bytes, str]:
    """The file and its name."""
    if desk.structure is None:
        raise NotFound("structure")
    format_, shift = FORMATS[what], _shift()
    with house().database.reading(desk.scope) as u:
        names = Names.read(u, with_people=False)
        rows = _wanted(u, names)
        places, logo = [names.place(row) for row in rows], logo_of(u)
    if not rows:
        raise Refused("print", reason="closed" if "code" in request.args else "none")
    if format_.per_page > 1 and len(rows) == 1:
        rows, places = rows * format_.per_page, places * format_.per_page
    sign = Sign(desk.structure.name, desk.structure.colour, logo)
    order = order_for(sign, desk.language, format_, squares_of(rows, places), shift)
    code = rows[0].code if len({row.code for row in rows}) == 1 else ""
    return made(format_, order), _file_name(format_, desk.slug, code)


def _wanted(u: Unit, names: Names) -> list[Code]:
    """The open codes that are asked for. Raises `NotFound`, `Retired`."""
    asked, site_id = request.args.getlist("code"), asked_site(names)
    rows = [code_named(u, code) for code in dict.fromkeys(asked)] if asked else list(codes(u))
    if asked and any(row.retired_at is not None for row in rows):
        raise Retired("code")
    return [row for row in rows if names.is_open(row) and site_id in {None, row.site_id}]


def _shift() -> Shift:
    """What was typed, with a comma or a point. Raises `Invalid("shift")` with the `field`."""
    given = {}
    for name in SHIFTS:
        try:
            given[name] = float(request.args.get(name, "").strip().replace(",", ".") or 0)
        except ValueError:
            raise Invalid("shift", field=name) from None
    return Shift(**given)


@dataclass(frozen=True, slots=True)
class Sign:
    """What a structure shows on paper: its name, its colour as wished, its logo."""

    name: str
    colour: str
    logo: Drawn | None


def specimen(sign: Sign, language: str) -> bytes:
    """A card to look at, as a PNG; its code leads nowhere. Raises `Refused` as `made` does."""
    url = code_url(house().config.base_url, _SPECIMEN)
    square = Square(_SPECIMEN, url, "", gettext("Square of the code %(code)s", code=_SPECIMEN))
    return looked_at(FORMATS["card"], order_for(sign, language, FORMATS["card"], [square], Shift()))


def squares_of(rows: Sequence[Code], places: Sequence[str]) -> list[Square]:
    """The codes as they are printed, each with its place."""
    base_url = house().config.base_url
    return [
        Square(
            row.code,
            code_url(base_url, row.code),
            place,
            gettext("Square of the code %(code)s", code=row.code),
        )
        for row, place in zip(rows, places, strict=True)
    ]


def order_for(sign: Sign, language: str, format_: Format, squares: Sequence[Square], shift: Shift) -> Order:
    """What is printed of a structure in a format."""
    theme, logo = corrected(sign.colour), sign.logo
    return Order(
        squares=squares,
        words=_words(format_),
        structure=sign.name,
        host=urlsplit(house().config.base_url).netloc,
        brand=theme.brand,
        on_brand=theme.on_brand,
        language=language,
        title=f"{gettext(format_.label)} · {sign.name}",
        ruler=gettext(RULER_WORDS, length=RULER),
        shift=shift,
        logo=None if logo is None else Picture(logo.paper, logo.width, logo.height),
    )


def _words(format_: Format) -> list[Words]:
    """What residents read, in as many languages as the format has room for."""
    words = []
    for row in list(LANGUAGES.values())[: format_.most_languages]:
        with force_locale(row.tag):
            words.append(
                Words(
                    row.tag,
                    row.direction,
                    gettext(CALL),
                    gettext(CARD_WORDS),
                    gettext(INVITATION),
                    gettext(HOW),
                    gettext(TRUST),
                )
            )
    return words


def _choice(desk: Desk, fault: str = "", *, field: str = "formats", **told: object) -> Response:
    """The page of formats; with a fault, what is wrong stands on top and nothing typed is lost."""
    status, sentence = FAULTS.get(fault, (200, ""))
    errors = [{"field": field, "message": gettext(sentence, **told)}] if fault else []
    return render_staff(
        "staff/code_print.html",
        desk,
        status,
        errors=errors,
        urls={"back": desk.url("codes")},
        code=request.args.get("code"),
        kept=[(name, value) for name in ("code", "site") for value in request.args.getlist(name)],
        formats=[_offer(desk, what) for what in FORMATS],
    )


def _offer(desk: Desk, what: str) -> dict[str, Any]:
    shifts = SHIFTS if what == SHEET else {}
    return {
        "label": gettext(FORMATS[what].label),
        "note": gettext(NOTES[what]),
        "size": [format_decimal(side) for side in (FORMATS[what].width, FORMATS[what].height)],
        "url": desk.url("codes", "print", f"{what}.pdf"),
        "fields": [
            {"name": name, "label": gettext(label), "value": request.args.get(name, "")}
            for name, label in shifts.items()
        ],
    }


def _file_name(format_: Format, slug: str, code: str) -> str:
    """Such as `affiche-a4-passerelle-7KQ4M2.pdf`: in ASCII, which every system keeps."""
    plain = unicodedata.normalize("NFKD", gettext(format_.label)).encode("ascii", "ignore").decode().lower()
    words = re.findall("[a-z0-9]+", plain) or [format_.drawing]
    return "-".join([*words, slug, *([code] if code else [])]) + ".pdf"
