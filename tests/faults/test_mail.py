"""Mail servers that are down, slow, full, or cut the line: each notice arrives, once if that can be known."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from mailing import FILER, HOST, filed, handling, hired, posted, sent, stepped, trap, written_to
from sqlalchemy import select

from portal.notifications.letters import Letter
from portal.notifications.mailers import FileMailer, NotSent, SmtpMailer, Why
from portal.notifications.models import OutboxRow
from portal.notifications.rules import DELAYS, LEASE, MAX_TRIES, Notice
from portal.notifications.sending import Delivery, send_due
from portal.people.rules import Role

if TYPE_CHECKING:
    from pathlib import Path

    from build import World


def rows(world: World) -> list[OutboxRow]:
    """Every notice of Lyon."""
    with world.database.reading(world.lyon.scope) as u:
        return list(u.all(select(OutboxRow).order_by(OutboxRow.id)))


def with_news(world: World) -> None:
    """One notice for the handler, one for the filer."""
    lead = hired(world, Role.DIRECTOR, "lea")
    case = filed(world)
    stepped(world, handling(world, lead, Role.DIRECTOR), case.case_id, "acknowledge", "inform")


def test_a_mail_arrives_once_with_the_headers_that_keep_machines_silent(world: World) -> None:
    with_news(world)
    with trap().listening() as server:
        assert sent(world, server.mailer) == Delivery(sent=2)
        assert sent(world, server.mailer) == Delivery()
    assert sorted(to for to, _ in server.arrived) == [FILER, "lea@passerelle.example"]
    ids = {row.id.hex for row in rows(world)}
    for mail in server.mails:
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["X-Auto-Response-Suppress"] == "All"
        assert mail["Message-ID"].removeprefix("<").removesuffix("@avis.portal.test>") in ids
        assert mail["List-Id"] == "<passerelle.avis.portal.test>"
        assert mail["From"].addresses[0].addr_spec == "no-reply@avis.portal.test"
        assert mail["Date"].datetime == world.clock.now()
        assert mail.get_content_type() == "text/plain"
        assert mail.get_content_charset() == "utf-8"


def test_a_server_that_was_down_for_a_day_gets_each_mail_once(world: World) -> None:
    with_news(world)
    server = trap()
    for _ in range(24):
        assert sent(world, server.mailer).sent == 0
        world.clock.advance(timedelta(hours=1))
    with server.listening():
        for _ in range(5):
            sent(world, server.mailer)
            world.clock.advance(timedelta(hours=1))
    assert sorted(to for to, _ in server.arrived) == [FILER, "lea@passerelle.example"]
    assert all(row.sent_at is not None for row in rows(world))


def test_a_server_that_is_down_is_asked_once_in_a_run(sqlite_world: World) -> None:
    with_news(sqlite_world)
    assert sent(sqlite_world, trap().mailer) == Delivery(postponed=1, is_cut=True)


def test_a_server_that_says_nothing_is_left_in_time(sqlite_world: World) -> None:
    with_news(sqlite_world)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailer = SmtpMailer("127.0.0.1", silent.getsockname()[1], timeout=0.3)
        assert sent(sqlite_world, mailer) == Delivery(postponed=1, is_cut=True)


def test_a_server_that_says_nothing_slows_nobody_who_writes(world: World) -> None:
    hired(world, Role.DIRECTOR, "lea")
    filed(world)
    with socket.create_server((HOST, 0)) as silent, ThreadPoolExecutor(1) as worker:
        silent.settimeout(30)
        port = silent.getsockname()[1]
        stuck = worker.submit(sent, world, SmtpMailer(HOST, port, timeout=60))
        line, _ = silent.accept()
        for number in range(5):
            filed(world, nonce=f"n{number}")
        assert not stuck.done(), "everybody was served while a mail hung"
        line.close()
        assert stuck.result(timeout=30) == Delivery(postponed=1, is_cut=True)
    world.clock.advance(DELAYS[0])
    with trap().listening() as server:
        assert sent(world, server.mailer) == Delivery(sent=6)
        assert sent(world, server.mailer) == Delivery()
    assert len({mail["Message-ID"] for mail in server.mails}) == len(server.mails) == 6


def test_a_recipient_who_does_not_exist_is_given_up_at_once(world: World) -> None:
    with_news(world)
    server = trap()
    server.refuses[FILER] = "550 5.1.1 no such mailbox"
    with server.listening():
        assert sent(world, server.mailer) == Delivery(sent=1, given_up=1)
    given_up = [row for row in rows(world) if row.given_up_at is not None]
    assert [(row.notice, row.address_sealed) for row in given_up] == [("case_news", None)]


def test_a_recipient_put_off_by_the_server_is_tried_again_and_holds_nobody_back(world: World) -> None:
    with_news(world)
    server = trap()
    server.refuses[FILER] = "451 4.7.1 greylisted"
    with server.listening():
        assert sent(world, server.mailer) == Delivery(sent=1, postponed=1)
        server.refuses.clear()
        assert sent(world, server.mailer) == Delivery()
        world.clock.advance(DELAYS[0])
        assert sent(world, server.mailer) == Delivery(sent=1)


@pytest.mark.parametrize("reply", ["451 not now", "552 full", "554 5.7.1 no"])
def test_a_text_the_server_refuses_is_tried_again(sqlite_world: World, reply: str) -> None:
    with_news(sqlite_world)
    server = trap()
    server.on_data = reply
    with server.listening():
        assert sent(sqlite_world, server.mailer) == Delivery(postponed=2)


def test_a_line_cut_after_the_text_brings_it_again_under_the_same_name(world: World) -> None:
    hired(world, Role.DIRECTOR, "lea")
    filed(world)
    server = trap()
    server.cuts = 1
    with server.listening():
        assert sent(world, server.mailer).is_cut
        world.clock.advance(DELAYS[0])
        assert sent(world, server.mailer) == Delivery(sent=1)
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_content() == second.get_content()


def test_a_notice_nobody_takes_is_given_up_and_the_log_names_no_address(
    sqlite_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with_news(sqlite_world)
    server = trap()
    server.refuses = dict.fromkeys([FILER, "lea@passerelle.example"], "451 later")
    with server.listening():
        for _ in range(MAX_TRIES):
            sent(sqlite_world, server.mailer)
            sqlite_world.clock.advance(timedelta(hours=4))
    assert all(row.given_up_at is not None and row.address_sealed is None for row in rows(sqlite_world))
    assert [row.attempts for row in rows(sqlite_world)] == [MAX_TRIES, MAX_TRIES]
    assert "given up after 24 tries" in caplog.text
    assert "@" not in caplog.text


def test_two_workers_send_each_notice_once(world: World) -> None:
    hired(world, Role.DIRECTOR, "lea")
    for number in range(12):
        filed(world, nonce=f"n{number}")
    with trap().listening() as server:
        post = posted(world, server.mailer)
        with ThreadPoolExecutor(2) as workers:
            runs = [workers.submit(send_due, world.database, world.lyon.scope, post) for _ in range(2)]
            total = sum(run.result().sent for run in runs)
    assert total == 12
    assert len({mail["Message-ID"] for mail in server.mails}) == len(server.mails) == 12


def test_a_notice_taken_by_a_worker_that_died_is_free_after_its_lease(world: World, tmp_path: Path) -> None:
    hired(world, Role.DIRECTOR, "lea")
    filed(world)
    with pytest.raises(SystemExit):
        sent(world, Dying())
    assert sent(world, FileMailer(tmp_path)) == Delivery()
    world.clock.advance(LEASE)
    assert sent(world, FileMailer(tmp_path)) == Delivery(sent=1)


class Dying:
    """A mailer at which the process ends."""

    sender = None

    def send(self, letter: Letter) -> None:  # noqa: ARG002 -- signature of the protocol
        """End the process."""
        raise SystemExit


def test_a_notice_that_cannot_be_written_holds_nobody_back(sqlite_world: World, tmp_path: Path) -> None:
    with_news(sqlite_world)
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        broken = u.one(select(OutboxRow).where(OutboxRow.notice == Notice.CASE_FILED.value))
        assert broken is not None
        broken.facts = {}
    assert sent(sqlite_world, FileMailer(tmp_path)) == Delivery(sent=1, postponed=1)


def test_a_folder_gets_one_file_for_each_notice_however_often_it_is_sent(
    sqlite_world: World, tmp_path: Path
) -> None:
    with_news(sqlite_world)
    folder = tmp_path / "mail"
    sent(sqlite_world, FileMailer(folder))
    first = written_to(folder)
    with sqlite_world.database.transaction(sqlite_world.lyon.scope) as u:
        for row in u.all(select(OutboxRow)):
            row.sent_at = None
            row.next_try_at = u.now
    sent(sqlite_world, FileMailer(folder))
    assert [mail["Message-ID"] for mail in written_to(folder)] == [mail["Message-ID"] for mail in first]
    assert sorted(path.suffix for path in folder.iterdir()) == [".eml", ".eml"]


def test_a_folder_that_takes_nothing_keeps_the_notice(sqlite_world: World, tmp_path: Path) -> None:
    with_news(sqlite_world)
    (tmp_path / "file").write_text("")
    assert sent(sqlite_world, FileMailer(tmp_path / "file" / "mail")).is_cut


def test_a_password_is_not_sent_in_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    server = trap()
    mailer = SmtpMailer("mail.test", server.port, user="avis", password="geheim", timeout=3)
    real = socket.create_connection
    monkeypatch.setattr(
        socket,
        "create_connection",
        lambda address, *more, **named: real(("127.0.0.1", address[1]), *more, **named),
    )
    with server.listening(), pytest.raises(NotSent) as refused:
        mailer.send(Letter("0", "a@a.test", "b@b.test", b"Subject: x\r\n\r\n"))
    assert refused.value.why is Why.UNREACHABLE
    assert refused.value.facts == {"fault": "no encryption for the password"}


@pytest.mark.parametrize(
    ("is_global", "outcome"), [(True, Delivery(sent=2)), (False, Delivery(sent=1, given_up=1))]
)
def test_an_address_in_another_script_goes_where_the_server_knows_it(
    sqlite_world: World, *, is_global: bool, outcome: Delivery
) -> None:
    lead = hired(sqlite_world, Role.DIRECTOR, "lea")
    case = filed(sqlite_world, contact="فاطمة@exemple.test")
    stepped(sqlite_world, handling(sqlite_world, lead), case.case_id, "acknowledge", "inform")
    server = trap()
    server.is_global = is_global
    with server.listening():
        assert sent(sqlite_world, server.mailer) == outcome
    assert ("فاطمة@exemple.test" in [to for to, _ in server.arrived]) is is_global


def test_a_domain_in_another_script_is_written_as_the_network_writes_it(sqlite_world: World) -> None:
    lead = hired(sqlite_world, Role.DIRECTOR, "lea")
    case = filed(sqlite_world, contact="fatou@café.test")
    stepped(sqlite_world, handling(sqlite_world, lead), case.case_id, "acknowledge", "inform")
    with trap().listening() as server:
        sent(sqlite_world, server.mailer)
    assert "fatou@xn--caf-dma.test" in [to for to, _ in server.arrived]
