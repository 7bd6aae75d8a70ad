"""Attempts of Lyon to write into Strasbourg's rows, or to copy them; each works where there is no wall."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import make_transient_to_detached
from walls.siege import THEN, Prey, writes

from portal.core.ids import new_id
from portal.core.schema import table_of
from portal.people.models import Membership
from portal.people.rules import Role
from portal.tenancy.models import Agreement, Site, Team

_site, _team = table_of(Site), table_of(Team)


def foreign_site(prey: Prey) -> dict[str, Any]:
    """A new site of Strasbourg, as columns."""
    return {
        "structure_id": prey.strasbourg,
        "id": new_id(THEN),
        "slug": "intrus",
        "name": "x",
        "is_main": False,
        "created_at": THEN,
    }


def foreign(prey: Prey) -> Site:
    """The planted site of Strasbourg, as if a session had loaded it once."""
    row = Site(structure_id=prey.strasbourg, id=prey.site, name="old", slug="annexe")
    make_transient_to_detached(row)
    return row


def own_agreement(session: Any, prey: Prey) -> Agreement:
    """A row of Lyon, honestly loaded."""
    found: Agreement = session.scalars(select(Agreement).where(Agreement.id == prey.own_agreement)).one()
    return found


# By the unit of work


@writes
def add_a_foreign_row(session: Any, prey: Prey) -> object:
    return session.add(Site(**foreign_site(prey)))


@writes
def add_several_foreign_rows(session: Any, prey: Prey) -> object:
    return session.add_all([Site(**{**foreign_site(prey), "slug": slug}) for slug in ("a", "b")])


@writes
def merge_a_new_foreign_row(session: Any, prey: Prey) -> object:
    return session.merge(Site(**foreign_site(prey))) and None


@writes
def merge_a_changed_foreign_row(session: Any, prey: Prey) -> object:
    return session.merge(Site(**{**foreign_site(prey), "id": prey.site, "name": "taken"})) and None


@writes
def change_a_foreign_row_made_by_hand(session: Any, prey: Prey) -> object:
    row = foreign(prey)
    session.add(row)
    row.name = "taken"
    return session.flush()


@writes
def delete_a_foreign_row_made_by_hand(session: Any, prey: Prey) -> object:
    session.delete(foreign(prey))
    return session.flush()


@writes
def move_an_own_row_abroad(session: Any, prey: Prey) -> object:
    row = own_agreement(session, prey)
    row.structure_id = prey.strasbourg
    return session.flush()


@writes
def move_a_foreign_row_home(session: Any, prey: Prey) -> object:
    row = Agreement(structure_id=prey.strasbourg, id=prey.agreement)
    make_transient_to_detached(row)
    session.add(row)
    row.structure_id = prey.lyon
    return session.flush()


@writes
def move_a_row_past_its_history(session: Any, prey: Prey) -> object:
    row = own_agreement(session, prey)
    row.structure_id = prey.strasbourg
    row.__dict__["structure_id"] = prey.lyon
    row.partner = "x"
    row.__dict__["structure_id"] = prey.strasbourg
    return session.flush()


@writes
def change_a_membership_seen_abroad(session: Any, prey: Prey) -> object:
    row = session.scalars(select(Membership).where(Membership.structure_id == prey.strasbourg)).first()
    row.role = Role.DIRECTOR
    return session.flush()


# In bulk, by the ORM


@writes
def update_by_the_orm(session: Any, _prey: Prey) -> object:
    return session.execute(update(Team).values(name="taken")) and None


@writes
def update_by_the_orm_without_synchronising(session: Any, prey: Prey) -> object:
    changed = update(Site).where(Site.id == prey.site).values(name="taken")
    return session.execute(changed, execution_options={"synchronize_session": False}) and None


@writes
def update_by_the_legacy_query(session: Any, _prey: Prey) -> object:
    return session.query(Team).update({"name": "taken"}) and None


@writes
def update_a_membership_seen_abroad(session: Any, _prey: Prey) -> object:
    return session.execute(update(Membership).values(role=Role.DIRECTOR)) and None


@writes
def end_a_membership_seen_abroad(session: Any, _prey: Prey) -> object:
    return session.execute(delete(Membership)) and None


@writes
def move_by_an_update(session: Any, prey: Prey) -> object:
    moved = update(Agreement).where(Agreement.id == prey.own_agreement).values(structure_id=prey.strasbourg)
    return session.execute(moved) and None


@writes
def move_by_an_ordered_update(session: Any, prey: Prey) -> object:
    moved = update(Agreement).where(Agreement.id == prey.own_agreement)
    return session.execute(moved.ordered_values((Agreement.structure_id, prey.strasbourg))) and None


@writes
def move_by_an_update_of_a_string_key(session: Any, prey: Prey) -> object:
    moved = update(Agreement).where(Agreement.id == prey.own_agreement)
    return session.execute(moved.values({"structure_id": prey.strasbourg})) and None


@writes
def move_by_parameters_of_an_update(session: Any, prey: Prey) -> object:
    moved = update(Agreement).where(Agreement.id == bindparam("which"))
    return session.execute(moved, {"which": prey.own_agreement, "structure_id": prey.strasbourg}) and None


@writes
def update_many_by_key(session: Any, prey: Prey) -> object:
    rows = [{"structure_id": prey.strasbourg, "id": prey.site, "name": "taken"}]
    return session.execute(update(Site), rows) and None


@writes
def copy_by_an_update_from_another_entity(session: Any, prey: Prey) -> object:
    copied = update(Site).where(Team.id == prey.team, Site.id == prey.own_site).values(name=Team.name)
    return session.execute(copied, execution_options={"synchronize_session": False}) and None


@writes
def copy_by_an_update_from_an_alias(session: Any, prey: Prey) -> object:
    other = select(Team.name, Team.id).subquery()
    copied = update(Site).where(other.c.id == prey.team, Site.id == prey.own_site).values(name=other.c.name)
    return session.execute(copied, execution_options={"synchronize_session": False}) and None


@writes
def copy_by_an_update_from_a_sub_query(session: Any, prey: Prey) -> object:
    stolen = select(Team.name).where(Team.id == prey.team).scalar_subquery()
    copied = update(Site).where(Site.id == prey.own_site, stolen.is_not(None)).values(name=stolen)
    return session.execute(copied, execution_options={"synchronize_session": False}) and None


@writes
def copy_by_an_update_from_a_bare_table(session: Any, prey: Prey) -> object:
    copied = update(Site).where(_team.c.id == prey.team, Site.id == prey.own_site).values(name=_team.c.name)
    return session.execute(copied, execution_options={"synchronize_session": False}) and None


@writes
def insert_by_the_orm(session: Any, prey: Prey) -> object:
    return session.execute(insert(Site).values(**foreign_site(prey))) and None


@writes
def insert_many_by_the_orm(session: Any, prey: Prey) -> object:
    return session.execute(insert(Site), [foreign_site(prey)]) and None


@writes
def insert_from_a_select(session: Any, prey: Prey) -> object:
    chosen = select(
        literal(prey.lyon), Site.id, literal("copie"), Site.name, Site.is_main, Site.created_at
    ).where(Site.id == prey.site)
    names = ["structure_id", "id", "slug", "name", "is_main", "created_at"]
    return session.execute(insert(Site).from_select(names, chosen)) and None


@writes
def insert_or_update_on_conflict(session: Any, prey: Prey) -> object:
    make: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[session.get_bind().dialect.name]
    row = {**foreign_site(prey), "id": prey.site}
    upsert = make(Site).values(**row)
    upsert = upsert.on_conflict_do_update(index_elements=["structure_id", "id"], set_={"name": "taken"})
    return session.execute(upsert) and None


@writes
def bulk_save_objects(session: Any, prey: Prey) -> object:
    return session.bulk_save_objects([Site(**foreign_site(prey))])


@writes
def bulk_insert_mappings(session: Any, prey: Prey) -> object:
    return session.bulk_insert_mappings(Site, [foreign_site(prey)])


@writes
def bulk_update_mappings(session: Any, prey: Prey) -> object:
    row = {"structure_id": prey.strasbourg, "id": prey.site, "name": "taken"}
    return session.bulk_update_mappings(Site, [row])


@writes
def delete_by_the_orm(session: Any, prey: Prey) -> object:
    return session.execute(delete(Team).where(Team.id == prey.team)) and None


@writes
def delete_by_the_legacy_query(session: Any, _prey: Prey) -> object:
    return session.query(Agreement).delete() and None


@writes
def delete_using_another_entity(session: Any, prey: Prey) -> object:
    gone = delete(Agreement).where(
        Agreement.structure_id.in_(select(Team.structure_id).where(Team.id == prey.team))
    )
    return session.execute(gone, execution_options={"synchronize_session": False}) and None
