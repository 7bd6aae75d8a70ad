"""The settings of an installation: one table, read once, every fault told at once.

`load(environ)` is pure: it reads no process environment by itself, so a test hands it a dict.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from portal.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX = "PORTAL_"
_MIN_SECRET = 32


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name, what it is for, its default, and what it must look like."""

    name: str
    meaning: str
    default: str | None
    fault: Callable[[str], str | None]


def _any(_value: str) -> str | None:
    return None


def _secret(value: str) -> str | None:
    if len(value) < _MIN_SECRET:
        return f"must have at least {_MIN_SECRET} characters; make one with: openssl rand -hex 32"
    return None


def _database(value: str) -> str | None:
    if value.startswith(("sqlite:", "postgresql:")):
        return None
    return "must begin with sqlite:/// or postgresql://"


def _base_url(value: str) -> str | None:
    parts = urlsplit(value)
    if parts.scheme in {"http", "https"} and parts.netloc and parts.path in {"", "/"}:
        return None
    return "must be an address such as https://avis.example.org, without a path"


def _mail(value: str) -> str | None:
    if value.startswith(("smtp://", "smtps://", "file:")):
        return None
    return "must begin with smtp://, smtps:// or file:"


def _count(value: str) -> str | None:
    return None if value.isdecimal() else "must be a whole number, 0 or more"


def _level(value: str) -> str | None:
    levels = ("DEBUG", "INFO", "WARNING", "ERROR")
    return None if value.upper() in levels else f"must be one of {', '.join(levels)}"


SETTINGS: tuple[Setting, ...] = (
    Setting("DATA", "folder of the embedded database, files and a demo's mail", "var", _any),
    Setting("DATABASE_URL", "database, as application role; without: SQLite in DATA", "", _any),
    Setting("DATABASE_OWNER_URL", "PostgreSQL only: the owner role, used by `portal db upgrade`", "", _any),
    Setting("SECRET_KEY", "the secret from which every key is derived; no default", None, _secret),
    Setting("SECRET_KEY_OLD", "the former secret, while keys are being rotated", "", _any),
    Setting("BASE_URL", "address that residents' phones open", "http://127.0.0.1:8000", _base_url),
    Setting("MAIL_URL", "outgoing mail: smtp://user:password@host:port or file:DIR", "", _any),
    Setting("FILES_DIR", "folder of attachments (default: files/ in the data folder)", "", _any),
    Setting("TRUSTED_PROXIES", "how many proxies in front set X-Forwarded-*", "0", _count),
    Setting("METRICS_TOKEN", "opens /metrics to who presents it; without: no such page", "", _any),
    Setting("LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", "INFO", _level),
)
_OPTIONAL_CHECKS = {
    "DATABASE_URL": _database,
    "DATABASE_OWNER_URL": _database,
    "SECRET_KEY_OLD": _secret,
    "MAIL_URL": _mail,
    "METRICS_TOKEN": _secret,
}


@dataclass(frozen=True, slots=True)
class Config:
    """An installation's settings, checked; `cheap_hashes` is set in code alone, for tests and demo."""

    data: Path
    database_url: str
    database_owner_url: str
    secret_key: str
    secret_key_old: str | None
    base_url: str
    mail_url: str
    files_dir: Path
    trusted_proxies: int
    log_level: str
    metrics_token: str | None = None
    cheap_hashes: bool = False

    @property
    def is_secure(self) -> bool:
        """Whether pages are served over https, which decides cookie names and flags."""
        return self.base_url.startswith("https:")


def load(environ: Mapping[str, str], *, cheap_hashes: bool = False) -> Config:
    """The checked settings of `environ`. Raises `Invalid("settings", faults=[…])`, every fault at once."""
    known = {PREFIX + setting.name for setting in SETTINGS}
    faults = [
        f"{name} is not a setting of Portevoix. Remove it, or correct its name."
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known
    ]
    values: dict[str, str] = {}
    for setting in SETTINGS:
        value = environ.get(PREFIX + setting.name, "") or (setting.default or "")
        check = _OPTIONAL_CHECKS.get(setting.name) if value else None
        if setting.default is None and not value:
            faults.append(f"{PREFIX}{setting.name} is missing: {setting.meaning}.")
        elif fault := (check or setting.fault)(value):
            faults.append(f"{PREFIX}{setting.name} {fault}.")
        values[setting.name] = value
    if faults:
        raise Invalid("settings", faults=faults)
    data = Path(values["DATA"])
    return Config(
        data=data,
        database_url=values["DATABASE_URL"] or f"sqlite:///{(data / 'portal.db').resolve()}",
        database_owner_url=values["DATABASE_OWNER_URL"] or values["DATABASE_URL"],
        secret_key=values["SECRET_KEY"],
        secret_key_old=values["SECRET_KEY_OLD"] or None,
        base_url=values["BASE_URL"].rstrip("/"),
        mail_url=values["MAIL_URL"] or f"file:{(data / 'mail').resolve()}",
        files_dir=Path(values["FILES_DIR"]) if values["FILES_DIR"] else data / "files",
        trusted_proxies=int(values["TRUSTED_PROXIES"]),
        log_level=values["LOG_LEVEL"].upper(),
        metrics_token=values["METRICS_TOKEN"] or None,
        cheap_hashes=cheap_hashes,
    )
