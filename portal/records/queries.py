"""Reading registers that were brought in: what they hold, how they went, year by year."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.rules import Kind
from portal.core.crypto import place, unseal_bytes
from portal.core.errors import NotFound
from portal.core.tables import read_book
from portal.records.activity import Intervention
from portal.records.models import ActivityCount, PastCase, PastRegister
from portal.records.register import read_register
from portal.records.rules import Column, Ground, Report, Standing
from portal.records.words import plain
from portal.tenancy.queries import local_day, sites
from portal.tenancy.vault import opened, row_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Select

    from portal.core.db import Unit
    from portal.records.rules import PastRow

REGISTER, CASE = PastRegister.__tablename__, PastCase.__tablename__


@dataclass(frozen=True, slots=True)
class PastYear:
    """The complaints of a year, as registers tell them: n, how many were answered, and after how many days.

    `first_responses` and `answers` are working days, shortest first, of those whose days are both known;
    `kept` and `due` count those whose promised day the register tells.
    """

    year: int
    n: int
    answered: int
    first_responses: tuple[int, ...]
    answers: tuple[int, ...]
    due: int
    kept: int


def registers(u: Unit) -> Sequence[PastRegister]:
    """Every register that somebody sent, the last one first."""
    return u.all(select(PastRegister).order_by(PastRegister.sent_at.desc(), PastRegister.id.desc()))


def register(u: Unit, register_id: UUID) -> PastRegister:
    """One register. Raises `NotFound`."""
    return _required(u, select(PastRegister).where(PastRegister.id == register_id))


def locked(u: Unit, register_id: UUID) -> PastRegister:
    """One register, for an act: nobody else acts on it meanwhile, and it is read fresh. Raises `NotFound`."""
    fresh = select(PastRegister).where(PastRegister.id == register_id).with_for_update()
    return _required(u, fresh.execution_options(populate_existing=True))


def _required(u: Unit, wanted: Select[PastRegister]) -> PastRegister:
    found = u.one(wanted)
    if found is None:
        raise NotFound("past_register")
    return found


def name_of(u: Unit, row: PastRegister) -> str:
    """The name of the file that was sent; "" once the register was taken back."""
    if row.key_wrapped is None or row.name_sealed is None:
        return ""
    key = row_key(u, REGISTER, row.id, row.key_wrapped)
    return opened(u, key, row.name_sealed, (REGISTER, row.id, "name_sealed"))


def remembered(u: Unit) -> Mapping[str, str]:
    """What each heading was in the last register that was brought in; nothing before there was one."""
    last = u.one(
        select(PastRegister)
        .where(PastRegister.standing == Standing.TAKEN)
        .order_by(PastRegister.taken_at.desc())
    )
    found: dict[str, str] = {} if last is None else last.mapping["headings"]
    return found


def ground(u: Unit) -> Ground:
    """What a register is read against in this structure."""
    names = {plain(name): site.id for site in sites(u) for name in (site.name, site.slug)}
    known = u.all(select(PastCase.number).where(PastCase.number != ""))
    return Ground(local_day(u), names, frozenset(known))


def file_of(u: Unit, row: PastRegister) -> bytes:
    """The file of a register that waits. Raises `NotFound` once it is forgotten."""
    if row.key_wrapped is None or row.file_sealed is None:
        raise NotFound("past_register")
    key = row_key(u, REGISTER, row.id, row.key_wrapped)
    return unseal_bytes(key, row.file_sealed, aad=place(u.structure_id, REGISTER, row.id, "file_sealed"))


def report(u: Unit, row: PastRegister, against: Ground | None = None) -> Report:
    """How a register that waits would be brought in. Raises `NotFound` once its file is forgotten."""
    raw = file_of(u, row)
    mapping = {int(at): Column(column) for at, column in row.mapping["columns"].items()}
    book = read_book(raw, row.mapping.get("sheet"))
    found = read_register(book.rows, mapping, against or ground(u))
    return replace(found, sheets=book.sheets, sheet=book.at)


def years_of(rows: Iterable[PastRow]) -> list[int]:
    """The years that these rows tell of, from the first reception to the last answer."""
    days = [day for row in rows for day in (row.received_on, row.answered_on, row.first_response_on) if day]
    return list(range(min(days).year, max(days).year + 1)) if days else []


def past_cases(u: Unit, register_id: UUID) -> Sequence[PastCase]:
    """The rows of a register that was brought in, in its order."""
    return u.all(select(PastCase).where(PastCase.register_id == register_id).order_by(PastCase.row))


def words_of(u: Unit, row: PastCase) -> Mapping[str, str]:
    """Motif and text of a row, those that it has."""
    if row.words_sealed is None:
        return {}
    of = register(u, row.register_id)
    if of.key_wrapped is None:
        return {}
    key = row_key(u, REGISTER, of.id, of.key_wrapped)
    found: dict[str, str] = json.loads(opened(u, key, row.words_sealed, (CASE, row.id, "words_sealed")))
    return found


def past_years(u: Unit) -> list[PastYear]:
    """The complaints of each year that a register tells of, the last year first."""
    by_year: defaultdict[int, list[PastCase]] = defaultdict(list)
    for row in u.all(select(PastCase).where(PastCase.kind == Kind.COMPLAINT)):
        by_year[row.received_on.year].append(row)
    return [_year(year, rows) for year, rows in sorted(by_year.items(), reverse=True)]


def _year(year: int, rows: Sequence[PastCase]) -> PastYear:
    due = [row for row in rows if row.due_on is not None]
    return PastYear(
        year,
        n=len(rows),
        answered=sum(row.answered_on is not None for row in rows),
        first_responses=tuple(sorted(days for row in rows if (days := row.first_response_days) is not None)),
        answers=tuple(sorted(days for row in rows if (days := row.answer_days) is not None)),
        due=len(due),
        kept=sum(row.answered_on is not None and row.answered_on <= row.due_on for row in due if row.due_on),
    )


def activity(u: Unit, since: date) -> Sequence[ActivityCount]:
    """What was counted from a month on, the latest month first."""
    return u.all(
        select(ActivityCount)
        .where(ActivityCount.month >= since)
        .order_by(ActivityCount.month.desc(), ActivityCount.site_id, ActivityCount.intervention)
    )


def encounters(counts: Iterable[ActivityCount]) -> dict[date, dict[UUID, int]]:
    """Encounters by month and site: the whole that was counted there, else its registers together."""
    by_place: defaultdict[tuple[date, UUID], dict[Intervention, int]] = defaultdict(dict)
    for one in counts:
        by_place[one.month, one.site_id][one.intervention] = one.n
    found: defaultdict[date, dict[UUID, int]] = defaultdict(dict)
    for (month, site_id), told in by_place.items():
        found[month][site_id] = told.get(Intervention.ALL, sum(told.values()))
    return dict(found)
