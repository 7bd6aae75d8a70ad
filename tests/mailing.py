"""Mails in tests: a filer who left an address, colleagues who hear of it, a mail server that misbehaves."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

from portal.cases.actions import Filing, Given, take
from portal.cases.filing import Filed, file
from portal.cases.rules import Kind, Outcome
from portal.core.db import Scope
from portal.notifications.mailers import FileMailer, SmtpMailer
from portal.notifications.sending import Post, send_due
from portal.people.actions import add_member, add_person
from portal.people.rules import Role
from portal.web.house import KEY
from portal.web.mail_text import mail_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path
    from uuid import UUID

    from build import Furnished, World

    from portal.notifications.mailers import Mailer
    from portal.notifications.sending import Delivery

HOST = "127.0.0.1"
FILER = "fatoumata.habitante@exemple.test"
TEXT = "Le médiateur Quittenbaum a crié dans l’escalier de la rue des Peupliers."


def hired(world: World, role: Role, name: str, *, at: Furnished | None = None, locale: str = "fr") -> UUID:
    """A new colleague, whose address is `name@passerelle.example`."""
    with world.database.transaction((at or world.lyon).scope) as u:
        person = add_person(u, email=f"{name}@passerelle.example", name=name.title(), locale=locale)
        add_member(u, person.id, role)
        return person.id


def filed(world: World, nonce: str = "one", at: Furnished | None = None, **given: Any) -> Filed:
    """A complaint of somebody who left an address."""
    where = at or world.lyon
    filing = Filing(
        kind=Kind.COMPLAINT,
        text=TEXT,
        language="fr",
        site_id=where.site.id,
        nonce=nonce.encode(),
        contact_kind="email",
        contact=FILER,
        name="Fatoumata Habitante",
        code_id=where.code.id,
    )
    hasher = world.app.extensions[KEY].hasher
    return file(world.database, hasher, where.scope, replace(filing, **given))


def handling(world: World, person_id: UUID, role: Role = Role.QUALITY_LEAD) -> Scope:
    """The scope of a colleague at work in Lyon."""
    return Scope.of(world.lyon.structure.id, actor_id=person_id, role=role.value)


WORDS = Given(message="Quittenbaum a été entendu.", outcome=Outcome.REDIRECTED)
"""What a colleague writes at each step, unless a test says otherwise."""


def stepped(world: World, scope: Scope, case_id: UUID, *verbs: str, given: Given = WORDS) -> None:
    """Steps taken one after the other, each with the same words."""
    for verb in verbs:
        with world.database.transaction(scope) as u:
            take(u, case_id, verb, given)


def posted(world: World, mailer: Mailer) -> Post:
    """What sending needs, with this application's texts."""
    return Post("http://avis.portal.test", mail_text(world.app), mailer)


def sent(world: World, mailer: Mailer, at: Furnished | None = None) -> Delivery:
    """What became of the notices of one structure (Lyon's, unless said)."""
    return send_due(world.database, (at or world.lyon).scope, posted(world, mailer))


def written_to(folder: Path) -> list[EmailMessage]:
    """The mails in a folder, in the order of their ids."""
    return [read(path.read_bytes()) for path in sorted(folder.glob("*.eml"))]


def in_folder(world: World, folder: Path) -> list[EmailMessage]:
    """The mails of Lyon that are due, sent into a folder."""
    sent(world, FileMailer(folder))
    return written_to(folder)


def read(content: bytes) -> EmailMessage:
    """A mail as its reader has it."""
    return message_from_bytes(content, policy=default)


@dataclass(slots=True)
class Trap:
    """A real mail server on a port of its own, which does what its fields say."""

    port: int
    arrived: list[tuple[str, bytes]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    """Reply to a recipient, by address."""
    on_data: str = "250 OK"
    cuts: int = 0
    """How many times the line is cut after the text arrived, before anything is said."""

    async def handle_RCPT(  # noqa: N802 -- signature of aiosmtpd
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        """Take or refuse a recipient."""
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: object, envelope: Any) -> str:  # noqa: N802 -- idem
        """Keep what came; then answer, or cut the line."""
        if self.on_data.startswith("2"):
            self.arrived.append((envelope.rcpt_tos[0], envelope.content))
        if self.cuts:
            self.cuts -= 1
            server.transport.abort()
        return self.on_data

    is_global: bool = False
    """Whether it takes addresses in every script (SMTPUTF8)."""

    @property
    def mailer(self) -> SmtpMailer:
        """A mailer that sends to this server, and has little patience."""
        return SmtpMailer(HOST, self.port, timeout=3.0)

    @contextmanager
    def listening(self) -> Iterator[Trap]:
        """The server is up until the block ends."""
        controller = Controller(self, hostname=HOST, port=self.port, enable_SMTPUTF8=self.is_global)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails that arrived, in their order."""
        return [read(content) for _, content in self.arrived]


def trap() -> Trap:
    """A mail server that is still down, with a port that nobody else has."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return Trap(probe.getsockname()[1])
