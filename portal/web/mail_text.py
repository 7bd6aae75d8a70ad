"""The text of mails, from the templates in `mail/`: the first line is the subject, the rest the body."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flask import render_template
from flask_babel import force_locale, gettext

from portal.cases.rules import ClockName
from portal.core.languages import DEFAULT, LANGUAGES
from portal.people.rules import PERMISSIONS, Role
from portal.web.case_words import CLOCKS
from portal.web.dates import day_told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from portal.notifications.letters import Render


def mail_text(app: Flask) -> Render:
    """What writes subject and body of a mail with this application's templates and catalogues."""

    def render(template: str, language: str, context: Mapping[str, Any]) -> tuple[str, str]:
        spoken = language if language in LANGUAGES else DEFAULT
        with app.app_context(), force_locale(spoken):
            told = {name: _in_words(value) for name, value in context.items()}
            subject, _, body = render_template(template, **told).partition("\n")
            return subject.strip(), f"{body.strip()}\n"

    return render


def _in_words(value: object) -> object:
    """A day, a clock or a role as a person reads it; anything else as it is."""
    match value:
        case list():
            return [_in_words(one) for one in value]
        case dict():
            return {name: _in_words(one) for name, one in value.items()}
        case date():
            return day_told(value, "full")
        case ClockName():
            return gettext(CLOCKS[value])
        case Role():
            return gettext(PERMISSIONS[value].label)
        case _:
            return value
