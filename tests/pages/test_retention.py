"""A structure keeps things less long, never longer; who reads what of what was destroyed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from casework import file, followed, step
from sqlalchemy import select
from staff import signed_in
from walls.siege import unwalled

from portal.people.rules import Role
from portal.protection.purging import purge
from portal.protection.queries import schedule
from portal.protection.rules import RETENTION, Kept
from portal.tenancy.models import PolicyVersion
from portal.tenancy.queries import policy

if TYPE_CHECKING:
    from build import World
    from staff import Colleague

PAGE = "/s/passerelle/settings/retention"
SAID = "تحدثنا مع الوسيط، وسيأتي غدًا."
ALL = {kept.value: str(row.months) for kept, row in RETENTION.items()}


def finished(world: World, lead: Colleague) -> tuple[str, str]:
    """Receipt and reference of a complaint that was answered and closed."""
    receipt, reference = file(world)
    step(lead, reference, "acknowledge")
    step(lead, reference, "answer", message=SAID, finding="upheld", language="ar")
    assert step(lead, reference, "close", outcome="answered", finding="upheld").status_code == 303
    return receipt, reference


def nightly(world: World, months: int) -> int:
    """How many things went, so many months later."""
    world.clock.advance(timedelta(days=31 * months))
    with world.database.transaction(world.lyon.scope) as u:
        return purge(u)


def test_a_structure_keeps_less_long_in_a_new_version(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    assert lead.post(PAGE, **ALL, seen="1").status_code == 303
    sent = lead.post(PAGE, **{**ALL, "case": "12", "answer_words": "6"}, seen="2")
    assert sent.status_code == 303, sent.text
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert (policy(u).number, policy(u).retention) == (3, {"case": 12, "answer_words": 6})
        assert schedule(u)[Kept.CASE] == 12
        assert policy(u).targets == u.all(select(PolicyVersion).where(PolicyVersion.number == 1))[0].targets
    assert 'value="12"' in lead.get(PAGE).text


def test_nothing_is_kept_longer_than_the_schedule_says(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    for name, months in (("case", "25"), ("journal", "5"), ("contact", "0"), ("answer_words", "x")):
        assert lead.post(PAGE, **{**ALL, name: months}).status_code == 422, name
    assert lead.post(PAGE, **ALL, seen="7").status_code == 409
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert policy(u).number == 1


def test_a_schedule_survives_other_changes_of_the_policy(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    lead.post(PAGE, **{**ALL, "case": "12"})
    assert lead.post("/s/passerelle/settings/staff-informed", day="2027-03-01").status_code == 303
    with sqlite_world.database.reading(sqlite_world.lyon.scope) as u:
        assert policy(u).retention == {"case": 12}
        assert policy(u).staff_informed_on is not None


def test_what_was_promised_shorter_stays_shorter(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    lead.post(PAGE, **{**ALL, "case": "6"})
    finished(sqlite_world, lead)
    lead.post(PAGE, **ALL)
    assert nightly(sqlite_world, 7) == 1


def test_a_case_without_its_words_still_opens(sqlite_world: World) -> None:
    lead = signed_in(sqlite_world)
    receipt, reference = finished(sqlite_world, lead)
    assert SAID in lead.get(f"/s/passerelle/cases/{reference}").text
    assert nightly(sqlite_world, 25) == 1
    # The first session is over by now.
    lead = signed_in(sqlite_world, email="noor@exemple.test", name="Noor")
    page = lead.get(f"/s/passerelle/cases/{reference}").text
    assert "Texte effacé le" in page
    assert SAID not in page
    assert not re.search(r'action="[^"]*/(answer|note|reopen)"', page)
    refused = lead.post(f"/s/passerelle/cases/{reference}/note", version="0", message="Encore")
    assert refused.status_code == 409
    listed = lead.get("/s/passerelle/cases?state=closed")
    assert reference in listed.text
    assert "Texte effacé" in listed.text
    _, _, theirs = followed(sqlite_world, receipt)
    assert theirs.status_code == 200
    assert "لم نعد نحتفظ بكلماتك" in theirs.text
    assert "<textarea" not in theirs.text


def test_the_auditor_reads_what_was_destroyed_and_a_mediator_does_not(sqlite_world: World) -> None:
    finished(sqlite_world, signed_in(sqlite_world))
    nightly(sqlite_world, 25)
    auditor = signed_in(sqlite_world, Role.AUDITOR, email="audit@exemple.test", name="Audit")
    page = auditor.get("/s/passerelle/protection/destroyed")
    assert page.status_code == 200
    assert "Messages et photos, après une réponse" in page.text
    assert "24 mois" in page.text
    mediator = signed_in(sqlite_world, Role.MEDIATOR, email="terrain@exemple.test", name="Terrain")
    assert mediator.get("/s/passerelle/protection/destroyed").status_code == 403


def test_the_notice_tells_the_durations_in_force(sqlite_world: World) -> None:
    notice = sqlite_world.app.test_client().get("/p/passerelle/fr/privacy").text
    assert "24 mois" in notice
    signed_in(sqlite_world).post(PAGE, **{**ALL, "case": "9"})
    assert "9 mois" in sqlite_world.app.test_client().get("/p/passerelle/fr/privacy").text


def test_nobody_changes_the_log(sqlite_world: World) -> None:
    finished(sqlite_world, signed_in(sqlite_world))
    nightly(sqlite_world, 25)
    engine = unwalled(sqlite_world.database.engine.url.render_as_string())
    for order in ("update destruction set things = 0", "delete from destruction"):
        with engine.connect() as connection:
            refused = None
            try:
                connection.exec_driver_sql(order)
            except Exception as fault:  # noqa: BLE001 -- whatever the driver raises
                refused = str(fault)
            assert refused is not None
            assert "destruction is never changed" in refused
    engine.dispose()
