"""What must be in order: the table behind `serve`, `db check` and `doctor`.

Each check answers with findings: a fault keeps the portal from serving well, advice does not.
"""

from __future__ import annotations

import os
import smtplib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import create_engine, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from portal.channels.qr import code_url, fits_badge
from portal.cli.ground import NO_ADDRESS, NO_ANSWER, NO_DRIVER, refuse
from portal.core.clock import SystemClock
from portal.core.errors import Invalid
from portal.core.languages import LANGUAGES
from portal.core.paths import TRANSLATIONS
from portal.core.schema import table_of
from portal.core.upgrade import damages, head, missing_guards, revision_of, unsafe_role
from portal.printing.fonts import PACKAGE, missing, system_fonts
from portal.tenancy.models import Structure
from portal.web.metrics import is_available

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Connection

    from portal.core.config import Config

NOT_UP_TO_DATE = "The database is not at the schema of this version: run `portal db upgrade`."
_NEWER = (
    "The database is at a schema this version does not know ({revision}): install the version that made it."
)
_GUARDS = "Guards of the database are missing: {guards}. Restore a backup, and tell us."
_ROLES = {
    "superuser_or_bypassrls": (
        "The role of PORTAL_DATABASE_URL is a superuser or has BYPASSRLS, and would see through the walls "
        "between structures. Serve as an ordinary role that owns no table."
    ),
    "owner": (
        "The role of PORTAL_DATABASE_URL owns the tables, and could take down the walls between structures. "
        "Serve as another role; put the owner into PORTAL_DATABASE_OWNER_URL."
    ),
}
_NO_METRICS = "PORTAL_METRICS_TOKEN is set, but its library is not there: install portevoix[metrics]."
_SOME_CODE = "222222"
_SMTP_SECONDS = 5
_CLOCK_SLACK = timedelta(seconds=60)
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about what is not in order, and what to do; `is_fault` False: advice."""

    sentence: str
    is_fault: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `portal doctor`."""

    name: str
    look: Callable[[Config], Sequence[Finding]]


