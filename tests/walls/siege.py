"""What attacks on the wall between structures stand on: a besieged world, and a detector of what got through.

Strasbourg holds rows that bear a canary. An attack runs as Lyon. It got through when the canary is in what it
brought back or in Lyon's own rows, or when one byte of Strasbourg's rows is no longer what it was. The same
detector, with the same attack on a plain session without walls, must find a breach: else it proves nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from servers import OWNER
from sqlalchemy import create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.core.db import Scope
from portal.core.errors import NotFound, Unscoped
from portal.core.ids import new_id
from portal.core.line import PortalSession
from portal.core.schema import Base
from portal.core.wall import Walled
from portal.people.actions import add_person
from portal.people.models import Membership
from portal.people.rules import Role
from portal.tenancy.models import Agreement, Site, Team

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from build import Furnished, World
    from sqlalchemy import Engine

CANARY = "Canari-du-Rhin"
THEN = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
OWN_SITES = 2
READS: dict[str, Attack] = {}
WRITES: dict[str, Attack] = {}
REFUSALS = (Unscoped, NotFound, SQLAlchemyError)
"""What a refusal looks like; the positive control shows that the attack itself is no mistake."""


@dataclass(frozen=True, slots=True)
class Prey:
    """What an attacker of Lyon knows: ids of both structures, and of somebody who works in both."""

    lyon: int
    strasbourg: int
    own_site: UUID
    own_agreement: UUID
    site: UUID
    team: UUID
    agreement: UUID
    person: UUID


@dataclass(frozen=True, slots=True)
class Siege:
    """A world with planted rows, and an engine without walls over the same database."""

    world: World
    prey: Prey
    plain: Engine

    def snapshot(self, structure_id: int) -> str:
        """Every row of a structure, as one text."""
        return snapshot(self.plain, structure_id)

    def stolen(self, attack: Attack, *, walls: bool = True) -> bool:
        """Whether the attack brings back the canary. What it wrote meanwhile is undone."""
        loot: object = None
        try:
            with self._behind_walls() if walls else self._in_the_open() as session:
                loot = attack(session, self.prey)
                _undo()
        except _Undone:
            pass
        except REFUSALS:
            if not walls:
                raise
        return CANARY in repr(loot)

    def answered(self, attack: Attack) -> bool:
        """Whether the statement is executed at all; a wall that refused everything would be no wall."""
        try:
            with self._behind_walls() as session:
                attack(session, self.prey)
        except REFUSALS:
            return False
        return True

    def damage(self, attack: Attack, *, walls: bool = True) -> str | None:
        """What the attack did: "copied" a foreign row, "changed" one; None when it did nothing."""
        before = self.snapshot(self.prey.strasbourg)
        try:
            with self._behind_walls() if walls else self._in_the_open() as session:
                attack(session, self.prey)
        except REFUSALS:
            if not walls:
                raise
        if CANARY in self.snapshot(self.prey.lyon):
            return "copied"
        return None if self.snapshot(self.prey.strasbourg) == before else "changed"

    @contextmanager
    def _behind_walls(self) -> Iterator[Session]:
        # Signed in as somebody who also works in Strasbourg: of it they see their membership only.
        with self.world.database.transaction(Scope.of(self.prey.lyon, actor_id=self.prey.person)) as u:
            yield u.session

    @contextmanager
    def _in_the_open(self) -> Iterator[Session]:
        with PlainSession(self.plain) as session:
            yield session
            session.commit()


class _Undone(Exception):
    """Leaves a transaction without a trace."""


def _undo() -> None:
    raise _Undone


def snapshot(engine: Engine, structure_id: int) -> str:
    """Every row of a structure, as one text, read without walls."""
    lines = []
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if "structure_id" in table.c:
                rows = connection.execute(select(table).where(table.c.structure_id == structure_id))
                lines += [f"{table.name}: {sorted(map(repr, rows))}"]
    return "\n".join(lines)


def rows_of(world: World, where: Furnished) -> str:
    """Every row of a structure, as one text, read without walls."""
    engine = unwalled(world.database.engine.url.render_as_string(hide_password=False))
    try:
        return snapshot(engine, where.structure.id)
    finally:
        engine.dispose()


class PlainSession(Session):
    """A session without any wall, for the positive controls."""

    def run(self, prepared: Any, **values: object) -> Any:
        """Execute the statement as it was before it was prepared."""
        return self.execute(prepared, values)


Attack: TypeAlias = "Callable[[Any, Prey], object]"


def reads(attack: Attack) -> Attack:
    """Enlist an attack that reads."""
    READS[attack.__name__] = attack
    return attack


def writes(attack: Attack) -> Attack:
    """Enlist an attack that writes."""
    WRITES[attack.__name__] = attack
    return attack


def more_than(own: int, counted: object) -> list[str]:
    """The canary when a count says more than one's own."""
    assert isinstance(counted, int)
    return [CANARY] if counted > own else []


def prepared(session: Session, statement: Any, **how: Any) -> Any:
    """The statement as the session's `run` takes it."""
    return Walled(statement, **how) if isinstance(session, PortalSession) else statement


@contextmanager
def besieged(world: World) -> Iterator[Siege]:
    """A world under attack."""
    lyon, strasbourg = world.lyon, world.strasbourg
    with world.database.transaction(strasbourg.scope) as u:
        person = add_person(u, email="both@portal.example", name="Dominique")
        site, team, agreement = planted(u, strasbourg, CANARY)
        u.add(Membership(id=new_id(THEN), person_id=person.id, role=Role.MEDIATOR, created_at=THEN))
    with world.database.transaction(lyon.scope) as u:
        _, _, own = planted(u, lyon, "Lyon")
    prey = Prey(
        lyon=lyon.structure.id,
        strasbourg=strasbourg.structure.id,
        own_site=lyon.site.id,
        own_agreement=own.id,
        site=site.id,
        team=team.id,
        agreement=agreement.id,
        person=person.id,
    )
    engine = unwalled(str(world.database.engine.url.render_as_string(hide_password=False)))
    try:
        yield Siege(world, prey, engine)
    finally:
        engine.dispose()


def planted(u: Any, where: Furnished, word: str) -> tuple[Site, Team, Agreement]:
    """A site, a team and an agreement whose names say whose they are."""
    site = Site(id=new_id(THEN), slug="annexe", name=f"{word} annexe", created_at=THEN)
    team = Team(id=new_id(THEN), site_id=where.site.id, name=f"{word} équipe", created_at=THEN)
    agreement = Agreement(
        id=new_id(THEN),
        partner=f"{word} bailleur",
        purpose="Tournées",
        starts_on=date(2027, 1, 1),
        created_at=THEN,
    )
    u.add(site, team, agreement)
    return site, team, agreement


def unwalled(url: str) -> Engine:
    """An engine without walls over the same database: a plain one on SQLite, the owner's on PostgreSQL."""
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        return create_engine(address.set(username=OWNER))
    engine = create_engine(address)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA foreign_keys=ON")

    return engine
