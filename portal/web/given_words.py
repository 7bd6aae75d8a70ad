"""How « vous avez dit, nous avons fait » is told: what came of an action, the sheet, the page of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask_babel import format_percent, gettext, ngettext

from portal.certification.effects import Verdict
from portal.certification.giving import told
from portal.core.db import Scope
from portal.core.errors import NotFound
from portal.core.languages import LANGUAGES, N_
from portal.insight.queries import figures, today_at
from portal.insight.selection import Period, Selection, last_ended, span
from portal.people.rules import Role
from portal.printing.given import MOST, Sheet, Told
from portal.tenancy.queries import sites
from portal.web.dates import day_told
from portal.web.house import house
from portal.web.theme import corrected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from portal.certification.effects import Effect
    from portal.certification.giving import Entry
    from portal.core.db import Unit
    from portal.insight.catalogue import Figure
    from portal.web.guard import Desk

_MONTH = "LLLL y"
SINCE: dict[Verdict, str] = {
    Verdict.BETTER: N_("Since then, fewer messages about it"),
    Verdict.WORSE: N_("Since then, more messages about it: we go on"),
    Verdict.NO_CHANGE: N_("Since then, about as many messages about it"),
}
_TOO_EARLY = N_("Whether it helped cannot be told yet")


def since_told(effect: Effect | None) -> str:
    """What came of an action, for residents: the verdict alone.

    The counts behind it stay inside. Those of two actions, or of today and tomorrow, would differ by the few
    messages of a few days, which the display floor hides everywhere else.
    """
    if effect is None:
        return ""
    sentence = SINCE.get(effect.verdict, _TOO_EARLY)
    return str(gettext(sentence))


def everybody(structure_id: int, language: str) -> Scope:
    """The scope of whoever reads a publication: nobody in particular, and bound by the display floor."""
    return Scope.of(structure_id, locale=language)._replace(role=Role.MEDIATOR.value)


def share_told(figure: Figure) -> str:
    """The share of satisfied with its base beside it; "" below the floor."""
    if figure.value is None or figure.n is None:
        return ""
    opinions = ngettext("%(num)d opinion", "%(num)d opinions", figure.n)
    good = format_percent(figure.value)
    return str(gettext("The meeting went well: %(share)s (%(opinions)s)", share=good, opinions=opinions))


def told_on_page(u: Unit, language: str) -> list[dict[str, str]]:
    """What the page of results tells, each in the language it stands in."""
    return [
        {
            "said": one.said,
            "done": one.done,
            "when": one.when,
            "since": one.since,
            "lang": one.language,
            "dir": one.dir,
        }
        for one in _entries(told(u, language), language)
    ]


def _entries(found: Sequence[Entry], language: str) -> list[Told]:
    """What is told, the last first; what stands in another language comes after what stands in this one."""
    entries: list[Told] = []
    for one in found:
        best = one.best(language)
        if best is None or one.action.done_on is None:
            continue
        spoken, said = best
        when = day_told(one.action.done_on, _MONTH)
        entries.append(Told(said.said, said.done, when, since_told(one.effect), spoken))
    return sorted(entries, key=lambda one: one.language != language)


def sheet_of(desk: Desk, u: Unit, site_id: UUID | None) -> Sheet:
    """The sheet of a site, or of the whole structure. Raises `NotFound` for no site of it.

    The unit is `everybody`'s, and the language the one in force.
    """
    if desk.structure is None:
        raise NotFound("structure")
    language = u.scope.locale
    names = {one.id: one.name for one in sites(u)}
    if site_id is not None and site_id not in names:
        raise NotFound("site")
    entries = _entries(told(u, language, site_id=site_id), language)
    start, end = span(Period.TWELVE, last_ended(today_at(u)))
    share = share_told(figures(u, Selection(start, end, site_id)).values["satisfied"])
    theme = corrected(desk.structure.colour)
    period = f"{day_told(start, _MONTH)} \N{EN DASH} {day_told(end, _MONTH)}"
    base, slug = house().config.base_url, desk.slug
    address = f"{base}/p/{slug}/{language}/results"
    return Sheet(
        title=gettext("You said, we did"),
        structure=desk.structure.name,
        place=" · ".join([desk.structure.name, *([names[site_id]] if site_id else [])]),
        brand=theme.brand,
        on_brand=theme.on_brand,
        language=language,
        heads=(gettext("You said"), gettext("We did")),
        entries=entries[:MOST],
        nothing=gettext("We have published no change here yet."),
        share=f"{share}, {period}" if share else "",
        left_out=[_left_out(len(entries), taken) for taken in range(len(entries[:MOST]) + 1)],
        scan=gettext("All the changes and the results stand here."),
        payload=f"{base}/p/{slug}/{language}/results".upper(),
        address=address.removeprefix(f"{urlsplit(base).scheme}://"),
        alt=gettext("Square that leads to the results"),
        made=gettext("Made by Portevoix on %(date)s", date=day_told(today_at(u))),
    )


def _left_out(several: int, taken: int) -> str:
    """How many of them the sheet shows; "" when it shows all."""
    if taken >= several:
        return ""
    return str(gettext("The last changes: %(shown)d of %(all)d.", shown=taken, all=several))


def languages_offered(language: str) -> list[dict[str, Any]]:
    """The languages of a sheet, by their own names, that of the reader first."""
    tags = sorted(LANGUAGES, key=lambda tag: tag != language)
    return [{"value": tag, "label": LANGUAGES[tag].own_name} for tag in tags]