def sqlite_file(database_url: str) -> Path | None:
    """The file of an embedded database; None on PostgreSQL and for one in memory."""
    url = make_url(database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def require_servable(config: Config) -> None:
    """Leave with a sentence for each reason why this database must not be served."""
    faults = [*_extras_missing(config), *database_faults(config)]
    if faults:
        refuse(*faults)


def _extras_missing(config: Config) -> list[str]:
    return [_NO_METRICS] if config.metrics_token and not is_available() else []


def database_faults(config: Config, *, deeply: bool = False) -> list[str]:
    """Why this database must not be served; empty when it may. `deeply`: an embedded one is read through."""
    try:
        file = sqlite_file(config.database_url)
        if file is not None and not file.exists():
            return [f"There is no database at {file} yet: run `portal db upgrade`."]
        with create_engine(config.database_url, poolclass=NullPool).connect() as connection:
            return _faults_in(connection, deeply=deeply)
    except ModuleNotFoundError:
        return [NO_DRIVER]
    except SQLAlchemyError as error:
        return [NO_ANSWER if isinstance(error, DBAPIError) else NO_ADDRESS]


def is_new(config: Config) -> bool:
    """Whether a database that may be served has no structure yet; asked without composing the portal."""
    with create_engine(config.database_url, poolclass=NullPool).connect() as connection:
        return connection.execute(select(table_of(Structure).c.id).limit(1)).first() is None


def _faults_in(connection: Connection, *, deeply: bool) -> list[str]:
    revision = revision_of(connection)
    if revision != head():
        return [NOT_UP_TO_DATE]
    guards, role = missing_guards(connection), unsafe_role(connection)
    faults = [_GUARDS.format(guards=", ".join(guards))] if guards else []
    if role is not None:
        faults.append(_ROLES[role])
    if deeply:
        faults += [
            f"The database file is damaged ({line}). Restore a backup." for line in damages(connection)
        ]
    return faults


def _settings(config: Config) -> list[Finding]:
    url = urlsplit(config.base_url)
    found = [Finding(sentence) for sentence in _extras_missing(config)]
    if url.scheme == "http" and url.hostname not in _LOCAL:
        found.append(
            Finding("PORTAL_BASE_URL is plain http: what people write can be read on its way. Use https.")
        )
    if url.hostname in _LOCAL:
        found.append(
            Finding(
                "PORTAL_BASE_URL is this machine alone: no phone opens the printed codes.", is_fault=False
            )
        )
    if config.secret_key_old == config.secret_key:
        found.append(Finding("PORTAL_SECRET_KEY_OLD is the secret in use: remove it.", is_fault=False))
    return found


def _database(config: Config) -> list[Finding]:
    return [Finding(sentence) for sentence in database_faults(config)]


def _folders(config: Config) -> list[Finding]:
    found = []
    for folder in (config.data, config.files_dir):
        there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            found.append(Finding(f"{folder} cannot be written to. Give it to the user who serves."))
    file = sqlite_file(config.database_url) if config.database_url.startswith("sqlite") else None
    if file is not None and file.exists() and os.name == "posix" and file.stat().st_mode & _OTHERS:
        found.append(
            Finding(f"Other users of this machine can read {file}: chmod 600 {file}", is_fault=False)
        )
    return found


def _mail(config: Config) -> list[Finding]:
    url = urlsplit(config.mail_url)
    if url.scheme == "file":
        return [
            Finding("Mail is written to a folder and reaches nobody: set PORTAL_MAIL_URL.", is_fault=False)
        ]
    kind = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(url.hostname or "", url.port or 0, timeout=_SMTP_SECONDS) as server:
            server.noop()
    except (OSError, smtplib.SMTPException):
        return [Finding(f"The mail server {url.hostname} does not answer. Check PORTAL_MAIL_URL.")]
    return []


def _codes(config: Config) -> list[Finding]:
    try:
        if fits_badge(code_url(config.base_url, _SOME_CODE)):
            return []
    except Invalid:
        return [Finding("PORTAL_BASE_URL cannot stand in a printed code: give a plain host name.")]
    sentence = (
        "PORTAL_BASE_URL is long: cheap phones read its squares badly. Hosts of up to 30 signs are best."
    )
    return [Finding(sentence, is_fault=False)]


def _clock(config: Config) -> list[Finding]:
    """The machine's clock beside the database's own, or beside when its file was last written."""
    now = SystemClock().now()
    try:
        other = _database_clock(config)
    except (SQLAlchemyError, ModuleNotFoundError):
        return [Finding("The database tells no time to compare with.", is_fault=False)]
    if other is None or abs(other - now) <= _CLOCK_SLACK:
        return []
    return [Finding("The clocks of this machine and of the database differ by a minute or more: set them.")]


def _database_clock(config: Config) -> datetime | None:
    file = sqlite_file(config.database_url)
    if file is None:
        with create_engine(config.database_url, poolclass=NullPool).connect() as connection:
            instant: datetime = connection.execute(select(func.now())).scalar_one()
            return instant
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC) if file.exists() else None
    return written if written and written > SystemClock().now() else None


def _languages(_config: Config) -> list[Finding]:
    found = []
    for language in LANGUAGES.values():
        source = TRANSLATIONS / language.tag / "LC_MESSAGES" / "portal.po"
        if source.exists() and not source.with_suffix(".mo").exists():
            found.append(Finding(f"{language.own_name} is not compiled: run `make`, or install the wheel."))
    drafts = [language.own_name for language in LANGUAGES.values() if language.review != "reviewed"]
    if drafts:
        sentence = f"Nobody who grew up with it has read every sentence yet: {', '.join(drafts)}."
        found.append(Finding(sentence, is_fault=False))
    return found


def _fonts(_config: Config) -> list[Finding]:
    absent = missing(system_fonts())
    if not absent:
        return []
    sentence = f"No card can be printed without {' and '.join(absent)}: install these fonts ({PACKAGE})."
    return [Finding(sentence, is_fault=False)]


CHECKS: tuple[Check, ...] = (
    Check("settings", _settings),
    Check("database", _database),
    Check("folders", _folders),
    Check("mail", _mail),
    Check("printed codes", _codes),
    Check("fonts", _fonts),
    Check("clock", _clock),
    Check("languages", _languages),
)
