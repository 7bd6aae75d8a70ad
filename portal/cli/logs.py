"""The log of a serving portal: a JSON line for each record, and nothing of who asked for what.

Sentences of our own are written so that they hold nothing personal. Those of others may hold an address, a
path with its token or the values of a row, so of them only the words of the program are kept.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any

_OURS = "portal"
_FRAMES = 6
_FROM = " from ip="


class JsonLine(logging.Formatter):
    """Writes one record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        """`{"at", "level", "log", "event"}`; of an exception its kind and its way, never its text."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds"),
            "level": record.levelname.lower(),
            "log": record.name,
            "event": _event(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["fault"] = _fault(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _event(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] == _OURS:
        return record.getMessage()
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    return record.msg.split(_FROM)[0]


def _fault(error: BaseException) -> str:
    frames = extract_tb(error.__traceback__)[-_FRAMES:]
    way = " > ".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames)
    return f"{type(error).__name__}: {way}"


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
            _OURS: {"level": level, "handlers": ["lines"], "propagate": False},
            "gunicorn.error": quiet,
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }
