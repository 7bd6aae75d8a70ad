"""The two ways a mail leaves: to a mail server, or into a folder (for a demo and for a first look)."""

from __future__ import annotations

import os
import smtplib
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from portal.core.errors import PortalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from portal.notifications.letters import Letter

TIMEOUT = 20.0
"""Seconds that a mail server may be silent."""
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_REFUSED = range(500, 600)


class Why(Enum):
    """Why a mail did not go."""

    UNREACHABLE = "unreachable"
    """The server is down, silent, cut the line, or does not take us: others would fare no better now."""
    POSTPONED = "postponed"
    """The server does not take this mail now."""
    REFUSED = "refused"
    """There is no such recipient, and there will be none."""


class NotSent(PortalError):
    """The mail did not go, or perhaps did: a line cut after DATA does not tell."""

    def __init__(self, why: Why, **facts: object) -> None:
        super().__init__(why.value, **facts)
        self.why = why


class Mailer(Protocol):
    """Takes a mail out of the house."""

    @property
    def sender(self) -> str | None:
        """The address that the settings name for our mails, if they do."""
        ...

    def send(self, letter: Letter) -> None:
        """Nothing, once somebody else has taken the mail over. Raises `NotSent`."""
        ...


@dataclass(frozen=True, slots=True)
class FileMailer:
    """Writes each mail as a file `<id>.eml`, whole or not at all; a mail sent again replaces itself."""

    folder: Path
    sender: str | None = None

    def send(self, letter: Letter) -> None:
        """Write the file. Raises `NotSent` when the folder takes none."""
        whole = self.folder / f"{letter.name}.eml"
        partial = whole.with_suffix(".part")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(letter.content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(whole)
        except OSError as fault:
            raise NotSent(Why.UNREACHABLE, fault=type(fault).__name__) from None


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """Hands each mail to a mail server over a connection of its own."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    is_tls: bool = False
    sender: str | None = None
    timeout: float = TIMEOUT

    def send(self, letter: Letter) -> None:
        """Send it. Raises `NotSent`, also for a line cut after DATA: it is then sent again under its name."""
        options = () if letter.recipient.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
        with self._connected() as server:
            try:
                server.sendmail(letter.sender, [letter.recipient], letter.content, options)
            except smtplib.SMTPRecipientsRefused as fault:
                code = min(code for code, _ in fault.recipients.values())
                raise NotSent(Why.REFUSED if code in _REFUSED else Why.POSTPONED, code=code) from None
            except smtplib.SMTPDataError as fault:
                raise NotSent(Why.POSTPONED, code=fault.smtp_code) from None
            except (smtplib.SMTPNotSupportedError, ValueError, UnicodeError):
                raise NotSent(Why.REFUSED, fault="address") from None

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A server that has greeted us and knows us; how it says goodbye does not count."""
        server: smtplib.SMTP | None = None
        try:
            server = self._greeted()
            yield server
        except smtplib.SMTPResponseException as fault:
            raise NotSent(Why.UNREACHABLE, code=fault.smtp_code) from None
        except (OSError, smtplib.SMTPException) as fault:
            raise NotSent(Why.UNREACHABLE, fault=type(fault).__name__) from None
        finally:
            if server is not None:
                with suppress(OSError, smtplib.SMTPException):
                    server.quit()
                server.close()

    def _greeted(self) -> smtplib.SMTP:
        if self.is_tls:
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            self._introduce(server)
        except BaseException:
            server.close()
            raise
        return server

    def _introduce(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if not self.user:
            return
        if not self.is_tls and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        elif not self.is_tls and self.host not in _OWN_MACHINE:
            # Whoever sits on the line can hide the offer of encryption, and would then read the password.
            raise NotSent(Why.UNREACHABLE, fault="no encryption for the password")
        server.login(self.user, self.password)


def mailer_of(url: str) -> Mailer:
    """The mailer of the setting `MAIL_URL`, `file:DIR` or `smtp[s]://user:password@host:port?from=address`."""
    return _MAILERS[url.partition(":")[0]](url)


def _file_mailer(url: str) -> Mailer:
    return FileMailer(Path(url.removeprefix("file:").removeprefix("//")))


def _smtp_mailer(url: str) -> Mailer:
    parts = urlsplit(url)
    is_tls, user = parts.scheme == "smtps", unquote(parts.username or "")
    given = parse_qs(parts.query).get("from", [user if "@" in user else ""])[0]
    return SmtpMailer(
        host=parts.hostname or "localhost",
        port=parts.port or (smtplib.SMTP_SSL_PORT if is_tls else smtplib.SMTP_PORT),
        user=user,
        password=unquote(parts.password or ""),
        is_tls=is_tls,
        sender=given or None,
    )


_MAILERS: dict[str, Callable[[str], Mailer]] = {
    "file": _file_mailer,
    "smtp": _smtp_mailer,
    "smtps": _smtp_mailer,
}
