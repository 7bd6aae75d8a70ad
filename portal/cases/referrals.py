"""What was passed on to somebody outside, and what became of it: as events tell it. Pure.

Nothing is "passed on" without a body, a date, the person's consent and a day to look again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from portal.cases.ways import Checked, Consent

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Referral:
    """One passing on: to whom (hex), on which day, with which consent; open while `check_on` is a day."""

    body: str
    on: date
    consent: Consent
    check_on: date | None
    outcome: Checked | None = None
    """The last one noted: of an open one, "no answer" so far."""
    settled_on: date | None = None


def passed_on(before: tuple[Referral, ...], payload: Mapping[str, Any]) -> tuple[Referral, ...]:
    """With one more, as the event of a `pass_on` tells it."""
    fresh = Referral(
        payload["body"],
        date.fromisoformat(payload["on"]),
        Consent(payload["consent"]),
        date.fromisoformat(payload["next_check"]),
    )
    return (*before, fresh)


def checked(before: tuple[Referral, ...], payload: Mapping[str, Any]) -> tuple[Referral, ...]:
    """With what became of the one that the event of a `check` is about: looked at again later, or settled."""
    nth = open_one(before, payload["body"])
    if nth is None:
        return before
    later = date.fromisoformat(payload["next_check"]) if payload.get("next_check") else None
    known = replace(
        before[nth],
        outcome=Checked(payload["checked"]),
        check_on=later,
        settled_on=None if later else date.fromisoformat(payload["on"]),
    )
    return (*before[:nth], known, *before[nth + 1 :])


def open_one(referrals: tuple[Referral, ...], body: str) -> int | None:
    """Which of them went to this body and is still open: the first; None for none."""
    return next((n for n, one in enumerate(referrals) if one.body == body and one.check_on is not None), None)


def next_check(referrals: tuple[Referral, ...]) -> date | None:
    """The nearest day to look again; None when nothing is open."""
    return min((one.check_on for one in referrals if one.check_on is not None), default=None)
