"""Reading registers that were brought in: what they hold, how they went, year by year."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.rules import Kind
from portal.core.crypto import place, unseal_bytes
from portal.core.errors import NotFound
from portal.core.tables import read_book
from portal.records.activity import Intervention
from portal.records.models import ActivityCount, PastCase, PastRegister
from portal.records.register import read_register, received_days
from portal.records.rules import Column, Ground, Report, Standing
from portal.records.words import plain
from portal.tenancy.queries import local_day, main_site, sites
from portal.tenancy.vault import opened, row_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Select

    from portal.core.db import Unit
    from portal.records.rules import Days, PastRow, Said

REGISTER, CASE = PastRegister.__tablename__, PastCase.__tablename__


@dataclass(frozen=True, slots=True)
class PastYear:
    """The complaints of a year, as registers tell them: n, how many were answered, and after how many days.

    `first_responses` and `answers` are working days, shortest first, of those whose days are both known;
    `kept` and `due` count those whose promised day the register tells, and that were answered or whose day
    has passed: what can still be answered in time has missed nothing.
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


def ground(u: Unit, days: Sequence[date] = ()) -> Ground:
    """What a register that tells of these days of reception is read against in this structure."""
    names = {plain(name): site.id for site in sites(u) for name in (site.name, site.slug)}
    before = _between(u, days)
    told = list(zip(before, words_of(u, before), strict=True))
    return Ground(
        local_day(u),
        names,
        main_site(u).id,
        known=frozenset((words["number"], row.received_on.year) for row, words in told if words["number"]),
        said=frozenset(_said(row, words) for row, words in told if not words["number"]),
        silent=frozenset(_days(row) for row, words in told if not any(words.values())),
    )


def _between(u: Unit, days: Sequence[date]) -> Sequence[PastCase]:
    """What was brought in of the years of these days."""
    if not days:
        return []
    first, last = date(min(days).year, 1, 1), date(max(days).year, 12, 31)
    return u.all(select(PastCase).where(PastCase.received_on.between(first, last)))


def _days(row: PastCase) -> Days:
    return row.received_on, row.answered_on, row.kind, row.site_id


def _said(row: PastCase, words: Mapping[str, str]) -> Said:
    return _days(row), plain(words["motif"]), plain(words["text"])


def file_of(u: Unit, row: PastRegister) -> bytes:
    """The file of a register that waits. Raises `NotFound` once it is forgotten."""
    if row.key_wrapped is None or row.file_sealed is None:
        raise NotFound("past_register")
    key = row_key(u, REGISTER, row.id, row.key_wrapped)
    return unseal_bytes(key, row.file_sealed, aad=place(u.structure_id, REGISTER, row.id, "file_sealed"))


def report(u: Unit, row: PastRegister) -> Report:
    """How a register that waits would be brought in. Raises `NotFound` once its file is forgotten."""
    raw = file_of(u, row)
    mapping = {int(at): Column(column) for at, column in row.mapping["columns"].items()}
    book = read_book(raw, row.mapping.get("sheet"))
    found = read_register(book.rows, mapping, ground(u, received_days(book.rows, mapping)))
    return replace(found, sheets=book.sheets, sheet=book.at)


def years_of(rows: Iterable[PastRow]) -> list[int]:
    """The years that these rows tell of, from the first reception to the last answer."""
    days = [day for row in rows for day in (row.received_on, row.answered_on, row.first_response_on) if day]
    return list(range(min(days).year, max(days).year + 1)) if days else []


def past_cases(u: Unit, register_id: UUID) -> Sequence[PastCase]:
    """The rows of a register that was brought in, in its order."""
    return u.all(select(PastCase).where(PastCase.register_id == register_id).order_by(PastCase.row))


def words_of(u: Unit, rows: Sequence[PastCase]) -> Iterator[Mapping[str, str]]:
    """Number, motif and text of each row, "" for what it has not or not any more; each key is opened once."""
    of = {one.register_id for one in rows}
    sealed = select(PastRegister.id, PastRegister.key_wrapped).where(PastRegister.id.in_(of))
    wrapped = u.rows(sealed.where(PastRegister.key_wrapped.is_not(None))) if of else []
    keys = {id_: row_key(u, REGISTER, id_, key) for id_, key in wrapped}
    for row in rows:
        words = {"number": row.number, "motif": "", "text": ""}
        if row.words_sealed is not None and (key := keys.get(row.register_id)) is not None:
            words |= json.loads(opened(u, key, row.words_sealed, (CASE, row.id, "words_sealed")))
        yield words


def past_years(u: Unit) -> list[PastYear]:
    """The complaints of each year that a register tells of, the last year first."""
    today = local_day(u)
    by_year: defaultdict[int, list[PastCase]] = defaultdict(list)
    for row in u.all(select(PastCase).where(PastCase.kind == Kind.COMPLAINT)):
        by_year[row.received_on.year].append(row)
    return [_year(year, rows, today) for year, rows in sorted(by_year.items(), reverse=True)]


def _year(year: int, rows: Sequence[PastCase], today: date) -> PastYear:
    due = [
        row for row in rows if row.due_on is not None and (row.answered_on is not None or row.due_on < today)
    ]
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
