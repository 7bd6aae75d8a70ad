"""The words of the dashboard: from figures to sentences, notes and tiles in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import format_decimal, format_percent, get_locale, gettext, ngettext

from portal.core.languages import N_
from portal.insight.catalogue import FRAGILE_BELOW, INDICATORS, MIN_FOR_PERCENTILES, Unit
from portal.insight.floor import FLOOR
from portal.insight.selection import last_ended
from portal.web.dates import day_told

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from portal.insight.catalogue import Figure
    from portal.insight.queries import Figures

NOT_SHOWN = N_("not shown")
_APART = N_("Who is helped by the team speaks better of it: these stand in no other figure of this page.")
NOTHING_TO_TELL = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Links:
    """Ways on: from a figure's id to its list (None without the right), from a place to its own figures."""

    to_list: Callable[[str], str | None]
    to_place: Callable[[str, UUID], str]


def sentences(found: Figures) -> list[str]:
    """What to know first: satisfaction, promises kept, promises broken today."""
    values = found.values
    return [
        _satisfaction(values["opinions"], values["satisfied"]),
        _promises(values["complaints_on_time"]),
        _late(values["complaints_late"]),
    ]


def _satisfaction(opinions: Figure, satisfied: Figure) -> str:
    if satisfied.is_withheld:
        return str(gettext("Too few opinions to tell how satisfied people are without recognising anybody."))
    if satisfied.value is None:
        nobody = (
            N_("Nobody said yet how it went.") if opinions.value else N_("No opinion for this choice yet.")
        )
        return str(gettext(nobody))
    told = gettext(
        "Of %(n)s opinions, %(share)s are “Good” (between %(low)s and %(high)s).",
        n=number(satisfied.n),
        share=percent(satisfied.value),
        low=percent(satisfied.low),
        high=percent(satisfied.high),
    )
    is_fragile = (satisfied.n or 0) < FRAGILE_BELOW
    return " ".join([told, *([gettext("That is few: read it with care.")] if is_fragile else [])])


def _promises(on_time: Figure) -> str:
    if on_time.is_withheld:
        return str(gettext("Too few complaints to tell whether the answers came on time."))
    if on_time.value is None:
        return str(gettext("No complaint has reached its promised day."))
    return str(gettext("Complaints answered on time: %(kept)s.", kept=_of(on_time)))


def _late(late: Figure) -> str:
    if late.is_withheld:
        return str(gettext("Too few complaints to tell how many are late today."))
    if not late.value:
        return str(gettext("No complaint is late today."))
    return str(gettext("Complaints late today: %(n)s.", n=number(late.value)))


def notes(found: Figures) -> list[str]:
    """What a reader bound by the display floor must know to read the page; nothing for others."""
    if not found.reader.is_floored:
        return []
    told = [gettext("The running month appears once it is over: figures go up to %(day)s.", day=_day(found))]
    if found.selection.has_place:
        told.append(gettext("One place at a time, over twelve months."))
    elif found.places is None:
        told.append(gettext("Sites, teams and agreements are told over twelve months only."))
    told.append(gettext("Who does not know is not counted here."))
    told.append(
        gettext(
            "“Not shown”: fewer than %(floor)d, or a number from which so few could be worked out.",
            floor=FLOOR,
        )
    )
    return told


def numbers(found: Figures, links: Links) -> list[dict[str, Any]]:
    """The four figures on top."""
    satisfied, late = found.values["satisfied"], found.values["complaints_late"]
    on_time = found.values["complaints_on_time"]
    return [
        _tile(found.values["opinions"], links),
        _tile(satisfied, links, note=_bounds(satisfied)),
        _promise_tile(on_time, links),
        _tile(late, links, tone="" if late.value is None else "late" if late.value else "good"),
    ]


def _promise_tile(on_time: Figure, links: Links) -> dict[str, Any]:
    """The promises kept: of a few, as counts alone, since 100 % of three says too much."""
    if on_time.value is None:
        return _tile(on_time, links)
    is_few = (on_time.n or 0) < MIN_FOR_PERCENTILES
    told = _tile(on_time, links, note="" if is_few else _of(on_time))
    return {**told, "value": _of(on_time)} if is_few else told


def tiles(found: Figures, links: Links) -> list[dict[str, Any]]:
    """The delays: half and nine in ten, or why they are not told."""
    return [
        *(_delay(found, name, links) for name in ("first_response", "answer", "answer_gross")),
        *([_delay(found, "entry_lag", links)] if found.ways_in and found.ways_in.lags else []),
        *_afterwards(found, links),
    ]


