"""One table from what went wrong to what a person reads: status, sentence, next step.

A line for an error with a certain fact comes before the line for its kind; for the teams, theirs come before
the residents'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.core.errors import (
    Conflict,
    Expired,
    Invalid,
    NotFound,
    PortalError,
    Refused,
    Retired,
    Tampered,
    Throttled,
)
from portal.core.languages import N_


@dataclass(frozen=True, slots=True)
class Told:
    """What a person is told: status, title, sentence, what to do, and whether a code can be typed there."""

    status: int
    title: str
    sentence: str
    next_step: str
    asks_code: bool = False


_AGAIN = N_("Go back to the first page and try again.")
_LOOK_AGAIN = N_("Go back to the page and look again.")
_NOT_POSSIBLE = N_("This is not possible now")

TOLD: dict[type[PortalError], Told] = {
    NotFound: Told(
        404,
        N_("We do not find this page"),
        N_("The address or the code is not known here."),
        N_("Check the code under the square and type it again."),
        asks_code=True,
    ),
    Retired: Told(
        410,
        N_("This code is no longer used"),
        N_("The card or poster is an old one."),
        N_("Ask the team for the new code, or type another one."),
        asks_code=True,
    ),
    Expired: Told(
        410, N_("This page has waited too long"), N_("What was sent from it can no longer be taken."), _AGAIN
    ),
    Tampered: Told(400, N_("This link is not complete"), N_("A part of the address is missing."), _AGAIN),
    Invalid: Told(422, N_("Something is missing"), N_("What was sent could not be read."), _AGAIN),
    Refused: Told(
        403, _NOT_POSSIBLE, N_("Your role does not allow it, or it has been done already."), _LOOK_AGAIN
    ),
    Conflict: Told(
        409,
        N_("Somebody else was faster"),
        N_("The page has changed since you opened it."),
        N_("Open it again and look before you send."),
    ),
    Throttled: Told(
        429, N_("Too many tries"), N_("The page rests for a moment."), N_("Try again in a few minutes.")
    ),
}
"""What residents read, and the teams where they have no line of their own."""

LOST = Told(404, TOLD[NotFound].title, N_("This address leads nowhere here."), _AGAIN)
"""Below an entrance that is known: not the code is wrong, but what follows it."""


def at_counter(line: Told) -> Told:
    """What is told on a tablet whose code is wrong: nobody types another one there, it would lead away."""
    return Told(
        line.status,
        line.title,
        N_("The code of this tablet is no longer used, or is not known."),
        N_("Tell the team: they know how to set it right."),
    )


STAFF: dict[type[PortalError], Told] = {
    NotFound: Told(
        404,
        N_("We do not find this page"),
        N_("It does not exist, or it is not open to you."),
        N_("Check the address, or begin again from your first page."),
    ),
    Tampered: Told(
        400,
        N_("This link is not complete"),
        N_("A part of the address is missing."),
        N_("Open the link again from the message you received."),
    ),
}

FACTS: dict[tuple[type[PortalError], str], Told] = {
    (Refused, "cross_site"): Told(
        403,
        _NOT_POSSIBLE,
        N_("This form was sent from another site."),
        N_("Open our page and send it from there."),
    ),
    (Refused, "permission"): Told(
        403,
        N_("This page is not open to you"),
        N_("Your role in this structure does not include it."),
        N_("If you need it, ask whoever manages the accesses."),
    ),
    (Refused, "role"): Told(
        403,
        _NOT_POSSIBLE,
        N_("You cannot open or end an access that may do more than yours."),
        N_("Ask a person with that role."),
    ),
    (Refused, "last_handler"): Told(
        409,
        _NOT_POSSIBLE,
        N_("Nobody else could handle this case: it would wait unseen."),
        N_("First invite somebody who handles cases, of the board or of the network."),
    ),
    (Refused, "second_look"): Told(
        409,
        _NOT_POSSIBLE,
        N_("You gave the answer that the person asks to look at again."),
        N_("Let a colleague give the next one: leave them a note with what they should know."),
    ),
    (Refused, "erased"): Told(
        409,
        _NOT_POSSIBLE,
        N_("The words of this message were erased: nothing can be added."),
        N_("If the person writes again, a new message begins."),
    ),
    (Refused, "extended"): Told(
        409,
        _NOT_POSSIBLE,
        N_("It was put off before, or its day has passed."),
        N_("Answer the person now, or refuse and say why."),
    ),
    (Refused, "held"): Told(
        409,
        _NOT_POSSIBLE,
        N_("This is held for a dispute: its words stay until the hold ends."),
        N_("See why, and until when, on the page of durations, where the hold can be ended."),
    ),
    (Refused, "last_manager"): Told(
        403,
        _NOT_POSSIBLE,
        N_("This is the last person who can invite others."),
        N_("First invite somebody who takes over."),
    ),
    (Tampered, "csrf"): Told(
        400,
        N_("This form could not be checked"),
        N_("It was opened in another session, or a part of it is missing. Nothing was changed."),
        N_("Open the page again and send the form once more."),
    ),
    (Conflict, "member"): Told(
        409,
        N_("You belong to this structure already"),
        N_("This invitation is not needed any more."),
        N_("Sign in as usual."),
    ),
    (Expired, "session"): Told(
        401,
        N_("Your session has ended"),
        N_("Nothing was sent."),
        N_("Copy your text, sign in again, then paste it."),
    ),
    (Expired, "password_reset"): Told(
        410,
        N_("This link opens nothing any more"),
        N_("It has been used, or it is more than half an hour old."),
        N_("Ask for another one on the sign-in page."),
    ),
    (Expired, "start"): Told(
        410,
        N_("This link opens nothing any more"),
        N_("A structure was founded since it was made, or it is more than 7 days old."),
        N_("Sign in, or ask whoever runs the portal for another one."),
    ),
    (Expired, "invitation"): Told(
        410,
        N_("This invitation opens nothing any more"),
        N_("It has been used or withdrawn, or it is more than 7 days old."),
        N_("Ask whoever invited you for a new one."),
    ),
}

BROKEN = Told(
    500,
    N_("Something broke on our side"),
    N_("It is not your fault. Nothing that was already saved is lost."),
    N_("Try again in a few minutes."),
)

UNAVAILABLE = Told(503, _NOT_POSSIBLE, BROKEN.sentence, BROKEN.next_step)
"""While the database is away, for whoever sent nothing that a page could give back."""

_NOT_NOW = N_("We cannot keep anything just now")
_NOT_RECORDED = N_("What you sent was not recorded. It is still on this page.")
_COUNTS_ONCE = N_("Wait a moment, then send it again. Sent twice, it counts once.")

NOT_KEPT: dict[tuple[bool, bool], Told] = {
    (False, True): Told(503, _NOT_NOW, _NOT_RECORDED, _COUNTS_ONCE),
    (False, False): Told(
        503,
        _NOT_NOW,
        N_("The line was cut before we could confirm it. What you sent is still on this page."),
        _COUNTS_ONCE,
    ),
    (True, True): Told(503, _NOT_NOW, _NOT_RECORDED, N_("Wait a moment, then send it again from here.")),
    (True, False): Told(
        503,
        _NOT_NOW,
        N_("The line was cut: it is not certain whether this was recorded. It is still on this page."),
        N_("Wait a moment, look at the page again, and send it only if it is not there."),
    ),
}
"""For a form that comes back below, by whether it is a team's, and whether it surely was not recorded.

