"""What is asked: each published version with its questions, its languages, and who has read their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, request
from flask_babel import format_decimal, gettext

from portal.core.languages import LANGUAGES, N_
from portal.people.rules import PERMISSIONS, Permission
from portal.questionnaires.queries import questionnaires, version, versions_of
from portal.questionnaires.reading import opinions_by_version
from portal.questionnaires.rules import ItemKind, VersionState, worded
from portal.tenancy.queries import local_day
from portal.web.dates import day_told
from portal.web.desk import render_staff
from portal.web.guard import requires
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from portal.core.db import Unit
    from portal.core.languages import Language
    from portal.questionnaires.models import Questionnaire, QuestionnaireVersion
    from portal.questionnaires.rules import Form, Question
    from portal.web.guard import Desk

bp = Blueprint("questionnaires", __name__)

STATES: dict[VersionState, tuple[str, str]] = {
    VersionState.DRAFT: (N_("Draft"), "waiting"),
    VersionState.PUBLISHED: (N_("Asked now"), "done"),
    VersionState.RETIRED: (N_("Asked before"), ""),
}
"""A version's state in words, and its tone."""
KINDS: dict[ItemKind, str] = {
    ItemKind.FACES: N_("faces"),
    ItemKind.CHOICE: N_("one answer among several"),
    ItemKind.TEXT: N_("free word"),
}
REVIEWS: dict[str, tuple[str, str]] = {
    "reviewed": (N_("read by a native speaker"), "done"),
    "draft": (N_("not yet read by a native speaker"), "waiting"),
}
"""What is said of a language's texts, by `portal.core.languages.Language.review`: never more than is true."""
_SEPARATOR = " · "
_OWN, _LOCKED = N_("your own"), N_("locked by your network")
DONE: dict[str, str] = {
    "published": N_("The new version is asked from now on."),
    "same": N_("Nothing has changed: the version stays as it is."),
}
"""What the page says after an act; the address names it (`?done=published`)."""
_AUDIENCES = {"resident": N_("For residents"), "partner": N_("For partners")}


@bp.get("/s/<slug>/questionnaires")
@requires(Permission.READ_QUESTIONNAIRES)
def list_questionnaires(desk: Desk) -> Response:
    """Every version that was ever published, the newest first."""
    with house().database.reading(desk.scope) as u:
        # A running count would tell a supervisor the hour of an answer; their figures are the dashboard's.
        counts = opinions_by_version(u) if desk.role and not PERMISSIONS[desk.role].floor else None
        shown = [
            _version(u, desk, one, row, counts)
            for one in questionnaires(u)
            for row in versions_of(u, one.id)
            if row.state is not VersionState.DRAFT
        ]
    done = DONE.get(request.args.get("done", ""))
    may_add = desk.may(Permission.MANAGE_SETTINGS)
    return render_staff(
        "staff/questionnaires.html",
        desk,
        flashes=[gettext(done)] if done else [],
        questionnaires=shown,
        urls={
            "local": desk.url("questionnaires", "local") if may_add and shown else None,
            "paper": desk.url("opinions", "paper") if shown and desk.may(Permission.READ_CODES) else None,
        },
    )


def _version(
    u: Unit,
    desk: Desk,
    questionnaire: Questionnaire,
    row: QuestionnaireVersion,
    counts: Mapping[Any, int] | None,
) -> dict[str, Any]:
    form = version(u, row.id).form
    state, tone = STATES[row.state]
    return {
        "title": questionnaire.name,
        "version_label": _published(u, row),
        "state_label": gettext(state),
        "tone": tone,
        "opinions": None if counts is None else _opinions(counts.get(row.id, 0)),
        "places": gettext(_AUDIENCES[questionnaire.audience]) if questionnaire.audience in _AUDIENCES else "",
        "languages": [
            _language(desk, form, one, is_asked=row.state is VersionState.PUBLISHED)
            for one in LANGUAGES.values()
            if any(one.tag in asked.wording for asked in form.questions)
        ],
        "items": [_item(asked, desk.language, is_network=_is_network(row)) for asked in form.questions],
    }


def _published(u: Unit, row: QuestionnaireVersion) -> str:
    if row.published_at is None:
        return str(gettext("Version %(number)d", number=row.number))
    day = day_told(local_day(u, row.published_at), "long")
    return str(gettext("Version %(number)d, published on %(date)s", number=row.number, date=day))


def _opinions(n: int) -> str:
    return str(gettext("Opinions: %(n)s", n=format_decimal(n)))


def _is_network(row: QuestionnaireVersion) -> bool:
    """Whether a network wrote what everybody is asked."""
    return bool(row.document.get("network"))


def _item(asked: Question, language: str, *, is_network: bool) -> dict[str, str]:
    """A question in the reader's language, with what can be answered, and whose it is."""
    text, spoken = asked.said(language)
    labels = [worded(choice.labels, language)[0] for choice in asked.choices]
    kind = gettext(KINDS[asked.kind])
    return {
        "text": text,
        "lang": spoken,
        "kind_label": f"{kind} ({_SEPARATOR.join(labels)})" if labels else kind,
        "whose": gettext(_OWN) if asked.is_local else gettext(_LOCKED) if is_network else "",
    }


def _language(desk: Desk, form: Form, one: Language, *, is_asked: bool) -> dict[str, str | None]:
    """A language with who has read its texts, or how much is missing; the way to see it as residents do."""
    texts = [asked.wording for asked in form.questions]
    texts += [choice.labels for asked in form.questions for choice in asked.choices]
    missing = sum(one.tag not in wording for wording in texts)
    review, tone = REVIEWS[one.review]
    label = gettext("%(n)s texts missing", n=missing) if missing else gettext(review)
    return {
        "own_name": one.own_name,
        "tag": one.tag,
        "dir": one.direction,
        "review_label": label,
        "tone": "late" if missing else tone,
        "url": f"/p/{desk.slug}/{one.tag}" if is_asked else None,
    }
