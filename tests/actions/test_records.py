"""A register is brought in whole or not at all, and taken back as if it had never come."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from staff import signed_in
from walls.siege import unwalled

from portal.core.errors import Conflict, NotFound, Refused
from portal.core.ids import new_id
from portal.core.schema import Base
from portal.records.actions import choose_columns, forget_files, look_at, take, undo
from portal.records.models import PastCase, PastRegister
from portal.records.queries import past_cases, past_years, register, report, words_of
from portal.records.rules import Column, Standing

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from build import World

    from portal.core.db import Unit

GOOD = (
    "N°;Reçue le;Premier retour;Répondu le;Échéance;Motif;Description\r\n"
    "1;03/02/2025;05/02/2025;10/02/2025;17/02/2025;Retard;Une heure d’attente, dit Mme Quittenbaum\r\n"
    "2;05/05/2025;;23/05/2025;19/05/2025;Bruit;\r\n"
    "3;12/11/2025;;;26/11/2025;;\r\n"
)


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody who sends registers."""

    world: World
    person_id: UUID

    def __call__(self, text: str = GOOD) -> UUID:
        """A register that waits."""
        with self.world.database.transaction(self.world.lyon.scope) as u:
            return look_at(u, name="registre.csv", raw=text.encode("cp1252"), by=self.person_id).id


@pytest.fixture
def sent(world: World) -> Sender:
    """The quality lead of Lyon."""
    return Sender(world, signed_in(world).person_id)


def everything(world: World) -> str:
    """Every row of every table but the registers' own lines, read without walls."""
    engine = unwalled(world.database.engine.url.render_as_string(hide_password=False))
    with engine.connect() as connection:
        told = [
            f"{table.name}: {sorted(map(repr, connection.execute(select(table))))}"
            for table in Base.metadata.sorted_tables
            if table.name not in {PastRegister.__tablename__, "auth_session"}
        ]
    engine.dispose()
    return "\n".join(told)


def test_a_register_is_brought_in_with_delays_in_working_days(world: World, sent: Sender) -> None:
    id_ = sent()
    with world.database.transaction(world.lyon.scope) as u:
        assert take(u, id_).rows == 3
    with world.database.reading(world.lyon.scope) as u:
        first, second, third = past_cases(u, id_)
        assert (first.first_response_days, first.answer_days) == (2, 5)
        # 8 May is a public holiday: of the calendar of 2025, which the site's own no longer holds.
        assert (second.answer_days, third.answer_days) == (13, None)
        assert words_of(u, first)["motif"] == "Retard"
        (year,) = past_years(u)
        assert (year.year, year.n, year.answered, year.answers) == (2025, 3, 2, (5, 13))
        assert (year.first_responses, year.due, year.kept) == ((2,), 3, 1)


def test_what_was_said_lies_sealed_and_the_file_is_forgotten(world: World, sent: Sender) -> None:
    id_ = sent()
    with world.database.transaction(world.lyon.scope) as u:
        take(u, id_)
    assert "Quittenbaum" not in everything(world)
    with world.database.reading(world.lyon.scope) as u:
        row = register(u, id_)
        assert row.file_sealed is None
        with pytest.raises(NotFound):
            report(u, row)


def test_taking_it_back_leaves_every_other_byte_as_it_was(world: World, sent: Sender) -> None:
    before = sent(GOOD.replace("2025", "2024"))
    with world.database.transaction(world.lyon.scope) as u:
        take(u, before)
    stood = everything(world)
    id_ = sent(GOOD.replace("\r\n1;", "\r\n11;").replace("\r\n2;", "\r\n12;").replace("\r\n3;", "\r\n13;"))
    with world.database.transaction(world.lyon.scope) as u:
        take(u, id_)
    assert everything(world) != stood
    with world.database.transaction(world.lyon.scope) as u:
        row = undo(u, id_)
        assert (row.standing, row.key_wrapped) == (Standing.UNDONE, None)
    assert everything(world) == stood
    with world.database.transaction(world.lyon.scope) as u, pytest.raises(Conflict):
        undo(u, id_)


def test_one_fault_keeps_all_of_it_out(world: World, sent: Sender) -> None:
    stood = everything(world)
    id_ = sent(GOOD + "4;31/02/2025;;;;;\r\n")
    with world.database.transaction(world.lyon.scope) as u, pytest.raises(Refused):
        take(u, id_)
    with world.database.reading(world.lyon.scope) as u:
        (fault,) = report(u, register(u, id_)).faults
    assert (fault.row, fault.column) == (5, Column.RECEIVED)
    assert everything(world) == stood


def test_the_same_register_is_not_brought_in_twice(world: World, sent: Sender) -> None:
    for outcome in ("taken", "refused"):
        id_ = sent()
        with world.database.transaction(world.lyon.scope) as u:
            if outcome == "taken":
                take(u, id_)
            else:
                with pytest.raises(Refused):
                    take(u, id_)
    with world.database.reading(world.lyon.scope) as u:
        assert {fault.reason for fault in report(u, register(u, id_)).faults} == {"known"}


@pytest.mark.parametrize("act", [take, undo])
def test_two_who_act_in_the_same_moment_act_once(
    world: World, sent: Sender, act: Callable[[Unit, UUID], PastRegister]
) -> None:
    id_ = sent()
    outcomes: list[type[Exception] | None] = []

    def again() -> None:
        try:
            with world.database.transaction(world.lyon.scope) as u:
                act(u, id_)
        except Conflict as refusal:
            outcomes.append(type(refusal))
        else:
            outcomes.append(None)

    other = threading.Thread(target=again)
    with world.database.transaction(world.lyon.scope) as u:
        act(u, id_)
        other.start()
        other.join(0.2)  # long enough to have read what is not committed yet
    other.join()
    assert outcomes == [Conflict]
    with world.database.reading(world.lyon.scope) as u:
        assert len(past_cases(u, id_)) == (3 if act is take else 0)


def test_no_row_of_a_register_is_kept_twice(world: World, sent: Sender) -> None:
    id_ = sent()
    with world.database.transaction(world.lyon.scope) as u:
        take(u, id_)
        one = past_cases(u, id_)[0]
        told = {column.key: getattr(one, column.key) for column in PastCase.__mapper__.column_attrs}
        with pytest.raises(IntegrityError):
            u.add(PastCase(**{**told, "id": new_id(u.now)}))
        u.session.rollback()


def test_columns_that_were_chosen_are_remembered(world: World, sent: Sender) -> None:
    odd = "N°;Reçue le;Fin;Qui\r\n1;03/02/2025;10/02/2025;Mme Quittenbaum\r\n"
    id_ = sent(odd)
    with world.database.transaction(world.lyon.scope) as u:
        choose_columns(u, id_, {0: Column.NUMBER, 1: Column.RECEIVED, 2: Column.ANSWERED})
        take(u, id_)
    following = sent(odd.replace("\r\n1;", "\r\n2;"))
    with world.database.transaction(world.lyon.scope) as u:
        take(u, following)
        assert u.all(select(PastCase.answered_on)) == [date(2025, 2, 10)] * 2


def test_a_file_that_nobody_brought_in_is_forgotten(world: World, sent: Sender) -> None:
    id_ = sent()
    with world.database.transaction(world.lyon.scope) as u:
        assert forget_files(u) == 0
    world.clock.set(world.clock.now() + timedelta(days=8))
    with world.database.transaction(world.lyon.scope) as u:
        assert forget_files(u) == 1
        row = register(u, id_)
        assert (row.file_sealed, row.key_wrapped) == (None, None)


def test_another_structure_sees_nothing_of_it(world: World, sent: Sender) -> None:
    id_ = sent()
    with world.database.transaction(world.strasbourg.scope) as u:
        with pytest.raises(NotFound):
            take(u, id_)
        assert past_years(u) == []
