"""Every figure the portal tells: one table, for tiles, the JSON answer and the lists behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from portal.cases.rules import KINDS, Kind
from portal.cases.ways import CHANNELS
from portal.core.languages import N_
from portal.insight.floor import FLOOR

if TYPE_CHECKING:
    from portal.insight.measures import Share


class Unit(StrEnum):
    """What a figure counts in (said beside it in the JSON answer)."""

    OPINIONS = "opinions"
    SHARE = "share"
    MESSAGES = "messages"
    WORKING_DAYS = "working days"


class Opens(StrEnum):
    """Which list a figure opens."""

    CASES = "cases"
    RESPONSES = "responses"


@dataclass(frozen=True, slots=True)
class Indicator:
    """A figure's line: unit, the least it may rest on, the list it opens and how that list is narrowed.

    `counts` says what is counted, for people. Without `is_of_period` it tells of today, not of the period.
    """

    id: str
    label: str
    unit: Unit
    minimum: int
    opens: Opens
    narrows: tuple[tuple[str, str], ...]
    counts: str
    is_of_period: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """An indicator's value for somebody: None without anything to tell, or withheld.

    `n` is how many it rests on; `low` and `high` bound a share (95 %).
    """

    id: str
    value: float | None
    n: int | None
    low: float | None = None
    high: float | None = None
    is_withheld: bool = False

    @classmethod
    def of_share(cls, id_: str, share: Share | None, *, is_withheld: bool = False) -> Figure:
        """A share as a figure; nobody asked gives None of 0."""
        if is_withheld or share is None:
            return cls(id_, None, None if is_withheld else 0, is_withheld=is_withheld)
        return cls(id_, share.value, share.n, share.low, share.high)


MIN_FOR_PERCENTILES = 20
"""Below it no percentile is told: the delays themselves are listed (decisions, 17)."""
FRAGILE_BELOW = 30
"""Below it a share is told with a word of caution."""

_KIND = {kind: ("kind", kind.value) for kind in Kind}
_COMPLAINTS = (_KIND[Kind.COMPLAINT],)
_OPEN = (("open", "1"),)
_ALONE, _ASSISTED = (("helped", "no"),), (("helped", "yes"),)
AGES: tuple[tuple[str, int | None], ...] = (
    ("open_up_to_2", 2),
    ("open_3_to_5", 5),
    ("open_6_to_10", 10),
    ("open_over_10", None),
)
"""Open messages by age: each bucket with its last working day since reception; None: without end."""


def _delay(id_: str, label: str, counts: str) -> Indicator:
    return Indicator(id_, label, Unit.WORKING_DAYS, MIN_FOR_PERCENTILES, Opens.CASES, _COMPLAINTS, counts)


def _age(id_: str, label: str) -> Indicator:
    return Indicator(
        id_,
        label,
        Unit.MESSAGES,
        1,
        Opens.CASES,
        _OPEN,
        N_("Messages of every kind that are open today, by working days since reception."),
        is_of_period=False,
    )


_FIRST = N_(
    "Complaints received in the period that got a first message from a person, "
    "without those sent twice and what is not a real message."
)
_NET = N_(
    "Complaints received in the period and answered, without those sent twice and what is not a real "
    "message; days spent waiting for the person are left out."
)
_GROSS = N_(
    "Complaints received in the period and answered, without those sent twice and what is not a real "
    "message; every working day counts."
)

_ROWS: tuple[Indicator, ...] = (
    Indicator(
        "opinions",
        N_("Opinions"),
        Unit.OPINIONS,
        1,
        Opens.RESPONSES,
        _ALONE,
        N_(
            "Answers to the first question, with which every opinion begins; those given with our help apart."
        ),
    ),
    Indicator(
        "satisfied",
        N_("Satisfied"),
        Unit.SHARE,
        1,
        Opens.RESPONSES,
        _ALONE,
        N_("“Good” among good, so-so and not good; who does not know is left out. Interval of 95 %."),
    ),
    Indicator(
        "opinions_assisted",
        N_("Opinions given with our help"),
        Unit.OPINIONS,
        1,
        Opens.RESPONSES,
        _ASSISTED,
        N_("Sheets of paper that one of us helped to fill in. They stand in no other figure."),
    ),
    Indicator(
        "satisfied_assisted",
        N_("Satisfied, with our help"),
        Unit.SHARE,
        FLOOR,
        Opens.RESPONSES,
        _ASSISTED,
        N_("The same share among opinions given with our help: who is helped speaks better of the helper."),
    ),
    *(
        Indicator(
            f"cases_{kind.value}",
            row.plural,
            Unit.MESSAGES,
            1,
            Opens.CASES,
            (_KIND[kind],),
            N_("Messages of this kind received in the period, whatever became of them."),
        )
        for kind, row in KINDS.items()
    ),
    Indicator(
        "complaints_on_time",
        N_("Complaints answered on time"),
        Unit.SHARE,
        1,
        Opens.CASES,
        (_KIND[Kind.COMPLAINT], ("late", "1")),
        N_(
            "Answered by the promised day, among those whose day has passed; open late ones count as late. "
            "The first answer counts; what was sent twice or is not a real message does not."
        ),
    ),
    Indicator(
        "complaints_late",
        N_("Complaints late today"),
        Unit.MESSAGES,
        1,
        Opens.CASES,
        (_KIND[Kind.COMPLAINT], ("open", "1"), ("late", "1")),
        N_(
            "Complaints that wait for an answer whose promised day has passed, whenever they were received. "
            "A second look has a promised day of its own."
        ),
        is_of_period=False,
    ),
    _delay("first_response_median", N_("First reply: half within"), _FIRST),
    _delay("first_response_p90", N_("First reply: nine in ten within"), _FIRST),
    _delay("answer_median", N_("Answer: half within"), _NET),
    _delay("answer_p90", N_("Answer: nine in ten within"), _NET),
    _delay("answer_gross_median", N_("Answer, waiting included: half within"), _GROSS),
    _delay("answer_gross_p90", N_("Answer, waiting included: nine in ten within"), _GROSS),
    *(
        Indicator(
            f"channel_{channel.value}",
            way.label,
            Unit.MESSAGES,
            1,
            Opens.CASES,
            (("channel", channel.value),),
            N_("Messages of every kind that came this way in the period, whatever became of them."),
        )
        for channel, way in CHANNELS.items()
    ),
    Indicator(
        "entry_lag_median",
        N_("Typed in by staff: half within"),
        Unit.WORKING_DAYS,
        MIN_FOR_PERCENTILES,
        Opens.CASES,
        (("channel", "typed"),),
        N_("From the day a message reached us by telephone, face to face or on paper until it was typed in."),
    ),
    Indicator(
        "passed_on",
        N_("Passed on to another body"),
        Unit.MESSAGES,
        1,
        Opens.CASES,
        (("passed", "1"),),
        N_("How often messages received in the period were passed on to a body outside, with consent."),
    ),
    Indicator(
        "passed_on_known",
        N_("Passed on, and we know what became of it"),
        Unit.SHARE,
        1,
        Opens.CASES,
        (("passed", "1"),),
        N_(
            "Of what was passed on: with an outcome noted, whatever it was. "
            "The others are to be looked at again."
        ),
    ),
    Indicator(
        "answers_told",
        N_("Answers that reached the person"),
        Unit.SHARE,
        1,
        Opens.CASES,
        (("told", "0"),),
        N_(
            "Of the answered messages of the period: read with the number, or told by a colleague. "
            "The list shows those whom the answer has not reached."
        ),
    ),
    _age("open_up_to_2", N_("Open for 2 working days or less")),
    _age("open_3_to_5", N_("Open for 3 to 5 working days")),
    _age("open_6_to_10", N_("Open for 6 to 10 working days")),
    _age("open_over_10", N_("Open for more than 10 working days")),
)

INDICATORS: dict[str, Indicator] = {row.id: row for row in _ROWS}
"""By id, in the order of the JSON answer. Sources: decisions 6, 16, 17; ISO 10002, clause 8 (measuring)."""
