"""The log of a serving portal: JSON lines of declared fields, and nothing of who asked for what.

A field that stands in no table is left out, and so is a value that does not look as its field must: whatever
a library, an exception or a line of ours hands over, no address, name or word of a resident can pass. Pages
of residents leave no line at all: it would tell the hour of an answer.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import ExceptHookArgs

log = logging.getLogger("portal.cli")

_FRAMES = 6
_STEP = r"(?:[\w-]+\.py|<frozen [\w.]+>):\d{1,6} [\w<>]+"
_NUMBER = r"\d{1,12}"
_NAME = r"[a-z][a-z0-9_]{1,40}"


@dataclass(frozen=True, slots=True)
class Field:
    """A field that may stand in the log: what it is, why it may stand there, and how its value must look."""

    what: str
    why: str
    shape: str = r".*"


FIELDS: dict[str, Field] = {
    "at": Field("when, to the second, in UTC", "of residents' pages no record is made", r"[\d:T+-]{25}"),
    "level": Field("how grave it is", "one of five words", r"debug|info|warning|error|critical"),
    "log": Field("which part of the program speaks", "a name in the code", r"[a-z][a-z0-9_.]{1,60}"),
    "event": Field("what happened", "a sentence of the table below, or a place in the code"),
    "fault": Field("the kind of an exception, without its text", "names in the code", r"\w+(, from \w+)*"),
    "way": Field("the functions it came through", "names in the code", rf"{_STEP}( > {_STEP})*"),
    "route": Field("the name of the view", "a name in the code; the address holds tokens", r"[a-z_]+\.\w+"),
    "method": Field("how the view was asked", "one of a few words", r"GET|HEAD|POST|OPTIONS"),
    "status": Field("how it was answered", "a number of HTTP", r"[1-5]\d\d"),
    "ms": Field("how long it took", "a number", _NUMBER),
    "job": Field("which job", "a name in the code", _NAME),
    "structure": Field("which structure, by its number", "an institution, no person", _NUMBER),
    "rows": Field("how many rows", "a number", _NUMBER),
    "notice": Field(
        "which mail, by its random number", "leads to a row, which knows no text", r"[0-9a-f]{32}"
    ),
    "why": Field("why a mail did not go", "one word of a table", _NAME),
    "outage": Field("what ails the database", "one word of a table", r"[a-z-]{1,20}"),
    "tries": Field("how often it was tried", "a number", _NUMBER),
    "pid": Field("which process of the server", "a number of the system", _NUMBER),
    "ended": Field("how a process ended", "a number or the name of a signal", r"\d{1,3}|SIG[A-Z0-9]{1,10}"),
}
"""Every field of the log. Nothing else leaves this process by it."""


@dataclass(frozen=True, slots=True)
class Event:
    """A sentence that may stand in the log, and the fields that the values of its record go to, in order."""

    said: str
    fields: tuple[str, ...] = ()


_PROCESS_ENDED = Event("a process of the server was ended", ("pid", "ended"))
EVENTS: dict[str, Event] = {
    "answered": Event("answered"),
    "%s in %s: %s": Event("a view broke", ("fault", "route", "way")),
    "database %s in %s: %s": Event("a view found no database", ("outage", "route", "fault")),
    "not ready: %s": Event("the database does not answer", ("fault",)),
    "scans wait: %s": Event("scans could not be written yet", ("fault",)),
    "jobs could not be looked up": Event("jobs could not be looked up"),
    "job %s of structure %s failed": Event("a job failed", ("job", "structure")),
    "mail of structure %d could not be sent": Event("mail of a structure could not be sent", ("structure",)),
    "notice %s not sent: %s": Event("a mail was not sent", ("notice", "why")),
    "notice %s could not be written": Event("a mail could not be written", ("notice",)),
    "notice %s given up after %s tries": Event("a mail was given up", ("notice", "tries")),
    "structure %s was erased: %s rows": Event("a structure was erased", ("structure", "rows")),
    "the job worker could not go on": Event("the job worker could not go on"),
    "the portal could not begin": Event("the portal could not begin"),
    "a thread ended": Event("a thread ended"),
    # What gunicorn says from "warning" on.
    "Worker (pid:%s) was sent %s!": _PROCESS_ENDED,
    "Worker (pid:%s) was sent %s! Perhaps out of memory?": _PROCESS_ENDED,
    "Worker (pid:%s) exited with code %s.": _PROCESS_ENDED,
    "WORKER TIMEOUT (pid:%s)": Event("a process of the server hung", ("pid",)),
    "Exception in worker process": Event("a process of the server could not begin"),
    "Error handling request %s %s": Event("a request broke before its view"),
    "Error handling request %s": Event("a request broke before its view"),
    "Error handling request (no URI read)": Event("a request broke before its view"),
}
"""What may be said, by the text of the record; of any other record the place in the code is told instead."""

BEGINNINGS: dict[str, str] = {"Invalid request from ip=": "a request was no HTTP"}
"""Texts into which gunicorn has put a value already: what may be said of them, by how they begin."""


class JsonLine(logging.Formatter):
    """Writes one record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON with declared fields alone."""
        told = dict(_told(record))
        return json.dumps(
            {name: told[name] for name, field in FIELDS.items() if name in told and _fits(field, told[name])},
            ensure_ascii=False,
        )


def _fits(field: Field, value: object) -> bool:
    """Whether a value looks as its field must; nothing but words and whole numbers does."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    return re.fullmatch(field.shape, str(value), re.ASCII) is not None


def _told(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    """What a record holds, by field, the later ones before the earlier."""
    yield from ((name, value) for name, value in vars(record).items() if name in FIELDS)
    yield "at", datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")
    yield "level", record.levelname.lower()
    yield "log", record.name
    if record.exc_info and record.exc_info[1] is not None:
        yield from _fault(record.exc_info[1])
    text = record.msg if isinstance(record.msg, str) else ""
    known = EVENTS.get(text)
    if known is None:
        begun = (said for beginning, said in BEGINNINGS.items() if text.startswith(beginning))
        yield "event", next(begun, f"{Path(record.pathname).name}:{record.lineno} {record.funcName}")
        return
    yield "event", known.said
    values = record.args if isinstance(record.args, tuple) else ()
    for name, value in zip(known.fields, values, strict=False):
        yield name, _value(name, value)


def _value(name: str, value: Any) -> object:
    """A value as it may stand; of a fault only its kind, however it was handed over."""
    if isinstance(value, BaseException):
        return getattr(value, "fact", "") if name == "why" else type(value).__name__
    return value.replace(" from ", ", from ") if name == "fault" and isinstance(value, str) else value


def _fault(error: BaseException) -> Iterator[tuple[str, str]]:
    kinds = [type(error).__name__]
    if error.__cause__ is not None:
        kinds.append(type(error.__cause__).__name__)
    yield "fault", ", from ".join(kinds)
    frames = extract_tb(error.__traceback__)[-_FRAMES:]
    yield "way", " > ".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames)


def tell_of_threads(ended: ExceptHookArgs) -> None:
    """Log that a thread ended by an exception, in place of the traceback, whose text holds rows and words."""
    if ended.exc_value is not None:
        log.error("a thread ended", exc_info=ended.exc_value)


def log_settings(level: str) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes; standard error alone, our own records from this level on."""
    quiet = {"level": "WARNING", "handlers": ["lines"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLine}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": "WARNING", "handlers": ["lines"]},
        "loggers": {
            "portal": {"level": level, "handlers": ["lines"], "propagate": False},
            "gunicorn.error": quiet,
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }
