"""A register is brought in whole or not at all, and taken back as if it had never come."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from staff import signed_in
from walls.siege import unwalled

from portal.core.errors import Conflict, NotFound, Refused
from portal.core.ids import new_id
from portal.core.schema import Base
from portal.records.actions import choose_columns, forget_files, look_at, take, undo
from portal.records.forgetting import forget_words, rows_with_words
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


@pytest.fixture
def filed(sqlite_world: World) -> Sender:
    """The same on SQLite alone, for what the engine does not change."""
    return Sender(sqlite_world, signed_in(sqlite_world).person_id)


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
        told = list(words_of(u, [first, second, third]))
        assert [(one["number"], one["motif"]) for one in told] == [("1", "Retard"), ("2", "Bruit"), ("3", "")]
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


def faults_of(sent: Sender, text: str) -> list[tuple[int, str | None, str]]:
    """What is wrong with a register, once it was sent; brought in when nothing is."""
    world, id_ = sent.world, sent(text)
    with world.database.transaction(world.lyon.scope) as u:
        found = report(u, register(u, id_))
        if found.is_good:
            take(u, id_)
    return [(one.row, one.column and one.column.value, one.reason) for one in found.faults]


def test_numbers_that_start_again_each_year_are_no_doubles(filed: Sender) -> None:
    assert faults_of(filed, GOOD) == []
    assert faults_of(filed, GOOD.replace("2025", "2026")) == []
    again = "N°;Reçue le\r\n4;03/02/2026\r\n2;04/12/2025\r\n"
    assert faults_of(filed, again) == [(3, "number", "known")]


UNNUMBERED = (
    "Reçue le;Répondu le;Motif\r\n"
    "03/02/2025;10/02/2025;Retard\r\n"
    "05/05/2025;;Bruit\r\n"
    "05/05/2025;;\r\n"
    "05/05/2025;;\r\n"
)


def test_a_register_without_numbers_is_not_brought_in_twice(filed: Sender) -> None:
    assert faults_of(filed, UNNUMBERED) == []
    assert faults_of(filed, UNNUMBERED) == [(row, None, "known") for row in (2, 3, 4, 5)]
    # Days that are alike may be another complaint; days and words are the same one.
    assert faults_of(filed, "Reçue le;Motif\r\n05/05/2025;\r\n06/05/2025;\r\n05/05/2025;Vitre\r\n") == []
    assert faults_of(filed, "Reçue le;Motif\r\n07/05/2025;\r\n05/05/2025;bruit\r\n") == [(3, None, "known")]


@pytest.mark.parametrize("text", [GOOD, UNNUMBERED])
def test_a_register_whose_words_have_gone_is_not_brought_in_again(
    sqlite_world: World, filed: Sender, text: str
) -> None:
    assert faults_of(filed, text) == []
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        rows = [row_id for row_id, *_ in rows_with_words(u, date(2027, 1, 1))]
        forget_words(u, rows)
    assert {reason for *_, reason in faults_of(filed, text)} == {"known"}


def test_a_number_goes_with_the_words(sqlite_world: World, filed: Sender) -> None:
    """It may be a name: registers are kept so."""
    assert faults_of(filed, "N°;Reçue le\r\nMme Quittenbaum 0612345678;03/02/2025\r\n") == []
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        assert len(rows_with_words(u, date(2027, 1, 1))) == 1
        assert u.all(select(PastCase.number)) == [""]  # sealed among the words
        # As registers were kept that came before numbers were sealed:
        u.session.execute(update(PastCase).values(number="Mme Quittenbaum", words_sealed=None))
        (row,) = [row_id for row_id, *_ in rows_with_words(u, date(2027, 1, 1))]
        forget_words(u, [row])
        assert rows_with_words(u, date(2027, 1, 1)) == []
        assert u.all(select(PastRegister.key_wrapped)) == [None]
    assert "Quittenbaum" not in everything(sqlite_world)


def test_a_promised_day_still_to_come_is_not_missed(sqlite_world: World, filed: Sender) -> None:
    told = (
        "Reçue le;Échéance;Répondu le\r\n"
        "01/03/2027;10/03/2027;08/03/2027\r\n"
        "02/03/2027;10/03/2027;\r\n"
        "03/03/2027;24/03/2027;\r\n"
        "04/03/2027;30/06/2027;\r\n"
        "05/03/2027;30/06/2027;09/03/2027\r\n"
    )
    assert faults_of(filed, told) == []
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        (year,) = past_years(u)
    assert (year.n, year.due, year.kept) == (5, 3, 2)


def test_a_heading_that_stands_twice_is_remembered_as_what_it_was(filed: Sender) -> None:
    assert faults_of(filed, "Date;Motif;Date\r\n01/03/2025;Retard;\r\n") == []
    assert faults_of(filed, "Date;Motif;Date\r\n05/03/2025;Bruit;\r\n") == []


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
