"""The opinions of the demo world: a year of them, drawn from the seed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from portal.demo.making import DAYS
from portal.demo.words import FREE_WORDS
from portal.questionnaires.actions import Journey, finish, record
from portal.questionnaires.queries import published
from portal.questionnaires.rules import ItemKind

if TYPE_CHECKING:
    from portal.demo.making import Made, Maker

_OPINIONS = 1_000
_SATISFIED = {"good": 78, "fair": 13, "bad": 6, "unknown": 3}
_MOODS = {
    "good": {"yes": 84, "little": 11, "no": 2, "early": 12},
    "fair": {"yes": 40, "little": 45, "no": 10, "early": 14},
    "bad": {"yes": 12, "little": 30, "no": 55, "early": 9},
    "unknown": {"yes": 40, "little": 30, "no": 10, "early": 30},
}
"""How somebody who chose this face answers the questions after it."""
_LANGUAGES = {"fr": 70, "ar": 18, "en": 12}
_MOST_WORDS = 0.16
_SUNDAY = 6


def opinions(maker: Maker, made: Made) -> None:
    """A year of opinions, a little better month by month, none on Sundays."""
    first = (maker.now - timedelta(days=DAYS)).date()
    days = [first + timedelta(days=n) for n in range(DAYS) if (first + timedelta(days=n)).weekday() < _SUNDAY]
    drawn = sorted(maker.chance.choices(days, k=_OPINIONS))
    for day in sorted(set(drawn)):
        maker.at(datetime.combine(day, time(10), tzinfo=UTC))
        with maker.database.transaction(made.scope()) as u:
            shown = published(u)
            for _ in range(drawn.count(day)):
                code = maker.chance.choice(made.codes)
                journey = Journey(
                    nonce=maker.chance.randbytes(12),
                    day=day,
                    language=maker.drawn(_LANGUAGES),
                    site_id=code.site_id,
                    code_id=code.id,
                    team_id=code.team_id,
                    agreement_id=code.agreement_id,
                )
                mood: dict[str, int] = _SATISFIED
                for asked in shown.form.questions:
                    if asked.kind is ItemKind.TEXT:
                        if maker.chance.random() < _MOST_WORDS:
                            record(
                                u, shown, journey, asked, maker.chance.choice(FREE_WORDS[journey.language])
                            )
                        continue
                    choice = maker.drawn({one.code: mood[one.code] for one in asked.choices})
                    record(u, shown, journey, asked, choice)
                    mood = _MOODS.get(choice, mood)
                finish(u, journey)
