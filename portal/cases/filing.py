"""The ways in of a filer: a form with its nonce, and a receipt.

Argon2 takes its time on purpose and never inside a transaction: look up, close, hash, open again and write.
The receipt is derived from the form's nonce, so that a form sent twice shows the same receipt and files one
case; a wrong receipt costs what a good one costs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from portal.cases.actions import Given, complete, file_case, take
from portal.cases.beside import attach, name_person
from portal.cases.queries import case_by_id, case_by_locator, case_by_submit_key, thread, voices_of
from portal.cases.rules import Actor, CaseState, steps_for
from portal.cases.writing import read_text, submit_key
from portal.core.errors import Invalid, Refused
from portal.core.ids import Receipt, derive_receipt, read_receipt

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from portal.cases.actions import Filing
    from portal.cases.models import Case
    from portal.cases.voices import Voice
    from portal.core.crypto import Keys
    from portal.core.db import Database, Scope, Unit
    from portal.core.passwords import Hasher

_TRIES = 12
"""Receipts drawn for one form: with a million locators, a dozen in a row are never all taken."""

_SAID = frozenset({"reply", "add"})
"""The steps by which a filer says something in a case that is open."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A case that has just been filed, or was by the same form."""

    case_id: UUID
    reference: str
    receipt: Receipt = field(repr=False)
    due_on: date | None


def file(database: Database, hasher: Hasher, scope: Scope, filing: Filing) -> Filed:
    """The case of this form, new or filed before; other words than then are added to it.

    Raises `Invalid("message")`; of a form sent again `Invalid("voice")` above the voices that a case keeps,
    and `Refused` for another voice once the case is closed or its words are erased.
    """
    read_text(filing.text)
    for _attempt in range(_TRIES):
        with database.reading(scope) as u:
            known = _known(u.keys, case_by_submit_key(u, submit_key(u, filing.nonce)), filing.nonce)
            receipt = None if known else _free_receipt(u, filing.nonce)
        if known is not None:
            _say_more(database, scope, filing, known)
            return known
        if receipt is None:
            break
        secret_hash = hasher.hash(receipt.secret)
        try:
            with database.transaction(scope) as u:
                case = file_case(u, filing, receipt, secret_hash)
                if filing.voice is not None:
                    attach(u, case.id, filing.voice.sound, media_type=filing.voice.media_type)
                return Filed(case.id, case.reference, receipt, case.due_on)
        except IntegrityError:
            continue  # the same form, or another with the same locator, was faster: look again
    raise Refused("receipt", reason="none_free")


def _free_receipt(u: Unit, nonce: bytes) -> Receipt | None:
    drawn = _receipts(u.keys, u.structure_id, nonce)
    return next((one for one in drawn if case_by_locator(u, one.locator) is None), None)


def _say_more(database: Database, scope: Scope, filing: Filing, filed: Filed) -> None:
    """Keep what a form says that was changed and sent again: in the case it has filed, beside the rest."""
    text = read_text(filing.text)
    with database.transaction(scope) as u:
        case = case_by_id(u, filed.case_id)
        if case.key_wrapped is None:
            raise Refused("erased")
        complete(u, case, filing)
        for person_id in filing.concerns:
            name_person(u, case.id, person_id)
        if all(said.text != text for said in thread(u, case, for_filer=True)):
            verb = "reply" if case.state is CaseState.WAITING_FILER else "add"
            verb = "reopen" if case.state is CaseState.CLOSED else verb
            take(u, case.id, verb, Given(text, filing.language, nonce=filing.nonce), who=Actor.FILER)
        if filing.voice is not None:
            _hear_more(u, case, filing.voice)


def _hear_more(u: Unit, case: Case, voice: Voice) -> None:
    """Keep what the same form says aloud once more; the same recording again changes nothing."""
    verbs = {step.verb for step in steps_for(case.kind, case.state, Actor.FILER)}
    before = len(voices_of(u, case.id))
    attach(u, case.id, voice.sound, media_type=voice.media_type)
    if not verbs & _SAID and len(voices_of(u, case.id)) > before:
        raise Refused("step", verb="voice")


def filed_by(database: Database, scope: Scope, nonce: bytes) -> Filed | None:
    """The case that the form of this nonce has filed, with its receipt; None if it has not."""
    with database.reading(scope) as u:
        return _known(u.keys, case_by_submit_key(u, submit_key(u, nonce)), nonce)


def _receipts(keys: Keys, structure_id: int, nonce: bytes) -> list[Receipt]:
    key = keys.sub("receipt", structure_id)
    return [derive_receipt(key, nonce + bytes([attempt])) for attempt in range(_TRIES)]


def _known(keys: Keys, case: Case | None, nonce: bytes) -> Filed | None:
    if case is None:
        return None
    receipts = _receipts(keys, case.structure_id, nonce)
    mine = next((one for one in receipts if one.locator == case.locator), None)
    return Filed(case.id, case.reference, mine, case.due_on) if mine else None


def open_by_receipt(database: Database, hasher: Hasher, scope: Scope, raw: str) -> UUID:
    """The case that a receipt opens, within the structure in scope.

    Raises `Invalid("receipt")`: `reason` "length" or "check_digits", told before any look-up, or "unknown".
    """
    receipt = read_receipt(raw)
    with database.reading(scope) as u:
        case = case_by_locator(u, receipt.locator)
        found = (case.id, case.secret_hash) if case else None
    if not hasher.verify(found[1] if found else None, receipt.secret) or found is None:
        raise Invalid("receipt", reason="unknown")
    return found[0]
