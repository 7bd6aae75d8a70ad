"""Where sheets of paper come from: the points at which one may be filled in, and one run of typing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from flask_babel import gettext

from portal.channels.queries import codes
from portal.channels.rules import CODE_KINDS, CodeKind
from portal.core.errors import Invalid
from portal.core.languages import DEFAULT, LANGUAGES
from portal.core.worktime import WorkCalendar
from portal.questionnaires.keying import check_day
from portal.questionnaires.queries import published, questionnaires, version, versions_of
from portal.questionnaires.rules import MODES, Mode, VersionState
from portal.tenancy.queries import calendar_of, sites
from portal.web.codes import Names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.channels.models import Code
    from portal.core.db import Unit
    from portal.questionnaires.queries import Published

TYPED_MODES = tuple(mode for mode, row in MODES.items() if row.typed_as)
LETTERS = "ABC"
"""What stands beside the boxes that say how a sheet was filled in."""
SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class Point:
    """Somewhere a sheet was handed out: a code, or a site without one."""

    value: str
    label: str
    site_id: UUID
    code_id: UUID | None = None
    team_id: UUID | None = None
    agreement_id: UUID | None = None
    row: Code | None = None
    is_open: bool = True
    """Whether sheets can still be handed out here."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a run of sheets shares; `number` is of the sheet typed last."""

    point: Point
    day: date
    language: str
    shown: Published
    edition: str
    """The number of the version printed on the sheets; "" while there has been only one."""
    mode: Mode
    number: int

    @property
    def kept(self) -> dict[str, str]:
        """What the address of the next sheet says of it.

        Always with the version: a pile stays the one it was printed as, whatever is published meanwhile.
        """
        return {
            "code": self.point.value,
            "day": self.day.isoformat(),
            "language": self.language,
            "version": str(self.shown.version_id),
            "mode": self.mode.value,
        }


def points(u: Unit) -> list[Point]:
    """The codes in use, then the retired ones, then each site without a code.

    Without codes of partners, who file, and those that name a mediator before staff were informed.
    """
    names = Names.read(u, with_people=False)
    found = [
        Point(
            row.code,
            SEPARATOR.join(
                filter(None, (row.code, gettext(CODE_KINDS[row.kind]), row.label, names.place(row)))
            ),
            row.site_id,
            row.id,
            row.team_id,
            row.agreement_id,
            row,
            names.is_open(row),
        )
        for row in codes(u)
        if row.kind is not CodeKind.PARTNER and (row.mediator_id is None or names.staff_informed)
    ]
    return [
        *found,
        *(Point(str(one.id), gettext("Without a code: %(site)s", site=one.name), one.id) for one in sites(u)),
    ]


def site_today(u: Unit, site_id: UUID) -> date:
    """Today at the site."""
    return WorkCalendar.from_document(calendar_of(u, site_id).document).local(u.now).date()


def asked_versions(u: Unit) -> list[tuple[str, str, bool]]:
    """Every version that was ever handed out: its id, its number as printed, whether it is asked now."""
    return [
        (str(row.id), str(row.number), row.state is VersionState.PUBLISHED)
        for one in questionnaires(u)
        for row in versions_of(u, one.id)
        if row.state is not VersionState.DRAFT
    ]


def chosen_batch(u: Unit, sent: Mapping[str, str]) -> tuple[Batch | None, list[Invalid]]:
    """The run that was asked for; without a point, None and nothing wrong; else None with what is."""
    given = sent.get("code", "")
    if not given:
        return None, [Invalid("code", reason="empty")] if "code" in sent else []
    point = next((one for one in points(u) if one.value == given), None)
    if point is None:
        return None, [Invalid("code", reason="empty")]
    try:
        day = date.fromisoformat(sent.get("day", ""))
        check_day(day, site_today(u, point.site_id))
    except ValueError:
        return None, [Invalid("day", reason="empty")]
    except Invalid as fault:
        return None, [fault]
    language, mode = sent.get("language", DEFAULT), sent.get("mode", "")
    numbers = {id_: number for id_, number, _now in asked_versions(u)}
    wanted = sent.get("version", "")
    shown = version(u, UUID(wanted)) if wanted in numbers else published(u)
    return (
        Batch(
            point,
            day,
            language if language in LANGUAGES else DEFAULT,
            shown,
            numbers.get(str(shown.version_id), "") if len(numbers) > 1 else "",
            Mode(mode) if mode in {one.value for one in TYPED_MODES} else Mode.PAPER,
            _number(sent.get("number", "")),
        ),
        [],
    )


def _number(raw: str) -> int:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 7 else 0  # noqa: PLR2004 -- a run of sheets
