"""« Vous avez dit, nous avons fait »: what is told to residents of actions whose effect was looked at.

Somebody writes two sentences in a language; somebody else reads them before anybody outside does, for whoever
wrote a text does not see whom one could recognise in it. What is shown is the last writing that was checked
and not withdrawn; a newer one waits beside it. Nothing is shown of an action that goes on after all.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.certification.effects import LEAST_DAYS, Verdict
from portal.certification.measuring import effects
from portal.certification.models import Action, GivenBack
from portal.certification.queries import locked_action, sources_of
from portal.core.errors import Conflict, Invalid, NotFound, Refused
from portal.core.ids import new_id
from portal.core.languages import DEFAULT, LANGUAGES
from portal.tenancy.vault import opened, sealed, structure_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from portal.certification.effects import Effect
    from portal.core.db import Unit

GIVEN_BACK = "given_back"
MAX_SAID = 160
"""Signs of one sentence: two of them are read in passing, from a wall."""
_LAST_FIRST = (Action.done_on.desc(), Action.number.desc())


@dataclass(frozen=True, slots=True)
class Said:
    """The two sentences, without the words that begin them: what residents said, what was done."""

    said: str
    done: str


@dataclass(frozen=True, slots=True)
class Writing:
    """The sentences as somebody wrote them, and who answers for them."""

    row: GivenBack
    said: Said | None
    """None once they were erased."""

    @property
    def is_shown(self) -> bool:
        """Whether residents may read it."""
        return self.row.checked_at is not None and self.row.withdrawn_at is None and self.said is not None


@dataclass(frozen=True, slots=True)
class Entry:
    """An action and what is told of it, by language; each language's writings with the last one first."""

    action: Action
    effect: Effect | None
    writings: Mapping[str, Sequence[Writing]] = field(default_factory=dict)

    def shown(self, language: str) -> Writing | None:
        """What residents read in this language; None for nothing."""
        return next((one for one in self.writings.get(language, ()) if one.is_shown), None)

    def waiting(self, language: str) -> Writing | None:
        """What waits for a second person in this language."""
        last = next(iter(self.writings.get(language, ())), None)
        return last if last and last.row.checked_at is None and last.row.withdrawn_at is None else None

    def best(self, language: str) -> tuple[str, Said] | None:
        """What a reader of this language is shown, with its language: this one, else French, else any."""
        for one in (language, DEFAULT, *LANGUAGES):
            found = self.shown(one)
            if found is not None and found.said is not None:
                return one, found.said
        return None


def is_verified(action: Action, effect: Effect | None) -> bool:
    """Whether an action may be told of: done, and long enough ago that its effect could be looked at.

    Any verdict will do, "too few to tell" among them: it is said beside. Only where complaints still lack
    their subject nothing is: that is work to do, and could turn the verdict round.
    """
    return (
        action.done_on is not None
        and effect is not None
        and effect.after.days >= LEAST_DAYS
        and effect.verdict is not Verdict.UNSORTED
    )


def entries(u: Unit) -> list[Entry]:
    """Every verified action with what is told of it, the last one done first."""
    done = u.all(select(Action).where(Action.done_on.is_not(None)).order_by(*_LAST_FIRST))
    return [one for one in _entries(u, done) if is_verified(one.action, one.effect)]


def entry_of(u: Unit, action: Action) -> Entry:
    """What is told of one action, verified or not."""
    return _entries(u, [action])[0]


def told(u: Unit, language: str, *, site_id: UUID | None = None) -> list[Entry]:
    """What residents may read, the last one done first; of a site, what was done there and everywhere."""
    checked = u.all(
        select(GivenBack.action_id).where(GivenBack.checked_at.is_not(None), GivenBack.withdrawn_at.is_(None))
    )
    if not checked:
        return []
    wanted = select(Action).where(Action.id.in_(set(checked)), Action.done_on.is_not(None))
    if site_id is not None:
        wanted = wanted.where((Action.site_id == site_id) | Action.site_id.is_(None))
    found = _entries(u, u.all(wanted.order_by(*_LAST_FIRST)))
    return [one for one in found if is_verified(one.action, one.effect) and one.best(language) is not None]


def to_be_read(u: Unit) -> Counter[UUID]:
    """How many writings wait for a second person, by who wrote them."""
    last: dict[tuple[UUID, str], GivenBack] = {}
    for row in u.all(select(GivenBack).where(GivenBack.withdrawn_at.is_(None)).order_by(GivenBack.number)):
        last[row.action_id, row.language] = row
    return Counter(row.written_by for row in last.values() if row.checked_at is None)


