"""A register of complaints as a structure kept it: which column is what, and what a row holds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from portal.cases.rules import Finding, Kind
from portal.cases.ways import Channel
from portal.core.languages import N_

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID


FIRST_YEAR = 1990
MOST_MOTIF = 120
MOST_NUMBER = 60


class Standing(StrEnum):
    """What became of a register that somebody sent (stored by value)."""

    LOOKED_AT = "looked_at"
    TAKEN = "taken"
    UNDONE = "undone"


class Column(StrEnum):
    """What a column of a register can be (stored by value)."""

    NUMBER = "number"
    KIND = "kind"
    CHANNEL = "channel"
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    FIRST_RESPONSE = "first_response"
    DUE = "due"
    ANSWERED = "answered"
    CLOSED = "closed"
    FINDING = "finding"
    MOTIF = "motif"
    SITE = "site"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column's line: its name on pages, and the headings under which registers have it, made `plain`."""

    label: str
    headings: tuple[str, ...]


COLUMNS: dict[Column, ColumnRow] = {
    Column.NUMBER: ColumnRow(
        N_("Its number"),
        ("n", "no", "numero", "reference", "ref", "ref.", "id", "n de reclamation", "number"),
    ),
    Column.KIND: ColumnRow(N_("Its kind"), ("type", "nature", "type de demande", "categorie", "kind")),
    Column.CHANNEL: ColumnRow(
        N_("How it came"),
        ("canal", "mode", "mode de reception", "moyen", "voie", "support", "origine", "channel"),
    ),
    Column.RECEIVED: ColumnRow(
        N_("Received on"),
        (
            *("date", "date de reception", "recue le", "recu le", "reception", "date reception", "received"),
            *("date de la reclamation", "date reclamation", "received on", "date d arrivee", "date de depot"),
        ),
    ),
    Column.ACKNOWLEDGED: ColumnRow(
        N_("Acknowledged on"),
        ("accuse de reception", "date accuse de reception", "ar", "date ar", "date de l ar", "acknowledged"),
    ),
    Column.FIRST_RESPONSE: ColumnRow(
        N_("First reply on"),
        ("premiere reponse", "1ere reponse", "date premiere reponse", "premier retour", "first response"),
    ),
    Column.DUE: ColumnRow(
        N_("Promised for"),
        ("echeance", "date limite", "delai", "promise pour le", "a repondre avant le", "due"),
    ),
    Column.ANSWERED: ColumnRow(
        N_("Answered on"),
        ("reponse", "date de reponse", "date reponse", "repondu le", "reponse le", "answered", "answered on"),
    ),
    Column.CLOSED: ColumnRow(
        N_("Closed on"), ("cloture", "date de cloture", "date cloture", "cloturee le", "clos le", "closed")
    ),
    Column.FINDING: ColumnRow(
        N_("What was found"), ("fondee", "fonde", "conclusion", "constat", "bien fondee", "finding", "upheld")
    ),
    Column.MOTIF: ColumnRow(N_("Motif"), ("motif", "objet", "theme", "sujet", "motive", "subject")),
    Column.SITE: ColumnRow(
        N_("Site"), ("site", "lieu", "antenne", "point d accueil", "quartier", "secteur", "agence")
    ),
    Column.TEXT: ColumnRow(
        N_("What was said"),
        ("description", "contenu", "details", "texte", "expose", "reclamation", "commentaire", "message"),
    ),
}
"""In the order in which pages offer them. What matches none, such as a name or a telephone, stays out."""

DAYS = (
    Column.RECEIVED,
    Column.ACKNOWLEDGED,
    Column.FIRST_RESPONSE,
    Column.DUE,
    Column.ANSWERED,
    Column.CLOSED,
)
"""The columns that hold a day; none of the others lies before the first."""

