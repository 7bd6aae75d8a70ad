"""What is kept of a message, for the person who wrote it: what they said and what we answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext, ngettext

from portal.cases.queries import case_key, contact_of, name_of, photos_of, thread, voices_of
from portal.cases.rules import KINDS, Direction
from portal.cases.ways import CHANNELS
from portal.core.languages import LANGUAGES, direction_of
from portal.printing.papers import Facts, Heading, Paper, Quote, Text
from portal.tenancy.queries import calendar, current_structure, local_day
from portal.web.case_words import shown_at
from portal.web.dates import day_told
from portal.web.theme import corrected

if TYPE_CHECKING:
    from portal.cases.models import Case
    from portal.core.db import Unit
    from portal.printing.papers import Part
    from portal.web.guard import Desk


def copy_of(u: Unit, desk: Desk, case: Case) -> Paper:
    """The paper, without the notes of the team. Raises `NotFound` once the words are erased."""
    case_key(u, case)
    structure, place = current_structure(u), calendar(u, case.calendar_id)
    contact, name, photos = contact_of(u, case.id), name_of(u, case), photos_of(u, case.id)
    language = LANGUAGES[case.language].own_name if case.language in LANGUAGES else case.language
    facts = [
        (gettext("Kind"), gettext(KINDS[case.kind].label)),
        (gettext("Received on"), shown_at(place, case.received_at, case.mode)),
        (gettext("How it came"), gettext(CHANNELS[case.channel].label)),
        (gettext("Language"), language),
        (gettext("Name"), name or gettext("not given")),
        (gettext("How to reach the person"), contact.value if contact else gettext("not given")),
    ]
    parts: list[Part] = [Facts(facts), Heading(gettext("What was said"))]
    for said in thread(u, case, for_filer=True):
        who = gettext("You") if said.direction is Direction.FROM_FILER else structure.name
        head = f"{who}, {shown_at(place, said.at, case.mode)}"
        direction = direction_of(said.text, said.language)
        parts.append(Quote(head, said.text, said.language, "rtl" if direction == "rtl" else "ltr"))
    if photos:
        told = ngettext("%(num)d photo is kept with it.", "%(num)d photos are kept with it.", len(photos))
        parts.append(Text(told))
    if voices := voices_of(u, case.id):
        told = ngettext(
            "%(num)d voice message is kept with it.", "%(num)d voice messages are kept with it.", len(voices)
        )
        parts.append(Text(told))
    return Paper(
        title=gettext("What we keep of your message %(reference)s", reference=case.reference),
        structure=structure.name,
        brand=corrected(structure.colour).brand,
        language=desk.language,
        mark=case.reference,
        made=gettext("Made on %(date)s", date=day_told(local_day(u), "long")),
        parts=parts,
    )
