"""Words of violence, danger and discrimination, by language: they lift a text, and judge nothing. Pure.

A word that ends in * stands for all that begin so. Accents and vowel signs do not matter. Each list is looked
through whatever the language of the page: people write in the one they want. Arabic joins its small words to
the next one, so that an Arabic entry is found inside a word too.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from portal.core.languages import N_

if TYPE_CHECKING:
    from collections.abc import Mapping


class Alarm(StrEnum):
    """What a word may be about (stored by value)."""

    VIOLENCE = "violence"
    DANGER = "danger"
    DISCRIMINATION = "discrimination"


ALARMS: dict[Alarm, str] = {
    Alarm.VIOLENCE: N_("Violence"),
    Alarm.DANGER: N_("Danger"),
    Alarm.DISCRIMINATION: N_("Discrimination"),
}
_LISTS = """
fr violence frapp*, gifl*, coup de poing, coups de poing, m'a tapé, violent*, violence*, agress*, menac*
fr violence viol, violé, violée, viols, attouchement*, harcel*, couteau*, arme, armes, tuer, blessé*
fr danger danger*, suicid*, mourir, incendie*, fuite de gaz, odeur de gaz
fr danger enfermé*, séquestr*, maltrait*, battu*
fr discrimination racis*, discrimin*, homophob*, antisémit*, islamophob*, xénophob*, sexis*, insult*
en violence hit me, hits me, punch*, slap*, violen*, assault*, threat*, rape, raped, molest*, harass*
en violence knife, weapon*, kill*, hurt me
en danger danger*, suicid*, want to die, on fire, gas leak, locked in, abuse*, beaten
en discrimination racis*, discriminat*, homophob*, antisemit*, islamophob*, xenophob*, sexis*, insult*
ar violence ضرب, عنف, عنيف, هدد, تهديد, اعتد, اغتصب, اغتصاب, تحرش, سكين, سلاح, قتل, جرح
ar danger خطر, انتحار, أموت, حريق, تسرب الغاز, محبوس, محتجز
ar discrimination عنصري, تمييز, كراهية, إهان, شتم
"""
"""The lists that come with the portal, by language and sort; a structure adds to them, and silences what does
not fit."""
LONGEST = 60
_TOKEN = re.compile(r"[\w\u0300-\u036f\u064b-\u065f\u0670]+")
"""A word with its accents and vowel signs, which are no letters."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of a list, what it is about, and its language."""

    word: str
    alarm: Alarm
    language: str


def shipped() -> tuple[Entry, ...]:
    """Every word that comes with the portal."""
    rows = [line.split(maxsplit=2) for line in _LISTS.strip().splitlines()]
    return tuple(
        Entry(word.strip(), Alarm(alarm), language)
        for language, alarm, words in rows
        for word in words.split(",")
    )


def plain(text: str) -> str:
    """The text without case, accents, vowel signs, and with one sort of apostrophe."""
    apart = unicodedata.normalize("NFKD", text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def alarms_in(text: str, entries: tuple[Entry, ...]) -> dict[str, Alarm]:
    """The words of the text that stand on a list, as they were written, with what they may be about."""
    shown = [(plain(token), token) for token in _TOKEN.findall(text)]
    flat = " ".join(word for word, _ in shown)
    anything, patterns = _patterns(entries)
    if not anything.search(flat):
        return {}
    found: dict[str, Alarm] = {}
    for entry, pattern, is_phrase in patterns:
        if is_phrase and pattern.search(flat):
            found.setdefault(entry.word.rstrip("*"), entry.alarm)
        elif not is_phrase:
            found |= {
                token: entry.alarm for word, token in shown if token not in found and pattern.search(word)
            }
    return found


@lru_cache(maxsize=64)
def _patterns(
    entries: tuple[Entry, ...],
) -> tuple[re.Pattern[str], tuple[tuple[Entry, re.Pattern[str], bool], ...]]:
    """What finds any of the words at once, and each of them: most texts hold none."""
    sources = [_source(one) for one in entries]
    each = tuple(
        (entry, re.compile(source), len(_TOKEN.findall(entry.word)) > 1)
        for entry, source in zip(entries, sources, strict=True)
    )
    return re.compile("|".join(sources) or r"(?!)"), each


def _source(entry: Entry) -> str:
    words = re.escape(" ".join(_TOKEN.findall(plain(entry.word.rstrip("*")))))
    if entry.language == "ar":
        return words
    return rf"\b{words}" + (r"\w*" if entry.word.endswith("*") else r"\b")


def standing(changed: Mapping[str, tuple[Entry, bool]]) -> tuple[Entry, ...]:
    """The words that count for a structure: the shipped ones it did not silence, and its own.

    `changed` gives by plain word what the structure did with it: the entry, and whether it counts.
    """
    kept = [one for one in shipped() if plain(one.word) not in changed]
    return (*kept, *(entry for entry, is_on in changed.values() if is_on))