KINDS_WRITTEN: dict[str, Kind] = {
    **dict.fromkeys(("reclamation", "plainte", "complaint", "insatisfaction"), Kind.COMPLAINT),
    **dict.fromkeys(("demande", "requete", "request", "besoin"), Kind.REQUEST),
    **dict.fromkeys(("signalement", "veille", "quartier", "concern"), Kind.CONCERN),
    **dict.fromkeys(("remerciement", "remerciements", "merci", "thanks", "felicitations"), Kind.THANKS),
    **dict.fromkeys(("suggestion", "idee", "proposition", "idea"), Kind.IDEA),
}
CHANNELS_WRITTEN: dict[str, Channel] = {
    **dict.fromkeys(("telephone", "tel", "tel.", "appel", "phone"), Channel.PHONE),
    **dict.fromkeys(
        ("accueil", "guichet", "oral", "orale", "sur place", "face a face", "rue", "terrain", "counter"),
        Channel.COUNTER,
    ),
    **dict.fromkeys(("courrier", "lettre", "letter", "papier", "fiche"), Channel.LETTER),
    **dict.fromkeys(("mail", "e-mail", "email", "courriel", "mel"), Channel.EMAIL),
    **dict.fromkeys(("site", "web", "internet", "formulaire", "site internet", "en ligne"), Channel.WEB),
    **dict.fromkeys(("qr", "qr code", "code", "badge"), Channel.CODE),
}
FINDINGS_WRITTEN: dict[str, Finding] = {
    **dict.fromkeys(("oui", "fondee", "fonde", "justifiee", "upheld", "yes", "o"), Finding.UPHELD),
    **dict.fromkeys(
        ("partiellement", "en partie", "partielle", "partiellement fondee", "partly"), Finding.PARTLY
    ),
    **dict.fromkeys(
        ("non", "non fondee", "non fonde", "injustifiee", "not upheld", "no", "n"), Finding.NOT_UPHELD
    ),
    **dict.fromkeys(
        ("non etablie", "non etabli", "indeterminee", "not established"), Finding.NOT_ESTABLISHED
    ),
    **dict.fromkeys(("reglee", "resolue", "reglee a l amiable", "settled"), Finding.SETTLED),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: the row as a spreadsheet numbers it (0: the whole file), its column, one word of why."""

    row: int
    column: Column | None
    reason: str
    given: str = ""


@dataclass(frozen=True, slots=True)
class PastRow:
    """One row of a register that can be brought in."""

    row: int
    received_on: date
    kind: Kind = Kind.COMPLAINT
    number: str = ""
    channel: Channel | None = None
    acknowledged_on: date | None = None
    first_response_on: date | None = None
    due_on: date | None = None
    answered_on: date | None = None
    closed_on: date | None = None
    finding: Finding | None = None
    motif: str = ""
    site_id: UUID | None = None
    text: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether its delays can be told: the days of reception and answer are both known."""
        return self.answered_on is not None


Days: TypeAlias = "tuple[date, date | None, Kind, UUID | None]"
"""What is always told of a row: received and answered on, its kind, its site."""
Said: TypeAlias = "tuple[Days, str, str]"
"""The same with motif and text, made plain."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a register is read against: today, the sites by plain name, and what was brought in before.

    `known` are numbers with the year of reception: many registers start again each January. `said` are the
    rows without a number, `silent` those that have neither number nor words, or none any more.
    """

    today: date
    sites: Mapping[str, UUID]
    main: UUID | None = None
    """The site of a row that tells none."""
    known: frozenset[tuple[str, int]] = frozenset()
    said: frozenset[Said] = frozenset()
    silent: frozenset[Days] = frozenset()


@dataclass(frozen=True, slots=True)
class Report:
    """A register as it was read: all its rows, or none of them once there is a fault.

    `headings` are the cells of the row of headings, `mapping` says which of them (by position) is what.
    """

    headings: tuple[str, ...]
    mapping: Mapping[int, Column]
    rows: tuple[PastRow, ...]
    faults: tuple[Fault, ...]
    unread: int = 0
    """Rows that hold nothing but spaces."""
    sheets: tuple[str, ...] = ()
    """The sheets of the workbook that hold a table; empty for a file that has none."""
    sheet: int = 0
    """Which of them was read."""

    @property
    def is_good(self) -> bool:
        """Whether it can be brought in."""
        return not self.faults and bool(self.rows)
