"""Sealed columns opened for whoever takes a structure's data away: one table says which key opens which.

A column that stands in no line of the table cannot be exported, and a test finds it: what a structure wrote
must not stay behind because somebody forgot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import select

from portal.cases.models import Case
from portal.core.crypto import place, unseal_bytes
from portal.questionnaires.models import Item
from portal.records.models import PastRegister
from portal.tenancy.vault import row_key, structure_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from portal.core.db import Unit

Row: TypeAlias = Any
"""A row of a table, its columns by name."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Which key opens a column (None: it is destroyed), and under which name it was sealed."""

    key: Callable[[Unit, Row], bytes | None]
    name: Callable[[Unit, Row], str] | None = None
    row: str = "id"


def _of_structure(u: Unit, _row: Row) -> bytes:
    return structure_key(u)


def _of_row(table: str, column: str = "id") -> Callable[[Unit, Row], bytes | None]:
    def key(u: Unit, row: Row) -> bytes | None:
        return None if row.key_wrapped is None else row_key(u, table, getattr(row, column), row.key_wrapped)

    return key


def _of_case(u: Unit, row: Row) -> bytes | None:
    """The key of the row's case, each opened once in a unit."""
    return _kept(u, "cases", row.case_id, lambda: select(Case.key_wrapped).where(Case.id == row.case_id))


def _of_register(u: Unit, row: Row) -> bytes | None:
    wanted = select(PastRegister.key_wrapped).where(PastRegister.id == row.register_id)
    return _kept(u, "past_register", row.register_id, lambda: wanted)


def _kept(u: Unit, table: str, row_id: UUID, wanted: Callable[[], Any]) -> bytes | None:
    known = f"export:{table}:{row_id}"
    if known not in u.memo:
        wrapped = u.one(wanted())
        u.memo[known] = None if wrapped is None else row_key(u, table, row_id, wrapped)
    key: bytes | None = u.memo[known]
    return key


def _item_code(u: Unit, row: Row) -> str:
    known = "export:items"
    if known not in u.memo:
        u.memo[known] = dict(u.rows(select(Item.id, Item.code)))
    return str(u.memo[known][row.item_id])


def _named(name: str) -> Callable[[Unit, Row], str]:
    return lambda _u, _row: name


_PLAN = Seal(_of_structure)
SEALS: dict[tuple[str, str], Seal] = {
    ("action_step", "words_sealed"): _PLAN,
    ("answer_text", "body_sealed"): Seal(_of_row("answer_text", "response_id"), _item_code, "response_id"),
    ("attachment", "body_sealed"): Seal(_of_case),
    ("campaign", "note_sealed"): _PLAN,
    ("cases", "contact_sealed"): Seal(_of_row("cases")),
    ("cases", "name_sealed"): Seal(_of_row("cases")),
    ("given_back", "words_sealed"): _PLAN,
    ("improvement_action", "what_sealed"): _PLAN,
    ("invitation", "email_sealed"): Seal(_of_structure, _named("email")),
    ("invitation", "name_sealed"): Seal(_of_structure, _named("name")),
    ("legal_hold", "reason_sealed"): _PLAN,
    ("message", "body_sealed"): Seal(_of_case),
    ("observation", "answer_sealed"): _PLAN,
    ("observation", "words_sealed"): _PLAN,
    ("outbox", "address_sealed"): _PLAN,
    ("past_case", "words_sealed"): Seal(_of_register),
    ("past_register", "file_sealed"): Seal(_of_row("past_register")),
    ("past_register", "name_sealed"): Seal(_of_row("past_register")),
    ("review", "words_sealed"): _PLAN,
    ("rights_request", "words_sealed"): Seal(_of_row("rights_request")),
    ("thanks_given", "words_sealed"): _PLAN,
}
"""By table and column."""
FILES: dict[tuple[str, str], str] = {
    ("attachment", "body_sealed"): "media_type",
    ("past_register", "file_sealed"): "",
}
"""Columns that hold a file, and the column that says of what kind."""
DOCUMENTS = frozenset(
    {
        ("campaign", "note_sealed"),
        ("given_back", "words_sealed"),
        ("past_case", "words_sealed"),
        ("rights_request", "words_sealed"),
    }
)
"""Columns that hold several words, by name, as JSON."""
KEYS = frozenset(
    {"key_wrapped", "wrapped", "token_digest", "secret_hash", "submit_key", "address_digest", "locator"}
)
"""Columns that stay: they open something here, and mean nothing elsewhere."""


def opened_column(u: Unit, table: str, column: str, row: Row) -> bytes | None:
    """What a sealed column holds; None where nothing stands, or its key is destroyed."""
    blob = getattr(row, column)
    if not blob:
        return None
    seal = SEALS[table, column]
    key = seal.key(u, row)
    if key is None:
        return None
    name = column if seal.name is None else seal.name(u, row)
    return unseal_bytes(key, bytes(blob), aad=place(u.structure_id, table, getattr(row, seal.row), name))
