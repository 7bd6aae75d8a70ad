"""How long each thing is kept, why, and what becomes of it then: one table. Pure.

A structure may keep less long than the table says, never longer. Sources: RGPD art. 5(1)(e); CNIL,
deliberations 2021-028 and 2023-095 (social sector: two years after the last contact) and 2021-122 (traces of
access: six months to one year).
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from portal.core.errors import Invalid
from portal.core.languages import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

_YEAR = 12


class Kept(StrEnum):
    """What is kept (stored by value, in policies and in the log of what was destroyed)."""

    ANSWER_WORDS = "answer_words"
    CONTACT = "contact"
    CASE = "case"
    CASE_ASIDE = "case_aside"
    PAST_WORDS = "past_words"
    INVITATION = "invitation"
    JOURNAL = "journal"
    RIGHTS = "rights"
    ACTION_WORDS = "action_words"
    REVIEW_WORDS = "review_words"
    OBSERVATION_WORDS = "observation_words"
    CAMPAIGN_WORDS = "campaign_words"
    GIVEN_WORDS = "given_words"
    THANKS_WORDS = "thanks_words"


class Then(StrEnum):
    """What becomes of a thing at the end of its time."""

    ERASE_WORDS = "erase_words"
    ANONYMISE = "anonymise"
    ERASE = "erase"


THEN: dict[Then, str] = {
    Then.ERASE_WORDS: N_("The words are destroyed; the figures stay."),
    Then.ANONYMISE: N_("Words, photos, contact and name are destroyed; days and figures stay."),
    Then.ERASE: N_("All of it is destroyed."),
}


@dataclass(frozen=True, slots=True)
class Retention:
    """A line of the schedule: at most `months` months, counted from `since`; no less than `least`."""

    what: str
    purpose: str
    since: str
    months: int
    least: int
    then: Then
    source: str


_REFERENCE = N_("CNIL, reference for the social sector (2021-028): two years after the last contact")
_LOGGING = N_("CNIL, recommendation on traces (2021-122): six months to one year")
_LIMITATION = N_("RGPD, article 5: no longer than the purpose needs")
_CYCLE = N_("The certification's cycle of four years, and one year more to show it")

RETENTION: dict[Kept, Retention] = {
    Kept.ANSWER_WORDS: Retention(
        N_("Words added to an opinion"),
        N_("Understand what residents think"),
        N_("the day of the opinion"),
        24,
        1,
        Then.ERASE_WORDS,
        _LIMITATION,
    ),
    Kept.CONTACT: Retention(
        N_("Contact and name left with a message"),
        N_("Answer the person, who may reopen for 60 days"),
        N_("the last contact about a closed message"),
        3,
        2,
        Then.ERASE,
        _LIMITATION,
    ),
    Kept.CASE: Retention(
        N_("Messages and photos that were answered"),
        N_("Handle, answer, look again, and learn from it"),
        N_("the last contact about a closed message"),
        24,
        3,
        Then.ANONYMISE,
        _REFERENCE,
    ),
    Kept.CASE_ASIDE: Retention(
        N_("Messages closed without an answer"),
        N_("Show why they were not answered"),
        N_("the last contact about a closed message"),
        12,
        3,
        Then.ANONYMISE,
        _LIMITATION,
    ),
    Kept.PAST_WORDS: Retention(
        N_("Words of a register kept before the portal"),
        N_("Compare with what was before"),
        N_("the last day that the register tells"),
        24,
        1,
        Then.ERASE_WORDS,
        _REFERENCE,
    ),
    Kept.INVITATION: Retention(
        N_("Invitations of colleagues, with their address"),
        N_("Open an access"),
        N_("their last day, or the day they were used"),
        3,
        1,
        Then.ERASE,
        _LIMITATION,
    ),
    Kept.JOURNAL: Retention(
        N_("Journal of what colleagues did"),
        N_("Security: who did what"),
        N_("the day of the act"),
        12,
        6,
        Then.ERASE,
        _LOGGING,
    ),
    Kept.RIGHTS: Retention(
        N_("Requests about one's data"),
        N_("Show that they were answered in time"),
        N_("the day of our answer"),
        12,
        1,
        Then.ERASE_WORDS,
        _LIMITATION,
    ),
    Kept.ACTION_WORDS: Retention(
        N_("Words of actions that are done"),
        N_("Proof of the certification"),
        N_("the day on which the action was done"),
        60,
        12,
        Then.ERASE_WORDS,
        _CYCLE,
    ),
    Kept.REVIEW_WORDS: Retention(
        N_("Words of reviews that are closed"),
        N_("Proof of the certification"),
        N_("the day on which the review was closed"),
        60,
        12,
        Then.ERASE_WORDS,
        _CYCLE,
    ),
    Kept.OBSERVATION_WORDS: Retention(
        N_("What the team or an audit noticed"),
        N_("Learn from it, and answer whoever noticed it"),
        N_("our answer; without one, the day it was written"),
        60,
        6,
        Then.ERASE_WORDS,
        _CYCLE,
    ),
    Kept.CAMPAIGN_WORDS: Retention(
        N_("Notes of campaigns that are closed"),
        N_("Proof of the certification"),
        N_("the day on which the campaign was closed"),
        60,
        12,
        Then.ERASE_WORDS,
        _CYCLE,
    ),
    Kept.GIVEN_WORDS: Retention(
        N_("What residents were told of changes"),
        N_("Show what was told, and who had read it before"),
        N_("the day on which it was written"),
        60,
        6,
        Then.ERASE_WORDS,
        _CYCLE,
    ),
    Kept.THANKS_WORDS: Retention(
        N_("Thanks that were given back"),
        N_("Let them be read by whom they are for"),
        N_("the day on which they were given back"),
        24,
        1,
        Then.ERASE_WORDS,
        _LIMITATION,
    ),
}


REQUEST = "request"
"""In place of a line of the schedule, in the log: somebody asked for it."""
HELD = "held"
"""In place of a line of the schedule, in the log: a hold kept what would have gone."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """A line of the schedule that nobody sets: how long it lasts is how the portal works."""

    what: str
    purpose: str
    lasts: str


LASTING: tuple[Lasting, ...] = (
    Lasting(
        N_("Faces and choices of an opinion, with their day"),
        N_("Figures"),
        N_("Without limit: nobody can be told from them."),
    ),
    Lasting(
        N_("Days, states and subjects of messages"),
        N_("Figures, and proof that the promises were kept"),
        N_("Without limit: nobody can be told from them once the words are destroyed."),
    ),
    Lasting(
        N_("Address to which a notice goes out"),
        N_("Send it"),
        N_("Until it is sent or given up."),
    ),
    Lasting(
        N_("Who is signed in"),
        N_("Keep the session open"),
        N_("Until the session ends."),
    ),
    Lasting(
        N_("Number of tries from a device"),
        N_("Hold back floods"),
        N_("One day at most, in memory, never written down."),
    ),
    Lasting(
        N_("Name and address of those who have an access"),
        N_("Sign in, and say who answered"),
        N_("As long as the structure uses the portal."),
    ),
    Lasting(
        N_("Days, states and figures of actions and reviews"),
        N_("Proof of the certification"),
        N_("Without limit: nobody can be told from them once the words are destroyed."),
    ),
)


def months_of(document: Mapping[str, Any], kept: Kept) -> int:
    """The months that a policy's document promises, and never more than the table.

    What was stored before a maximum was lowered is held to the lower one.
    """
    row = RETENTION[kept]
    return min(int(document.get(kept.value, row.months)), row.months)


def check_months(chosen: Mapping[Kept, int]) -> dict[str, int]:
    """The document of a policy: what is shorter than the table.

    Raises `Invalid` with the name of the line: "long", "short", with the limit; "contact" after "case" is
    "late", for nobody keeps a name longer than what it belongs to.
    """
    for kept, months in chosen.items():
        row = RETENTION[kept]
        if months > row.months:
            raise Invalid(kept.value, reason="long", limit=row.months)
        if months < row.least:
            raise Invalid(kept.value, reason="short", limit=row.least)
    return {kept.value: months for kept, months in chosen.items() if months < RETENTION[kept].months}


def months_before(day: date, months: int) -> date:
    """The same day so many months before; the last of its month where there is no such day."""
    year, month = divmod(day.year * _YEAR + day.month - 1 - months, _YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
