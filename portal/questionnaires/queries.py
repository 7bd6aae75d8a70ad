"""Reads of questionnaires and of responses with their free words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select

from portal.core.errors import NotFound
from portal.core.memory import Bounded, packed
from portal.core.schema import ID_BYTES, id_of, table_of
from portal.core.wall import Walled
from portal.questionnaires.models import (
    Item,
    ItemVersion,
    Questionnaire,
    QuestionnaireVersion,
)
from portal.questionnaires.rules import Form, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from portal.core.db import Unit

_VERSIONS = 12_000
"""Versions kept in memory: each weighs little, as those with the same document share its parsed form."""
_FORMS = 128
"""Parsed documents kept in memory, whatever the number of structures."""

_questionnaire = table_of(Questionnaire)
_CURRENT = Walled(
    select(_questionnaire.c.current_version_id).where(_questionnaire.c.code == bindparam("key_code"))
)
_version, _item, _item_version = (table_of(one) for one in (QuestionnaireVersion, Item, ItemVersion))
_DIGEST = Walled(select(_version.c.document_sha256).where(_version.c.id == bindparam("key_id")))
_ITEMS = Walled(
    select(_item.c.code, _item.c.id)
    .select_from(
        _item.join(
            _item_version,
            (_item_version.c.item_id == _item.c.id) & (_item_version.c.structure_id == _item.c.structure_id),
        )
    )
    .where(_item_version.c.version_id == bindparam("key_id"))
    .order_by(_item.c.code)
)


@dataclass(frozen=True, slots=True)
class Items(Mapping[str, UUID]):
    """The ids of a version's items by their code, each made when it is asked for."""

    _places: Mapping[str, int]
    _ids: bytes
    """One after the other, 16 bytes each."""

    def __getitem__(self, code: str) -> UUID:
        """The id of an item. Raises `KeyError` for a code that the version does not have."""
        start = self._places[code]
        return id_of(self._ids[start : start + ID_BYTES])

    def __iter__(self) -> Iterator[str]:
        """The codes."""
        return iter(self._places)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._places)


class Published(NamedTuple):
    """A published version, parsed, with the ids of its items by their code."""

    version_id: UUID
    form: Form
    items: Items
    digest: str
    """SHA-256 of its document: two structures that ask the same have the same."""


@dataclass(frozen=True, slots=True)
class _Document:
    """A parsed document, whoever asks its questions."""

    digest: str
    form: Form
    places: Mapping[str, int]
    """Where the id of each item begins among those kept, by the item's code."""


_versions: Bounded[bytes, tuple[_Document, bytes]] = Bounded(_VERSIONS)
"""By structure and version: the document, and the ids of its items."""
_documents: Bounded[tuple[str, tuple[str, ...]], _Document] = Bounded(_FORMS)


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
    key = packed(u.structure_id, version_id)
    known = _versions.get(key)
    if known is None:
        known = _read(u, version_id)
        _versions.put(key, known)
    document, ids = known
    return Published(version_id, document.form, Items(document.places, ids), document.digest)


def _read(u: Unit, version_id: UUID) -> tuple[_Document, bytes]:
    digest, pairs = _digest_and_items(u, version_id)
    if digest is None:
        raise NotFound("version")
    codes = tuple(code for code, _ in pairs)
    document = _documents.get((digest, codes))
    if document is None:
        (told,) = u.all(select(QuestionnaireVersion.document).where(QuestionnaireVersion.id == version_id))
        places = {code: ID_BYTES * number for number, code in enumerate(codes)}
        document = _Document(digest, parse(told), places)
        _documents.put((digest, codes), document)
    return document, b"".join(item_id.bytes for _, item_id in pairs)


def _digest_and_items(u: Unit, version_id: UUID) -> tuple[str | None, Sequence[Any]]:
    if u.scope.structure_id is not None:
        return u.run(_DIGEST, key_id=version_id).scalar(), u.run(_ITEMS, key_id=version_id).all()
    is_its = (ItemVersion.item_id == Item.id) & (ItemVersion.structure_id == Item.structure_id)
    items = select(Item.code, Item.id).join(ItemVersion, is_its).where(ItemVersion.version_id == version_id)
    digest = select(QuestionnaireVersion.document_sha256).where(QuestionnaireVersion.id == version_id)
    return u.one(digest), u.rows(items.order_by(Item.code))


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
