"""A set of questions put together: what is asked of everybody, locked, then what a structure adds. Pure.

A document is the version it becomes. Nothing in it is trusted because of where it came from: what a question
meant before is told by the structure's own earlier versions, so that figures never pool across two meanings,
whoever proposed the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from portal.core.languages import DEFAULT, LANGUAGES
from portal.questionnaires.rules import ItemKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row: TypeAlias = "dict[str, Any]"
"""A question as a document holds it."""

MOST_LOCAL = 3
"""Questions of its own that a structure may append."""
MOST_SET = 12
"""Questions of a network's set: a resident stands at a door."""
MOST_WORDING = 200
ADVISED_WORDS = 12
"""Words of a question that are read at one go."""
TEXT = "text"
"""Stands among the scales for a free word."""
FIRST = "faces3"
"""The scale of the first question, and of no other: one tap on a face is the whole of most opinions."""
LOCAL, BASE = "local", "net"
_SAME = "same_as"


@dataclass(frozen=True, slots=True)
class Draft:
    """A question as it is being written; `code` is "" for a new one.

    `is_same` says that another wording means the same: a correction, and the figures go on.
    """

    scale: str
    wording: Mapping[str, str]
    code: str = ""
    is_same: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a draft: its place from 0 on, the field (a language or "scale"), and why."""

    at: int
    field: str
    reason: str


def scales_of(document: Mapping[str, Any], *, with_faces: bool) -> list[str]:
    """What a question can be answered with: the scales of the document, then a free word."""
    return [*(code for code in document["scales"] if with_faces or code != FIRST), TEXT]


def faults_of(drafts: Sequence[Draft], scales: Sequence[str], *, is_local: bool) -> list[Fault]:
    """Everything that keeps these from being asked, in the order of the fields; empty when all is well."""
    found, seen = [], set[str]()
    for at, one in enumerate(drafts):
        if one.code and one.code in seen:
            found.append(Fault(at, DEFAULT, "double"))
        seen.add(one.code)
        if not one.wording.get(DEFAULT):
            found.append(Fault(at, DEFAULT, "empty"))
        found += [Fault(at, tag, "long") for tag, text in one.wording.items() if len(text) > MOST_WORDING]
        if one.scale not in scales:
            found.append(Fault(at, "scale", "form"))
        elif not is_local and (one.scale == FIRST) is not (at == 0):
            found.append(Fault(at, "scale", "first"))
    return found


def many_words(text: str) -> int | None:
    """How many words a question has, when they are more than is advised; else None."""
    n = sum(any(map(str.isalnum, word)) for word in text.split())
    return n if n > ADVISED_WORDS else None


def locked_rows(document: Mapping[str, Any]) -> list[Row]:
    """The questions of a document that a structure cannot change."""
    return [row for row in document["items"] if not row.get("local")]


def local_rows(document: Mapping[str, Any]) -> list[Row]:
    """The structure's own questions."""
    return [row for row in document["items"] if row.get("local")]


def draft_of(row: Mapping[str, Any]) -> Draft:
    """A question of a document, to be written on."""
    return Draft(row.get("scale") or TEXT, dict(row["wording"]), row["code"])


def rows_of(
    drafts: Sequence[Draft], standing: Sequence[Mapping[str, Any]], names: Sequence[str], *, is_local: bool
) -> list[Row]:
    """The drafts as questions of a document.

    `standing` are those that stand now, `names` as many codes nobody has had, for what is new. Another scale
    makes another question: its answers cannot be counted with the ones before.
    """
    known = {row["code"]: row for row in standing}
    free = iter(names)
    rows = []
    for one in drafts:
        before = known.get(one.code)
        if before is not None and (before.get("scale") or TEXT) != one.scale:
            before = None
        code = before["code"] if before is not None else next(free)
        rows.append(_row(one, before or {}, code, is_local=is_local))
    return rows


def _row(one: Draft, before: Mapping[str, Any], code: str, *, is_local: bool) -> Row:
    wording = {tag: text for tag in LANGUAGES if (text := one.wording.get(tag, "").strip())}
    row: Row = {
        "code": code,
        "kind": _kind(one.scale).value,
        "concept": before.get("concept", code),
        "wording": wording,
    }
    if one.scale != TEXT:
        row["scale"] = one.scale
    if one.scale == FIRST:
        row["required"] = True
    if is_local:
        row["local"] = True
    meant = list(before.get(_SAME, ()))
    if before and one.is_same and before["wording"][DEFAULT] != wording[DEFAULT]:
        meant.append(before["wording"][DEFAULT])
    elif before and before["wording"][DEFAULT] != wording[DEFAULT]:
        meant = []
    return {**row, _SAME: meant} if meant else row


def _kind(scale: str) -> ItemKind:
    if scale == TEXT:
        return ItemKind.TEXT
    return ItemKind.FACES if scale == FIRST else ItemKind.CHOICE


def composed(
    base: Mapping[str, Any], own: Sequence[Mapping[str, Any]], earlier: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A document that asks what `base` asks of everybody, then the structure's own.

    `earlier` are the structure's versions, the newest first: they tell what each question has meant.
    """
    rows = [*locked_rows(base), *own]
    return {**base, "items": [_meaning(row, earlier) for row in rows]}


def _meaning(row: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> Row:
    """The question with the revision of its meaning: that of the same words before, else a new one."""
    past = [one for document in earlier for one in document["items"] if one["code"] == row["code"]]
    meant = {row["wording"][DEFAULT], *row.get(_SAME, ())}
    same = next((_rev(one) for one in past if one["wording"][DEFAULT] in meant), None)
    rev = same if same is not None else max(map(_rev, past), default=0) + 1
    plain = {name: value for name, value in row.items() if name != "meaning_rev"}
    return plain if rev == 1 else {**plain, "meaning_rev": rev}


def _rev(row: Mapping[str, Any]) -> int:
    return int(row.get("meaning_rev", 1))
