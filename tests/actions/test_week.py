"""One mail a week to each person, with all that waits for them, and not a word of what it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from learning import complaint, decided, leading
from mailing import in_folder
from sqlalchemy import select
from staff import signed_in

from portal.cases.beside import name_person
from portal.cases.models import Case
from portal.certification.weekly import tell_week
from portal.notifications.models import OutboxRow
from portal.notifications.rules import Notice
from portal.people.rules import Role

if TYPE_CHECKING:
    from pathlib import Path

    from build import World
    from staff import Colleague

TUESDAY = timedelta(days=6)
"""From the Wednesday on which every world begins to the next Tuesday at ten: Easter Monday is a holiday."""
WEEK = timedelta(days=7)


def weeks(world: World) -> list[OutboxRow]:
    """Every mail of a week that was written."""
    with world.database.reading(world.lyon.scope) as u:
        return list(u.all(select(OutboxRow).where(OutboxRow.notice == Notice.WEEK.value)))


def told(world: World) -> int:
    """How many are told now."""
    with world.database.transaction(world.lyon.scope) as u:
        return tell_week(u)


def a_team(world: World) -> tuple[Colleague, Colleague, str]:
    """A lead with a complaint that falls due, a mediator with an action, and the complaint's reference."""
    lead = signed_in(world)
    mediator = signed_in(world, Role.MEDIATOR, email="sami@passerelle.example", name="Sami Diallo")
    reference = complaint(world, leading(lead))
    decided(world, mediator, "Ne pas dire", due_on=world.clock.now().date() + timedelta(days=6))
    return lead, mediator, reference


def test_each_person_gets_one_mail_a_week_with_what_waits_for_them(world: World, tmp_path: Path) -> None:
    lead, mediator, reference = a_team(world)
    assert told(world) == 0, "whoever joined this week is told from the next on"
    world.clock.advance(TUESDAY)
    assert told(world) == 2
    assert told(world) == 0
    mails = {mail["To"]: mail for mail in in_folder(world, tmp_path) if "semaine" in mail["Subject"]}
    assert set(mails) == {lead.email, mediator.email}
    assert reference in mails[lead.email].get_content()
    text = mails[mediator.email].get_content()
    assert "/actions/1" in text
    assert reference not in text
    for mail in mails.values():
        assert "Ne pas dire" not in mail.get_content()
        assert "Personne" not in mail.get_content()
    world.clock.advance(WEEK)
    assert told(world) == 2, "it still waits"


def test_a_week_whose_first_morning_was_missed_is_told_the_next_day_and_never_at_night(world: World) -> None:
    a_team(world)
    world.clock.advance(TUESDAY - timedelta(days=1))
    assert told(world) == 0, "Easter Monday"
    world.clock.advance(timedelta(hours=16))
    assert told(world) == 0, "two in the morning"
    world.clock.advance(timedelta(hours=8 + 24))
    assert told(world) == 2
    world.clock.advance(timedelta(days=1))
    assert told(world) == 0


def test_for_whom_nothing_waits_no_mail_is_written(world: World) -> None:
    signed_in(world, Role.BOARD, email="lea@passerelle.example", name="Léa Morel")
    world.clock.advance(TUESDAY)
    assert told(world) == 0
    assert weeks(world) == []


def test_whoever_a_case_names_does_not_read_of_it_also_when_named_after_the_mail_was_written(
    world: World, tmp_path: Path
) -> None:
    lead = signed_in(world)
    named = signed_in(world, Role.SUPERVISOR, email="noe@passerelle.example", name="Noé Petit")
    later = signed_in(world, Role.SUPERVISOR, email="ana@passerelle.example", name="Ana Silva")
    reference = complaint(world, leading(lead))
    with world.database.transaction(leading(lead)) as u:
        case_id = u.all(select(Case.id))[0]
        name_person(u, case_id, named.person_id)
    world.clock.advance(TUESDAY)
    assert told(world) == 2
    assert {row.person_id for row in weeks(world)} == {lead.person_id, later.person_id}
    with world.database.transaction(leading(lead)) as u:
        name_person(u, case_id, later.person_id)
    mails = [mail for mail in in_folder(world, tmp_path) if "semaine" in mail["Subject"]]
    assert [mail["To"] for mail in mails] == [lead.email]
    assert reference in mails[0].get_content()
