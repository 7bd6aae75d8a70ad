"""Plants a small known world for figures: opinions through the page's own verb, cases as bare rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.cases.models import Case, CaseFact, CasePerson
from portal.cases.rules import CaseMode, CaseState, Kind
from portal.channels.actions import CodeGiven, issue_code
from portal.channels.rules import CodeKind
from portal.core.ids import new_id
from portal.questionnaires.actions import Journey, finish, record
from portal.questionnaires.queries import published
from portal.tenancy.models import CalendarVersion
from portal.tenancy.queries import policy

if TYPE_CHECKING:
    from build import Furnished, World

    from portal.channels.models import Code

TODAY = date(2027, 3, 24)
_nonces = count()


def answered(  # noqa: PLR0913 -- what, where, when; all but the choices have defaults
    world: World,
    *,
    meeting: dict[str, int],
    day: date = TODAY,
    code: Code | None = None,
    at: Furnished | None = None,
    nonce: bytes | None = None,
    **more: dict[str, int],
) -> None:
    """So many people who chose this; `more` are choices for further questions, given by the first of them."""
    where = at or world.lyon
    stands_on = code or where.code
    answers = {"meeting": meeting, **more}
    with world.database.transaction(where.scope) as u:
        shown = published(u)
        asked = {question.code: question for question in shown.form.questions}
        people = [[] for _ in range(sum(meeting.values()))]  # type: list[list[tuple[str, str]]]
        for name, counts in answers.items():
            choices = [choice for choice, n in counts.items() for _ in range(n)]
            for person, choice in zip(people, choices, strict=False):
                person.append((name, choice))
        for person in people:
            journey = Journey(
                nonce=nonce or f"n{next(_nonces)}".encode(),
                day=day,
                language="fr",
                site_id=stands_on.site_id,
                code_id=stands_on.id,
                team_id=stands_on.team_id,
                agreement_id=stands_on.agreement_id,
            )
            for name, choice in person:
                record(u, shown, journey, asked[name], choice)
            if nonce is None:
                finish(u, journey)


def asked_in(
    world: World,
    *,
    site_id: UUID | None = None,
    team_id: UUID | None = None,
    agreement_id: UUID | None = None,
) -> Code:
    """A code of Lyon's structure that stands on this place."""
    given = CodeGiven(
        CodeKind.POSTER, "Affiche", site_id or world.lyon.site.id, team_id=team_id, agreement_id=agreement_id
    )
    with world.database.transaction(world.lyon.scope) as u:
        return issue_code(u, given)


def case_of(  # noqa: PLR0913 -- what figures know of a case, each with a default
    world: World,
    kind: Kind,
    *,
    received_on: date = TODAY - timedelta(days=6),
    due: date | None = None,
    answered_on: date | None = None,
    net: int | None = None,
    gross: int | None = None,
    first: int | None = None,
    state: CaseState | None = None,
    site_id: UUID | None = None,
    at: Furnished | None = None,
) -> UUID:
    """A case as figures see it, received at 10:00; open unless it was answered or `state` says otherwise."""
    where = at or world.lyon
    stands = state or (CaseState.ANSWERED if answered_on else CaseState.RECEIVED)
    is_open = stands not in {CaseState.ANSWERED, CaseState.CLOSED}
    mark = uuid4().hex
    with world.database.transaction(where.scope) as u:
        calendar_id = u.one(select(CalendarVersion.id).limit(1))
        case = Case(
            id=new_id(u.now),
            reference=f"PAS-{mark[:12]}",
            kind=kind,
            state=stands,
            mode=CaseMode.ANONYMOUS,
            language="fr",
            site_id=site_id or where.site.id,
            calendar_id=calendar_id,
            policy_id=policy(u).id,
            received_at=datetime.combine(received_on, time(9), UTC),
            due_on=due if is_open else None,
            locator=mark[:12],
            secret_hash="none",
            submit_key=mark.encode(),
            contact_kind="none",
            version=1,
        )
        u.add(case)
        fact = CaseFact(
            case_id=case.id,
            kind=kind,
            site_id=case.site_id,
            received_on=received_on,
            is_open=is_open,
            answer_due_on=due,
            answered_on=answered_on,
            first_response_net_days=first,
            answer_net_days=net,
            answer_gross_days=net if gross is None else gross,
            reopened=0,
        )
        u.add(fact)
        return case.id


def named(world: World, case_id: UUID, person_id: UUID) -> None:
    """The case names this person."""
    with world.database.transaction(world.lyon.scope) as u:
        u.add(CasePerson(case_id=case_id, person_id=person_id, since=u.now))
