"""To a person whom a case names it does not exist: on no page, in no count, behind no address, in no mail.

Two comparisons, both driven by the application's own map of addresses, so that a new route is compared from
its first day. Whatever staff can open is opened before and after a case arrives that names the reader: not
one byte may differ (decisions, 7). Then every address is asked for with each name of the case and with a name
that nobody has: the answers must be the same, and nothing of the case may have changed.
"""

from __future__ import annotations

import os
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from mailing import read, sent
from sqlalchemy import select
from walls.addresses import plant_view
from walls.affair import FEBRUARY, MARK, Affair, Probe, affair_of, all_that, bare, differences

from portal.cases.models import Case
from portal.cases.queries import case_by_reference
from portal.notifications.due import tell_due
from portal.notifications.mailers import FileMailer
from portal.people.rules import PERMISSIONS, Permission, Role
from portal.web.guard import requires
from portal.web.house import house

if TYPE_CHECKING:
    from pathlib import Path

    from build import World

    from portal.core.db import Scope
    from portal.web.guard import Desk

LONG = bool(os.environ.get("PORTAL_TEST_LONG"))
NAMED = [
    *(("sqlite", role) for role in Role if LONG or role is not Role.DIRECTOR),
    *(("postgresql", role) for role in (Role if LONG else (Role.DIRECTOR,))),
]
"""Who may be named, on which engine: what tells the engines apart is below the roles.

A director may do what a quality lead may: unless every walk is asked for, the one is named on PostgreSQL and
the other on SQLite.
"""
WALKERS = [
    one for one in NAMED if LONG or one[1] in {Role.DIRECTOR, Role.QUALITY_LEAD, Role.MEDIATOR, Role.AUDITOR}
]
"""Who asks every address by name: by default one each of those who lead, meet people and only read."""
HANDLERS = [one for one in NAMED if Permission.HANDLE_CASES in PERMISSIONS[one[1]].may]


def _called(one: tuple[str, Role]) -> str:
    return "-".join(one)


@pytest.fixture(params=NAMED, ids=_called)
def affair(request: pytest.FixtureRequest) -> Affair:
    """The same with each role that can be named: all of them."""
    engine, role = request.param
    return affair_of(request.getfixturevalue(f"{engine}_world"), role)


def test_no_page_and_no_figure_changes_when_a_case_names_its_reader(affair: Affair) -> None:
    before = all_that(affair, affair.named)
    others_before = bare(affair, affair.colleague)
    affair.happen()
    assert affair.planted.reference == affair.references[0]
    after = all_that(affair, affair.named)
    assert differences(before, after) == []
    assert [path for path, (_, _, body) in after.items() if MARK.encode() in body] == []
    # A colleague of the same role, whom it does not name, sees as much of it as the role sees.
    found = differences(others_before, bare(affair, affair.colleague))
    may = PERMISSIONS[affair.role].may
    assert any("/dashboard" in path for path in found) == (Permission.READ_FIGURES in may)
    assert any("/cases" in path for path in found) == (Permission.READ_CASES in may)


@pytest.mark.parametrize("affair", WALKERS, indirect=True, ids=_called)
def test_no_address_tells_the_case_from_one_that_nobody_has(affair: Affair) -> None:
    affair.happen()
    before = affair.rows()
    assert list(Probe(affair, affair.named).findings()) == []
    assert affair.rows() == before
    # A colleague of the same role is told it, and changes it, as far as the role may: the walk is not blind.
    found, may = Probe(affair, affair.colleague).findings(), PERMISSIONS[affair.role].may
    assert any(found) == (Permission.READ_CASES in may)
    if Permission.HANDLE_CASES in may:
        assert any(affair.rows() != before for _ in found)
    else:
        deque(found, maxlen=0)
        assert affair.rows() == before


@pytest.mark.parametrize("affair", HANDLERS, indirect=True, ids=_called)
def test_no_mail_tells_of_the_case(affair: Affair, tmp_path: Path) -> None:
    affair.happen()
    for days in range(60):  # until every promise was broken, by day, while the place is open
        affair.world.clock.set(FEBRUARY + timedelta(days=days, hours=1))
        with affair.world.database.transaction(affair.world.lyon.scope) as u:
            tell_due(u)
        sent(affair.world, FileMailer(tmp_path / "letters"))
    mails = [read(path.read_bytes()) for path in (tmp_path / "letters").iterdir()]
    told: dict[str, str] = {}
    for mail in mails:
        told[mail["To"]] = told.get(mail["To"], "") + mail.as_string() + mail.get_content()
    for reference in affair.references:
        assert reference not in told[affair.named.email]
        assert reference in told[affair.colleague.email]
    assert "PAS-2027-000001" in told[affair.named.email]


def anybody(desk: Desk) -> Scope:
    """The reader's scope, without the reader: the mistake that a view could make."""
    return desk.scope._replace(actor_id=None)


def test_a_page_that_counts_for_anybody_is_found(sqlite_world: World) -> None:
    @requires(Permission.READ_FIGURES)
    def leak(desk: Desk) -> str:
        with house().database.reading(anybody(desk)) as u:
            return str(len(u.all(select(Case.id))))

    plant_view(sqlite_world, "/s/<slug>/leak", leak)
    affair = affair_of(sqlite_world, Role.MEDIATOR)
    before = all_that(affair, affair.named)
    affair.happen()
    assert {path.partition("?")[0] for path in differences(before, all_that(affair, affair.named))} == {
        "/s/passerelle/leak"
    }


def test_a_page_that_looks_up_for_anybody_is_found(sqlite_world: World) -> None:
    @requires(Permission.READ_FIGURES)
    def leak(desk: Desk, reference: str) -> str:
        with house().database.reading(anybody(desk)) as u:
            return case_by_reference(u, reference).kind.value

    plant_view(sqlite_world, "/s/<slug>/leak/<reference>", leak)
    affair = affair_of(sqlite_world, Role.MEDIATOR)
    affair.happen()
    found = list(Probe(affair, affair.named).findings())
    assert {one.split()[1] for one in found} == {f"/s/passerelle/leak/{one}" for one in affair.references}