A resident's form bears its own number; a team's does not, so that looking comes before sending.
"""

_BY_STATUS: dict[int, Told] = {
    400: Told(
        400,
        N_("We cannot read this"),
        N_("What was sent holds signs that are no text."),
        N_("Go back, correct it and send it again."),
    ),
    405: Told(
        405, N_("This page cannot be used like this"), N_("It was opened in a way it does not know."), _AGAIN
    ),
    413: Told(
        413,
        N_("This is too big"),
        N_("The text or the file is larger than we can take."),
        N_("Send a smaller file or a shorter text."),
    ),
    429: TOLD[Throttled],
}


def told(error: PortalError, *, staff: bool) -> Told:
    """The line for an error of ours; `BROKEN` for one that no table knows: then the fault is ours."""
    for kind in type(error).__mro__:
        if (kind, error.fact) in FACTS:
            return FACTS[kind, error.fact]
        if staff and kind in STAFF:
            return STAFF[kind]
        if kind in TOLD:
            return TOLD[kind]
    return BROKEN


def by_status(status: int, *, staff: bool) -> Told:
    """The line for a status of HTTP; an unusual one reads like something that could not be read."""
    if status == TOLD[NotFound].status:
        return (STAFF if staff else TOLD)[NotFound]
    return _BY_STATUS.get(status) or replace(TOLD[Invalid], status=status)
