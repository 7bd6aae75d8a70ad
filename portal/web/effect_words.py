"""How the effect of an action is told: its verdict, the counts on both sides, and what divides them."""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING, Any

from flask_babel import format_decimal, gettext

from portal.certification.effects import LEAST_DAYS, VERDICTS, Verdict
from portal.core.languages import N_
from portal.insight.floor import FLOOR
from portal.people.rules import PERMISSIONS, Permission
from portal.web.dates import day_told

if TYPE_CHECKING:
    from portal.certification.effects import Effect, Side
    from portal.web.guard import Desk

_DAY = "d MMM yyyy"
_NOTHING = "\N{EN DASH}"


def effect_told(desk: Desk, effect: Effect | None) -> dict[str, Any]:
    """What a page says of an effect; None: nothing is counted."""
    row = VERDICTS[effect.verdict if effect else Verdict.UNCOUNTED]
    told: dict[str, Any] = {
        "label": gettext(row.label),
        "tone": row.tone,
        "why": gettext(row.why, days=LEAST_DAYS),
        "sides": [],
        "ratio": None,
    }
    if effect is None:
        return told
    if not _sees_counts(desk, effect):
        return {**told, "why": gettext("The counts are too small to be shown to you.")}
    sides = ((gettext("Before"), effect.before), (gettext("After"), effect.after))
    return {**told, "sides": [_side(label, side) for label, side in sides], "ratio": _ratio(effect)}


def _sees_counts(desk: Desk, effect: Effect) -> bool:
    is_floored = desk.role is None or PERMISSIONS[desk.role].floor
    return not is_floored or desk.may(Permission.READ_CASES) or min(effect.before.n, effect.after.n) >= FLOOR


def _side(label: str, side: Side) -> dict[str, str]:
    if not side.days:
        return {"label": label, "span": _NOTHING, "n": "0", "rate": _NOTHING}
    span = gettext(
        "From %(first)s to %(last)s", first=day_told(side.first, _DAY), last=day_told(side.last, _DAY)
    )
    return {"label": label, "span": span, "n": str(side.n), "rate": _number(side.per_month or 0.0)}


def _ratio(effect: Effect) -> str | None:
    """The ratio of the rates with its interval; None where a side has no day."""
    if not (effect.before.days and effect.after.days):
        return None
    told = N_("%(ratio)s times as many as before (interval of 95 %%: %(low)s to %(high)s).")
    if effect.ratio is None:
        told = N_("Interval of 95 %%: %(low)s to %(high)s times as many as before.")
    return str(
        gettext(
            told,
            ratio=_number(effect.ratio or 0.0),
            low=_number(effect.low),
            high=gettext("no limit") if isinf(effect.high) else _number(effect.high),
        )
    )


def _number(value: float) -> str:
    told: str = format_decimal(round(value, 2), format="0.##")
    return told
