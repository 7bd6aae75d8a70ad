"""What a message is about, in one table of two levels: the code is kept for ever, the words may change. Pure.

The first level follows what residents and partners complain of in social mediation; the second is what a team
can act upon. Our own words: no published tree is copied. A code is never used again for something else, and a
line that is no longer offered stays here with `is_offered` False, so that old figures keep their name.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.languages import N_


@dataclass(frozen=True, slots=True)
class Motif:
    """A line of the second level, which a message is given."""

    code: str
    label: str
    is_offered: bool = True


@dataclass(frozen=True, slots=True)
class Theme:
    """A line of the first level, and what stands below it."""

    code: str
    label: str
    motifs: tuple[Motif, ...]


THEMES: tuple[Theme, ...] = (
    Theme(
        "welcome",
        N_("Welcome and manner"),
        (
            Motif("welcome.courtesy", N_("Courtesy")),
            Motif("welcome.listening", N_("Listening")),
            Motif("welcome.language", N_("Language, being understood")),
            Motif("welcome.bearing", N_("Bearing, clothing")),
        ),
    ),
    Theme(
        "ethics",
        N_("Position of the mediator"),
        (
            Motif("ethics.partiality", N_("Taking sides")),
            Motif("ethics.secrecy", N_("Secrecy not kept")),
            Motif("ethics.pressure", N_("Pressure")),
            Motif("ethics.role", N_("Going beyond one's role")),
            Motif("ethics.interest", N_("Conflict of interest")),
        ),
    ),
    Theme(
        "rights",
        N_("Discrimination and rights"),
        (
            Motif("rights.discrimination", N_("Discrimination")),
            Motif("rights.rights", N_("A right not respected")),
        ),
    ),
    Theme(
        "violence",
        N_("Violence"),
        (
            Motif("violence.threat", N_("Threat")),
            Motif("violence.violence", N_("Violence")),
        ),
    ),
    Theme(
        "work",
        N_("Our work on the ground"),
        (
            Motif("work.absence", N_("Nobody came")),
            Motif("work.late", N_("Came late")),
            Motif("work.refusal", N_("Refusal to step in")),
            Motif("work.effect", N_("It changed nothing")),
            Motif("work.follow_up", N_("No follow-up")),
            Motif("work.wrong_door", N_("Sent to the wrong place")),
            Motif("work.wrong_information", N_("Wrong information")),
        ),
    ),
    Theme(
        "presence",
        N_("Presence and hours"),
        (
            Motif("presence.seen", N_("Rarely seen")),
            Motif("presence.closed", N_("Closed")),
            Motif("presence.reach", N_("Hard to reach")),
        ),
    ),
    Theme(
        "answer",
        N_("Time to answer"),
        (
            Motif("answer.slow", N_("Answer too slow")),
            Motif("answer.none", N_("No answer")),
        ),
    ),
    Theme(
        "place",
        N_("Place and access"),
        (
            Motif("place.access", N_("Access for people with disabilities")),
            Motif("place.rooms", N_("Rooms")),
            Motif("place.queue", N_("Waiting in line")),
        ),
    ),
    Theme(
        "data",
        N_("Personal data"),
        (
            Motif("data.shared", N_("Data passed to others")),
            Motif("data.request", N_("Request about one's data")),
        ),
    ),
    Theme(
        "partner",
        N_("Partnership"),
        (
            Motif("partner.report", N_("Reports to the partner")),
            Motif("partner.agreement", N_("Agreement not kept")),
            Motif("partner.replacement", N_("Replacement of absent staff")),
            Motif("partner.staffing", N_("Number of staff")),
            Motif("partner.invoice", N_("Invoice")),
        ),
    ),
    Theme(
        "together",
        N_("Communication and projects"),
        (
            Motif("together.communication", N_("Communication")),
            Motif("together.meeting", N_("Meeting")),
            Motif("together.project", N_("Project with residents")),
        ),
    ),
    Theme(
        "outside",
        N_("Not our work"),
        (
            Motif("outside.housing", N_("Housing")),
            Motif("outside.cleanliness", N_("Cleanliness")),
            Motif("outside.neighbours", N_("Neighbours")),
            Motif("outside.transport", N_("Transport")),
            Motif("outside.administration", N_("Administration")),
        ),
    ),
    Theme(
        "thanks",
        N_("Thanks and suggestions"),
        (
            Motif("thanks.thanks", N_("Thanks")),
            Motif("thanks.suggestion", N_("Suggestion")),
        ),
    ),
    Theme("other", N_("Something else"), (Motif("other.other", N_("None of these")),)),
)

MOTIFS: dict[str, Motif] = {motif.code: motif for theme in THEMES for motif in theme.motifs}
"""Every line of the second level by its code."""
