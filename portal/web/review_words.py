"""How the figures of a review are printed: counts, and beside them the percentages that they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import format_decimal, gettext

from portal.certification.report import BASE, ROWS, Group
from portal.insight.floor import FLOOR
from portal.people.rules import PERMISSIONS, Permission

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from portal.certification.report import Count, Line
    from portal.web.guard import Desk


def lines_told(found: Iterable[Line], hidden: frozenset[Group] = frozenset()) -> list[dict[str, str]]:
    """Each line as it is printed: its label, the period, the one before, and the change."""
    return [_line(one, is_hidden=ROWS[one.id].group in hidden) for one in found]


def _line(line: Line, *, is_hidden: bool) -> dict[str, str]:
    label = gettext(ROWS[line.id].label)
    if is_hidden:
        few = gettext("not shown")
        return {"id": line.id, "label": label, "now": few, "before": few, "change": ""}
    change = line.change
    return {
        "id": line.id,
        "label": label,
        "now": count_told(line.now),
        "before": count_told(line.before),
        "change": "" if change is None else gettext("%(percent)s %%", percent=_tenth(change, is_signed=True)),
    }


def count_told(count: Count) -> str:
    """A bare count; or how many among how many, with the percentage where its base allows one."""
    if count.of is None:
        return str(count.n)
    if count.percent is None:
        return str(gettext("%(n)d of %(of)d", n=count.n, of=count.of))
    return str(
        gettext("%(n)d of %(of)d (%(percent)s %%)", n=count.n, of=count.of, percent=_tenth(count.percent))
    )


def _tenth(value: Decimal, *, is_signed: bool = False) -> str:
    told: str = format_decimal(value, format="+0.0;\N{MINUS SIGN}0.0" if is_signed else "0.0")
    return told


def hidden_from(desk: Desk, found: Sequence[Line], *, is_named: bool) -> frozenset[Group]:
    """The groups of lines that this reader is not told.

    Whoever may open the cases works their counts out anyway, unless a case of the period names them: then a
    frozen count would tell of it (decisions, 7).
    """
    is_floored = desk.role is None or PERMISSIONS[desk.role].floor
    sees = {
        Group.CASES: desk.may(Permission.READ_CASES) and not is_named,
        Group.OPINIONS: not is_floored,
        Group.PLAN: True,
    }
    return frozenset(group for group in Group if not sees[group] and _is_small(found, group))


def _is_small(found: Iterable[Line], group: Group) -> bool:
    cells = [
        cell
        for one in found
        if ROWS[one.id].group is group
        for count in (one.now, one.before)
        for cell in (count.n, (count.of or count.n) - count.n)
    ]
    return any(0 < cell < FLOOR for cell in cells)


def footnote() -> str:
    """What stands under the table."""
    return str(
        gettext(
            "Each percentage comes from the counts beside it; below %(base)d there are counts only.",
            base=BASE,
        )
    )


def context_of(found: Sequence[Line], hidden: frozenset[Group]) -> dict[str, Any]:
    """What the templates need of the figures."""
    return {"lines": lines_told(found, hidden), "footnote": footnote(), "is_hidden": bool(hidden)}