def write(u: Unit, action: Action, language: str, given: Said, *, after: int = 0) -> GivenBack:
    """A new writing, which waits for a second person; `after` is the last one that its writer has seen.

    Raises `Conflict("given_back")` when somebody wrote meanwhile, `Refused("unverified")` for an action that
    may not be told of yet, `Invalid("said" | "done" | "language")` with a reason.
    """
    if language not in LANGUAGES:
        raise Invalid("language", reason="unknown")
    said = Said(_sentence("said", given.said), _sentence("done", given.done))
    entry = entry_of(u, locked_action(u, action.id))  # two writers at once would take the same number
    if not is_verified(action, entry.effect):
        raise Refused("unverified")
    if u.scope.actor_id is None:
        raise Refused("second_person", reason="nobody")
    last = max((one.row.number for one in entry.writings.get(language, ())), default=0)
    if last != after:
        raise Conflict(GIVEN_BACK)
    row_id = new_id(u.now)
    words = json.dumps({"said": said.said, "done": said.done})
    row = GivenBack(
        id=row_id,
        action_id=action.id,
        language=language,
        number=last + 1,
        words_sealed=sealed(u, structure_key(u), words, (GIVEN_BACK, row_id, "words_sealed")),
        written_at=u.now,
        written_by=u.scope.actor_id,
    )
    u.add(row)
    u.session.flush()
    return row


def check(u: Unit, action: Action, language: str, number: int) -> GivenBack:
    """The writing of this number, read by a second person: from now on residents may read it.

    Raises `Refused("second_person")` for whoever wrote it, `Conflict("given_back")` when it is not the last
    one any more, was checked or withdrawn, `NotFound` for none.
    """
    rows = _locked(u, action, language)
    if not rows:
        raise NotFound(GIVEN_BACK)
    row = rows[0]
    if row.number != number or row.checked_at is not None or row.withdrawn_at is not None:
        raise Conflict(GIVEN_BACK)
    if u.scope.actor_id is None or u.scope.actor_id == row.written_by:
        raise Refused("second_person")
    row.checked_at, row.checked_by = u.now, u.scope.actor_id
    u.session.flush()
    return row


def withdraw(u: Unit, action: Action, *, erase: bool = False) -> int:
    """How many writings of an action were withdrawn, in all languages; their words are gone if asked.

    That they stood there, and who answered for them, stays. Raises `NotFound` where nothing was written.
    """
    rows = _locked(u, action)
    if not rows:
        raise NotFound(GIVEN_BACK)
    open_rows = [one for one in rows if one.withdrawn_at is None]
    for row in open_rows:
        row.withdrawn_at, row.withdrawn_by = u.now, u.scope.actor_id
    u.session.flush()
    if erase:
        for row in rows:
            row.words_sealed = None
        u.session.flush()
    return len(open_rows)


def _entries(u: Unit, actions: Sequence[Action]) -> list[Entry]:
    found, written = effects(u, actions, sources_of(u, actions)), _writings(u, [one.id for one in actions])
    return [Entry(one, found.get(one.id), written[one.id]) for one in actions]


def _sentence(name: str, raw: str) -> str:
    text = " ".join(raw.split())
    if not text:
        raise Invalid(name, reason="empty")
    if len(text) > MAX_SAID:
        raise Invalid(name, reason="long", limit=MAX_SAID)
    return text


def _writings(u: Unit, action_ids: Iterable[UUID]) -> defaultdict[UUID, dict[str, list[Writing]]]:
    """What was written of each action, by language, the last one first."""
    found: defaultdict[UUID, dict[str, list[Writing]]] = defaultdict(dict)
    wanted = select(GivenBack).where(GivenBack.action_id.in_(list(action_ids)))
    for row in u.all(wanted.order_by(GivenBack.number.desc())):
        found[row.action_id].setdefault(row.language, []).append(Writing(row, _said(u, row)))
    return found


def _said(u: Unit, row: GivenBack) -> Said | None:
    if row.words_sealed is None:
        return None
    return Said(
        **json.loads(opened(u, structure_key(u), row.words_sealed, (GIVEN_BACK, row.id, "words_sealed")))
    )


def _locked(u: Unit, action: Action, language: str | None = None) -> Sequence[GivenBack]:
    """The writings of an action, for a change: the last one first, read fresh."""
    wanted = select(GivenBack).where(GivenBack.action_id == action.id).order_by(GivenBack.number.desc())
    if language is not None:
        wanted = wanted.where(GivenBack.language == language)
    return u.all(wanted.with_for_update().execution_options(populate_existing=True))
