"""The form of a request, so that a page can give it back: nobody writes twice what we could not keep."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import request
from werkzeug.exceptions import HTTPException

from portal.web.guard import KEPT_WORDS

_NEVER_GIVEN_BACK = ("password", "receipt")
"""Parts of the names of fields whose value stands in no page."""


@dataclass(frozen=True, slots=True)
class SentForm:
    """Where a form goes, what travels along unseen, and what was written at length."""

    url: str
    hidden: list[tuple[str, str]] = field(repr=False)
    words: list[tuple[str, str]] = field(repr=False)


def sent_form() -> SentForm | None:
    """The form of this request; None without one, and where a secret or a file would have to travel along."""
    if request.method != "POST" or request.endpoint is None:
        return None
    try:
        fields, files = list(request.form.items(multi=True)), request.files
    except (HTTPException, OSError):  # it could not be read: that is what went wrong
        return None
    if not fields or any(one.filename for one in files.values()):
        return None
    if any(part in name for name, _ in fields for part in _NEVER_GIVEN_BACK):
        return None
    written = [(name, value) for name, value in fields if name in KEPT_WORDS and value]
    unseen = [(name, value) for name, value in fields if (name, value) not in written]
    return SentForm(request.full_path.rstrip("?"), unseen, written)
