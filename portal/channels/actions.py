"""Writes of codes: issue, retire, replace. History of a retired code stays with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.channels.models import Code, CodeDirectory
from portal.core.errors import NotFound, Refused
from portal.core.ids import new_code, new_id

if TYPE_CHECKING:
    from uuid import UUID

    from portal.channels.rules import CodeKind
    from portal.core.db import Unit

_TRIES = 20


@dataclass(frozen=True, slots=True)
class CodeGiven:
    """What a new code stands on: figures can later be told by exactly this."""

    kind: CodeKind
    label: str
    site_id: UUID
    team_id: UUID | None = None
    agreement_id: UUID | None = None
    mediator_id: UUID | None = None


def issue_code(u: Unit, given: CodeGiven) -> Code:
    """A new code, random and unique in the whole portal."""
    row = Code(
        id=new_id(u.now),
        code=_free_code(u),
        kind=given.kind,
        label=given.label.strip(),
        site_id=given.site_id,
        team_id=given.team_id,
        agreement_id=given.agreement_id,
        mediator_id=given.mediator_id,
        created_at=u.now,
    )
    u.add(row, CodeDirectory(code=row.code, structure_id=u.structure_id, code_id=row.id))
    return row


def retire_code(u: Unit, code_id: UUID) -> Code:
    """The code, closed to residents from now on. Raises `NotFound`, or `Refused` when it is already."""
    row = u.one(select(Code).where(Code.id == code_id))
    if row is None:
        raise NotFound("code")
    if row.retired_at is not None:
        raise Refused("code", reason="retired")
    row.retired_at = u.now
    u.session.flush()
    return row


def replace_code(u: Unit, code_id: UUID) -> Code:
    """A new code that stands where the old one stood; the old one is retired. Raises as `retire_code`."""
    old = retire_code(u, code_id)
    new = issue_code(
        u, CodeGiven(old.kind, old.label, old.site_id, old.team_id, old.agreement_id, old.mediator_id)
    )
    old.replaced_by_id = new.id
    u.session.flush()
    return new


def _free_code(u: Unit) -> str:
    for _ in range(_TRIES):
        code = new_code()
        if u.one(select(CodeDirectory.code).where(CodeDirectory.code == code)) is None:
            return code
    raise Refused("code", reason="no_free_code")
