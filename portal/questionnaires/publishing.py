"""Publishing a questionnaire: a version becomes immutable and is what residents get from now on."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from portal.core.errors import NotFound
from portal.core.ids import new_id
from portal.questionnaires.models import Item, ItemVersion, Questionnaire, QuestionnaireVersion
from portal.questionnaires.rules import VersionState, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.core.db import Unit
    from portal.questionnaires.rules import Form

SETS = Path(__file__).parent / "sets"


def shipped_set(code: str) -> dict[str, Any]:
    """A questionnaire that the portal brings along, as a document. Raises `NotFound`."""
    path = SETS / f"{code}.json"
    if not path.is_file():
        raise NotFound("set", code=code)
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def publish_shipped(u: Unit, code: str) -> QuestionnaireVersion:
    """The shipped set, published as the first version of a questionnaire of this structure."""
    document = shipped_set(code)
    questionnaire = Questionnaire(
        id=new_id(u.now),
        code=code,
        name=document["name"],
        audience=document["audience"],
        default_language=document["default_language"],
        created_at=u.now,
    )
    u.add(questionnaire)
    return publish(u, questionnaire, document)


def publish(u: Unit, questionnaire: Questionnaire, document: Mapping[str, Any]) -> QuestionnaireVersion:
    """A new published version; the one before is retired, its answers keep it. Raises `Invalid`."""
    form = parse(document)
    number = u.one(
        select(func.max(QuestionnaireVersion.number)).where(
            QuestionnaireVersion.questionnaire_id == questionnaire.id
        )
    )
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    version = QuestionnaireVersion(
        id=new_id(u.now),
        questionnaire_id=questionnaire.id,
        number=(number or 0) + 1,
        state=VersionState.PUBLISHED,
        document=dict(document),
        document_sha256=sha256(canonical.encode()).hexdigest(),
        published_at=u.now,
        published_by=u.scope.actor_id,
    )
    u.add(version)
    _add_items(u, questionnaire, version, form)
    _retire(u, questionnaire)
    questionnaire.current_version_id = version.id
    u.session.flush()
    return version


def _add_items(u: Unit, questionnaire: Questionnaire, version: QuestionnaireVersion, form: Form) -> None:
    known = {item.code: item for item in u.all(select(Item).where(Item.questionnaire_id == questionnaire.id))}
    for position, question in enumerate(form.questions, start=1):
        item = known.get(question.code)
        if item is None:
            item = Item(
                id=new_id(u.now),
                questionnaire_id=questionnaire.id,
                code=question.code,
                kind=question.kind.value,
                scale=question.scale,
                concept=question.concept,
            )
            u.add(item)
        u.add(
            ItemVersion(
                version_id=version.id,
                item_id=item.id,
                position=position,
                required=question.required,
                meaning_rev=question.meaning_rev,
            )
        )


def _retire(u: Unit, questionnaire: Questionnaire) -> None:
    if questionnaire.current_version_id is None:
        return
    before = u.one(
        select(QuestionnaireVersion).where(QuestionnaireVersion.id == questionnaire.current_version_id)
    )
    if before is not None:
        before.state = VersionState.RETIRED
        u.session.flush()
