"""Reads of questionnaires and of responses with their free words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from portal.core.errors import NotFound
from portal.core.memory import Bounded
from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.questionnaires.models import (
    Item,
    ItemVersion,
    Questionnaire,
    QuestionnaireVersion,
)
from portal.questionnaires.rules import Form, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from portal.core.db import Unit

_VERSIONS = 16_384
"""Versions kept in memory: each is small, as those with the same document share its parsed form."""
_FORMS = 256
"""Parsed documents kept in memory, whatever the number of structures."""

_questionnaire = table_of(Questionnaire)
_CURRENT = Walled(
    select(_questionnaire.c.current_version_id).where(_questionnaire.c.code == bindparam("key_code"))
)


@dataclass(frozen=True, slots=True)
class Published:
    """A published version, parsed, with the ids of its items by their code."""

    version_id: UUID
    form: Form
    items: Mapping[str, UUID]
    digest: str
    """SHA-256 of its document: two structures that ask the same have the same."""


_parsed: Bounded[tuple[int, UUID], Published] = Bounded(_VERSIONS)
_forms: Bounded[str, Form] = Bounded(_FORMS)


def published(u: Unit, code: str = "q-res") -> Published:
    """The version that residents get now. Raises `NotFound`."""
    if u.scope.structure_id is None:  # several structures are read
        version_id = u.one(select(Questionnaire.current_version_id).where(Questionnaire.code == code))
    else:
        version_id = u.run(_CURRENT, key_code=code).scalar()
    if version_id is None:
        raise NotFound("questionnaire")
    return version(u, version_id)


def current_number(u: Unit, code: str = "q-res") -> int:
    """The number of the version that residents get now; 0 before one was published."""
    found = u.one(
        select(QuestionnaireVersion.number)
        .join(
            Questionnaire,
            (Questionnaire.current_version_id == QuestionnaireVersion.id)
            & (Questionnaire.structure_id == QuestionnaireVersion.structure_id),
        )
        .where(Questionnaire.code == code)
    )
    return found or 0


def published_by(u: Unit, at: datetime, code: str = "q-res") -> Published | None:
    """The version that residents got at an instant: the last one published by then; None before the first."""
    is_its = (Questionnaire.structure_id == QuestionnaireVersion.structure_id) & (
        Questionnaire.id == QuestionnaireVersion.questionnaire_id
    )
    found = u.one(
        select(QuestionnaireVersion.id)
        .join(Questionnaire, is_its)
        .where(Questionnaire.code == code, QuestionnaireVersion.published_at <= at)
        .order_by(QuestionnaireVersion.number.desc())
        .limit(1)
    )
    return None if found is None else version(u, found)


def version(u: Unit, version_id: UUID) -> Published:
    """One version, parsed once per process (it is immutable). Raises `NotFound`."""
    known = _parsed.get((u.structure_id, version_id))
    if known is None:
        row = u.one(select(QuestionnaireVersion).where(QuestionnaireVersion.id == version_id))
        if row is None:
            raise NotFound("version")
        pairs = u.rows(
            select(Item.code, Item.id)
            .join(
                ItemVersion,
                (ItemVersion.item_id == Item.id) & (ItemVersion.structure_id == Item.structure_id),
            )
            .where(ItemVersion.version_id == version_id)
        )
        items = {code: item_id for code, item_id in pairs}  # noqa: C416 -- rows are not tuples
        known = Published(row.id, _form(row), items, row.document_sha256)
        _parsed.put((u.structure_id, version_id), known)
    return known


def _form(row: QuestionnaireVersion) -> Form:
    form = _forms.get(row.document_sha256)
    if form is None:
        form = parse(row.document)
        _forms.put(row.document_sha256, form)
    return form


def questionnaires(u: Unit) -> Sequence[Questionnaire]:
    """The structure's questionnaires, by name."""
    return u.all(select(Questionnaire).order_by(Questionnaire.name, Questionnaire.id))


def versions_of(u: Unit, questionnaire_id: UUID) -> Sequence[QuestionnaireVersion]:
    """Every version of a questionnaire, newest first."""
    newest = QuestionnaireVersion.number.desc()
    return u.all(
        select(QuestionnaireVersion)
        .where(QuestionnaireVersion.questionnaire_id == questionnaire_id)
        .order_by(newest)
    )