def assisted(found: Figures, links: Links) -> dict[str, Any] | None:
    """What was answered with the help of one of us, apart from every other figure; None of nothing."""
    opinions, satisfied = found.values["opinions_assisted"], found.values["satisfied_assisted"]
    if not opinions.value and not opinions.is_withheld:
        return None
    return {
        "text": " ".join([_helped(opinions, satisfied), gettext(_APART)]),
        "url": links.to_list("opinions_assisted"),
    }


def _helped(opinions: Figure, satisfied: Figure) -> str:
    if opinions.is_withheld:
        return str(gettext("Too few opinions were given on paper with our help to tell how many."))
    n = int(opinions.value or 0)
    told = ngettext(
        "%(num)d more opinion was given on paper with our help.",
        "%(num)d more opinions were given on paper with our help.",
        n,
    )
    if satisfied.value is None:
        return str(told)
    good = gettext(
        "Among the %(n)s who could say, %(share)s: “Good”.",
        n=number(satisfied.n),
        share=percent(satisfied.value),
    )
    return f"{told} {good}"


def _afterwards(found: Figures, links: Links) -> list[dict[str, Any]]:
    """What was passed on and who was told, as counts: of a few a share says too much."""
    if found.afterwards is None:
        return []
    shown = ["answers_told"] if found.afterwards.answered else []
    shown += ["passed_on_known"] if found.afterwards.passed_on else []
    return [_promise_tile(found.values[name], links) for name in shown]


def _tile(figure: Figure, links: Links, *, note: str = "", tone: str = "") -> dict[str, Any]:
    return {
        "id": figure.id,
        "label": gettext(INDICATORS[figure.id].label),
        "value": value_of(figure),
        "note": note,
        "url": links.to_list(figure.id),
        "tone": tone,
    }


def _delay(found: Figures, name: str, links: Links) -> dict[str, Any]:
    half, most = found.values[f"{name}_median"], found.values.get(f"{name}_p90")
    if half.is_withheld:
        note = ""
    elif half.value is None:
        note = gettext("%(n)s so far: told from %(least)d on.", n=number(half.n), least=MIN_FOR_PERCENTILES)
    else:
        told = [gettext("nine in ten within %(days)s", days=number(most.value))] if most else []
        note = " · ".join([*told, *([] if half.n is None else [f"n = {number(half.n)}"])])
    return _tile(half, links, note=note)


def value_of(figure: Figure) -> str:
    """A figure with its unit; a dash where there is nothing to tell, words where it is withheld."""
    if figure.is_withheld:
        return str(gettext(NOT_SHOWN))
    if figure.value is None:
        return NOTHING_TO_TELL
    unit = INDICATORS[figure.id].unit
    if unit is Unit.SHARE:
        return percent(figure.value)
    if unit is Unit.WORKING_DAYS:
        return str(ngettext("%(num)d working day", "%(num)d working days", int(figure.value)))
    return number(figure.value)


def _bounds(satisfied: Figure) -> str:
    if satisfied.value is None:
        return ""
    return str(
        gettext(
            "between %(low)s and %(high)s · n = %(n)s",
            low=percent(satisfied.low),
            high=percent(satisfied.high),
            n=number(satisfied.n),
        )
    )


def _of(figure: Figure) -> str:
    """A share as the counts it is made of."""
    n = figure.n or 0
    return of_counts(round((figure.value or 0) * n), n)


def of_counts(part: int, whole: int) -> str:
    """So many of so many."""
    return str(gettext("%(part)s of %(whole)s", part=number(part), whole=number(whole)))


def with_decimal(digit: str) -> str:
    """The reader's way of writing percents, with a decimal: always ("0") or where there is one ("#").

    Their sign has a space before it in one language, none in another: a pattern written here fits one only.
    """
    return str(get_locale().percent_formats[None].pattern).replace("##0", f"##0.{digit}")


def share_with_counts(part: int, whole: int, pattern: str | None = None) -> str:
    """A share with the counts it is made of, of few the counts alone; `pattern` is one of CLDR."""
    counts = of_counts(part, whole)
    return counts if whole < MIN_FOR_PERCENTILES else f"{format_percent(part / whole, pattern)} ({counts})"


def definitions() -> list[dict[str, str]]:
    """What each figure counts."""
    return [{"label": gettext(row.label), "value": gettext(row.counts)} for row in INDICATORS.values()]


def _day(found: Figures) -> str:
    return day_told(last_ended(found.today), "long")


def number(n: float | None) -> str:
    """A number as the reader's language writes it; nothing is zero."""
    return str(format_decimal(n or 0))


def percent(share: float | None) -> str:
    """A share of 0..1 in percent, as the reader's language writes it."""
    return str(format_percent(share or 0))
