"""What is kept of a message, for the person who wrote it: all of it, why, for how long, and who sees it.

RGPD, article 15(1) and (3). The notes of the team are theirs too; only what would wrong somebody else may be
left out (article 15(4)), which the paper then says.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_STORED, ZipFile

from flask_babel import gettext, ngettext

from portal.cases.errands import bodies
from portal.cases.motifs import MOTIFS
from portal.cases.partners import partner_of
from portal.cases.queries import (
    attachment_of,
    case_key,
    contact_of,
    events_of,
    name_of,
    photos_of,
    standing_of,
    thread,
    voices_of,
)
from portal.cases.rules import KINDS, Direction, Outcome
from portal.cases.standing import PERSON_NAMED
from portal.cases.ways import CHANNELS, CONSENTS, HELPS, MOMENTS
from portal.core.languages import LANGUAGES, N_, direction_of
from portal.printing.papers import Facts, Grid, Head, Heading, Paper, Quote, Text
from portal.protection.queries import promised
from portal.protection.rules import LASTING, RETENTION, Kept
from portal.tenancy.queries import calendar, current_structure, local_day
from portal.web.case_words import EVENTS, FINDINGS, OUTCOMES, shown_at
from portal.web.dates import day_told
from portal.web.theme import corrected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.cases.models import Attachment, Case
    from portal.cases.queries import Said
    from portal.core.db import Unit
    from portal.core.worktime import WorkCalendar
    from portal.printing.papers import Part
    from portal.web.guard import Desk

REMEDIES = N_("If our answer does not suit you, you may turn to the CNIL (cnil.fr), and to a court.")
"""What is told with every refusal, too (article 12(4))."""
_RIGHTS_TOLD = (
    N_("You may ask us to correct it, to erase it, to keep it without using it, or to stop using it."),
    N_("No decision about you is made by a machine."),
    REMEDIES,
)


def copy_of(u: Unit, desk: Desk, case: Case, *, with_notes: bool = True) -> Paper:
    """The paper. Raises `NotFound` once the words are erased."""
    case_key(u, case)
    structure, place = current_structure(u), calendar(u, case.calendar_id)
    parts: list[Part] = [Facts(_facts(u, case, place)), Heading(gettext("What was said"))]
    told = thread(u, case)
    for said in told:
        if with_notes or said.direction is not Direction.NOTE:
            parts += _quotes(said, case, place, structure.name)
    if not with_notes and any(said.direction is Direction.NOTE for said in told):
        parts.append(
            Text(
                gettext("Notes of our team are left out: they are about other people (RGPD, article 15(4)).")
            )
        )
    names = [name for name, _ in _files(u, case)]
    if names:
        many = ngettext(
            "%(num)d file comes with this paper:", "%(num)d files come with this paper:", len(names)
        )
        parts += [Heading(gettext("Photos and voice messages")), Text(f"{many} {', '.join(names)}")]
    parts += [Heading(gettext("What happened")), _history(u, case, place)]
    parts += [Heading(gettext("Why we keep it, and for how long")), _durations(u, case)]
    parts += [Heading(gettext("Who sees it")), *_recipients(u, case, structure.name)]
    parts += [Heading(gettext("Your rights")), *(Text(gettext(one)) for one in _RIGHTS_TOLD)]
    return Paper(
        title=gettext("What we keep of your message %(reference)s", reference=case.reference),
        structure=structure.name,
        brand=corrected(structure.colour).brand,
        language=desk.language,
        mark=case.reference,
        made=gettext("Made on %(date)s", date=day_told(local_day(u), "long")),
        parts=parts,
    )


def bundle_of(u: Unit, case: Case, pdf: bytes) -> bytes | None:
    """The paper with the photos and voice messages, as a ZIP; None where there are none."""
    files = list(_files(u, case))
    if not files:
        return None
    key, whole = case_key(u, case), BytesIO()
    with ZipFile(whole, "w", ZIP_STORED) as archive:
        archive.writestr(f"{case.reference}.pdf", pdf)
        for name, one in files:
            archive.writestr(name, attachment_of(u, key, case.id, one.id)[1])
    return whole.getvalue()


def _facts(u: Unit, case: Case, place: WorkCalendar) -> list[tuple[str, str]]:
    """What is known of the message and of who wrote it."""
    contact, name, partner = contact_of(u, case.id), name_of(u, case), partner_of(u, case.id)
    language = LANGUAGES[case.language].own_name if case.language in LANGUAGES else case.language
    motif = MOTIFS.get(case.motif or "")
    typed = shown_at(place, case.registered_at, case.mode) if case.registered_at else ""
    told = [
        (gettext("Kind"), gettext(KINDS[case.kind].label)),
        (gettext("Received on"), shown_at(place, case.received_at, case.mode)),
        (gettext("How it came"), gettext(CHANNELS[case.channel].label)),
        (gettext("Typed by our team on"), typed),
        (gettext("Language"), language),
        (gettext("Name"), name or gettext("not given")),
        (gettext("How to reach the person"), contact.value if contact else gettext("not given")),
        (gettext("When to reach them"), gettext(MOMENTS[case.contact_when]) if case.contact_when else ""),
        (gettext("Help to write"), gettext(HELPS[case.help]) if case.help else ""),
        (gettext("Partner"), partner.organisation if partner else ""),
        (gettext("Their reference"), partner.reference if partner else ""),
        (gettext("Subject"), gettext(motif.label) if motif else ""),
        (gettext("How it ended"), gettext(OUTCOMES[case.outcome]) if case.outcome else ""),
        (gettext("What was found"), gettext(FINDINGS[case.finding]) if case.finding else ""),
    ]
    return [(label, value) for label, value in told if value]


def _quotes(said: Said, case: Case, place: WorkCalendar, structure: str) -> Iterator[Quote]:
    """What was said, and its translations; colleagues are told as a team."""
    who = {
        Direction.FROM_FILER: gettext("You"),
        Direction.NOTE: gettext("Note of our team"),
    }
    for head, one in (
        (who.get(said.direction, structure), said),
        *((gettext("Translation by our team"), beside) for beside in said.translations),
    ):
        direction = "rtl" if direction_of(one.text, one.language) == "rtl" else "ltr"
        yield Quote(f"{head}, {shown_at(place, one.at, case.mode)}", one.text, one.language, direction)


def _files(u: Unit, case: Case) -> Iterator[tuple[str, Attachment]]:
    """Photos and voice messages, each with its name in the bundle."""
    for word, several in (("photo", photos_of(u, case.id)), ("audio", voices_of(u, case.id))):
        for number, one in enumerate(several, 1):
            form = one.media_type.partition(";")[0].partition("/")[2]
            yield f"{word}-{number}.{form}", one


def _history(u: Unit, case: Case, place: WorkCalendar) -> Grid:
    """What happened and when; whom the message is about concerns them, not its writer."""
    return Grid(
        [Head(gettext("Day")), Head(gettext("What happened"), wide=True)],
        [
            (day_told(place.local(event.occurred_at).date()), gettext(EVENTS[event.type]))
            for event in events_of(u, case.id)
            if event.type != PERSON_NAMED
        ],
    )


def _durations(u: Unit, case: Case) -> Grid:
    """What is kept, what for and how long: as promised to this message."""
    schedule = promised(u)
    then = schedule.of(case.policy_id)
    is_aside = case.outcome not in {None, Outcome.ANSWERED}
    kept = [Kept.CASE_ASIDE if is_aside else Kept.CASE, Kept.CONTACT, Kept.RIGHTS]
    rows = [
        (
            gettext(RETENTION[one].what),
            gettext(RETENTION[one].purpose),
            ngettext("%(num)d month", "%(num)d months", schedule.months(one, then)),
            gettext(RETENTION[one].since),
        )
        for one in kept
        if one is not Kept.CONTACT or case.contact_sealed is not None or case.name_sealed is not None
    ]
    days = next(one for one in LASTING if one.what == "Days, states and subjects of messages")
    rows.append((gettext(days.what), gettext(days.purpose), gettext(days.lasts), ""))
    heads = (gettext("What is kept"), gettext("What for"), gettext("How long"), gettext("Counted from"))
    return Grid([Head(label, wide=True) for label in heads], rows)


def _recipients(u: Unit, case: Case, structure: str) -> Iterator[Part]:
    """Who reads it here, to whom it was passed on, and who keeps it for us."""
    yield Text(gettext("The colleagues of %(structure)s who answer messages read it.", structure=structure))
    names = {one.id.hex: one.name for one in bodies(u, with_ended=True)}
    passed = standing_of(u, case).referrals
    if passed:
        heads = (gettext("Passed on to"), gettext("Day"), gettext("With your consent"))
        yield Grid(
            [Head(label, wide=at == 0) for at, label in enumerate(heads)],
            [(names.get(one.body, ""), day_told(one.on), gettext(CONSENTS[one.consent])) for one in passed],
        )
    else:
        yield Text(gettext("It was passed on to nobody."))
    yield Text(
        gettext("Whoever runs the portal for us keeps it encrypted, under a contract (RGPD, article 28).")
    )
