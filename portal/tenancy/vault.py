"""The structure's data key, and texts sealed under keys of their own.

Each text that can be purged has a key of its own (a case's, a free word's), wrapped by the structure's data
key, which is wrapped by a key derived from the server's secret. Destroying a wrapped key destroys the text,
in backups too. The associated data names the place, so a sealed text cannot be moved to another row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.core.crypto import new_key, place, seal, seal_bytes, unseal, unseal_bytes
from portal.core.errors import NotFound, Tampered
from portal.tenancy.models import StructureKey

if TYPE_CHECKING:
    from uuid import UUID

    from portal.core.db import Unit

_LABEL = "structure-key"


def new_structure_key(u: Unit) -> StructureKey:
    """A fresh data key for the structure in scope, wrapped; the caller adds the row."""
    wrapped = seal_bytes(u.keys.sub(_LABEL, u.structure_id), new_key(), aad=_key_place(u))
    return StructureKey(structure_id=u.structure_id, wrapped=wrapped)


def structure_key(u: Unit) -> bytes:
    """The structure's data key, unwrapped once per unit. Raises `NotFound` after erasure."""
    known: bytes | None = u.memo.get(_LABEL)
    if known is None:
        row = u.one(select(StructureKey))
        if row is None:
            raise NotFound("structure_key")
        known = u.memo[_LABEL] = _unwrapped(u, row.wrapped)
    return known


def new_wrapped_key(u: Unit, table: str, row: UUID) -> tuple[bytes, bytes]:
    """A fresh key for one row, and the same key wrapped for storage beside it."""
    key = new_key()
    return key, seal_bytes(structure_key(u), key, aad=place(u.structure_id, table, row, "key_wrapped"))


def row_key(u: Unit, table: str, row: UUID, wrapped: bytes) -> bytes:
    """The key of one row. Raises `Tampered` when it is not that row's."""
    return unseal_bytes(structure_key(u), wrapped, aad=place(u.structure_id, table, row, "key_wrapped"))


def sealed(u: Unit, key: bytes, text: str, where: tuple[str, UUID, str]) -> bytes:
    """A text sealed for its place: (table, row, column)."""
    return seal(key, text, aad=place(u.structure_id, *where))


def opened(u: Unit, key: bytes, blob: bytes, where: tuple[str, UUID, str]) -> str:
    """The text that was sealed for this place. Raises `Tampered`."""
    return unseal(key, blob, aad=place(u.structure_id, *where))


def _key_place(u: Unit) -> str:
    return place(u.structure_id, StructureKey.__tablename__, u.structure_id, "wrapped")


def _unwrapped(u: Unit, wrapped: bytes) -> bytes:
    """The data key under the secret in force, else under the former one (rotation)."""
    try:
        return unseal_bytes(u.keys.sub(_LABEL, u.structure_id), wrapped, aad=_key_place(u))
    except Tampered:
        former = u.keys.old_sub(_LABEL, u.structure_id)
        if former is None:
            raise
        return unseal_bytes(former, wrapped, aad=_key_place(u))
