"""Publishing a questionnaire: a version becomes immutable and is what residents get from now on."""

from __future__ import annotations

import json
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from portal.core.errors import Invalid, NotFound
from portal.core.ids import new_id
from portal.questionnaires.composing import (
    BASE,
    LOCAL,
    MOST_LOCAL,
    MOST_SET,
    composed,
    faults_of,
    local_rows,
    locked_rows,
    rows_of,
    scales_of,
)
from portal.questionnaires.models import Item, ItemVersion, Questionnaire, QuestionnaireVersion
from portal.questionnaires.rules import VersionState, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portal.core.db import Unit
    from portal.questionnaires.composing import Draft
    from portal.questionnaires.rules import Form

SETS = Path(__file__).parent / "sets"
RESIDENTS = "q-res"
"""The questionnaire that residents get; a network's set and local questions are versions of it."""
_NAME_BYTES = 3


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


def standing(u: Unit, *, to_change: bool = False) -> tuple[Questionnaire, list[QuestionnaireVersion]]:
    """What residents are asked, with its versions, the newest first. Raises `NotFound`.

    To change it, the row is locked until the transaction ends: of two who publish, the slower one sees it.
    """
    wanted = select(Questionnaire).where(Questionnaire.code == RESIDENTS)
    questionnaire = u.one(wanted.with_for_update() if to_change else wanted)
    if questionnaire is None:
        raise NotFound("questionnaire")
    newest = QuestionnaireVersion.number.desc()
    mine = QuestionnaireVersion.questionnaire_id == questionnaire.id
    return questionnaire, list(u.all(select(QuestionnaireVersion).where(mine).order_by(newest)))


def publish_local(u: Unit, drafts: Sequence[Draft]) -> QuestionnaireVersion:
    """A version with these questions of the structure's own after the locked ones; the same asks no new one.

    Raises `Invalid("questionnaire")` for drafts that `faults_of` faults.
    """
    questionnaire, versions = standing(u, to_change=True)
    now = versions[0].document
    if len(drafts) > MOST_LOCAL or faults_of(drafts, scales_of(now, with_faces=False), is_local=True):
        raise Invalid("questionnaire", reason="local")
    own = local_rows(now)
    rows = rows_of(drafts, own, _names(u, questionnaire, LOCAL, len(drafts)), is_local=True)
    return _published(u, questionnaire, versions, now, rows)


def take_set(u: Unit, document: Mapping[str, Any]) -> QuestionnaireVersion:
    """A version that asks a network's set, locked, and then what the structure asks of its own."""
    questionnaire, versions = standing(u, to_change=True)
    return _published(u, questionnaire, versions, document, local_rows(versions[0].document))


def set_of(base: Mapping[str, Any], drafts: Sequence[Draft]) -> dict[str, Any]:
    """A network's set as a document to propose, made from another one. Raises `Invalid("questionnaire")`."""
    scales = scales_of(base, with_faces=True)
    if not 0 < len(drafts) <= MOST_SET or faults_of(drafts, scales, is_local=False):
        raise Invalid("questionnaire", reason="set")
    names = [f"{BASE}-{token_hex(_NAME_BYTES)}" for _ in drafts]
    before = locked_rows(base)
    rows = rows_of(drafts, before, names, is_local=False)
    return {**base, "network": True, "items": rows}


def _published(
    u: Unit,
    questionnaire: Questionnaire,
    versions: Sequence[QuestionnaireVersion],
    base: Mapping[str, Any],
    own: Sequence[Mapping[str, Any]],
) -> QuestionnaireVersion:
    """The new version; the one that stands when it asks just the same."""
    document = composed(base, own, [one.document for one in versions])
    if document == versions[0].document:
        return versions[0]
    return publish(u, questionnaire, document)


def _names(u: Unit, questionnaire: Questionnaire, stem: str, n: int) -> list[str]:
    """Codes that no question of this questionnaire has ever had."""
    mine = select(Item.code).where(Item.questionnaire_id == questionnaire.id)
    had = set(u.all(mine))
    free = (name for number in count(1) if (name := f"{stem}-{number}") not in had)
    return list(islice(free, n))


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
