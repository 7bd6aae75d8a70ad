"""Public holidays of France by zone, to fill the editable calendar of a site.

Days off by law: Code du travail L3133-1 (eleven), L3134-13 (Alsace-Moselle), L3422-2 (abolition of slavery
overseas). The library also lists local customs (Mi-Carême, Schoelcher day, Good Friday in the Antilles): a
structure that keeps them adds them to its calendar. New Caledonia, French Polynesia, Wallis and Futuna have
labour laws of their own and are no zones here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import holidays

from portal.core.languages import N_

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

AND = " et "
"""Between the names of two holidays on one day: Ascension fell on 1 May in 2008."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A holiday zone: its name, time zone, and the library's subdivision whose own days are legal there."""

    label: str
    timezone: str
    subdivision: str | None = None
    own_days: tuple[str, ...] = ()


_ABOLITION = ("Abolition de l'esclavage",)
_PARIS = "Europe/Paris"

ZONES: dict[str, Zone] = {
    "metropole": Zone(N_("Mainland France"), _PARIS),
    "alsace_moselle": Zone(N_("Alsace and Moselle"), _PARIS, "57", ("Vendredi saint", "Saint-Étienne")),
    "guadeloupe": Zone(N_("Guadeloupe"), "America/Guadeloupe", "971", _ABOLITION),
    "martinique": Zone(N_("Martinique"), "America/Martinique", "972", _ABOLITION),
    "guyane": Zone(N_("French Guiana"), "America/Cayenne", "973", _ABOLITION),
    "la_reunion": Zone(N_("Réunion"), "Indian/Reunion", "974", _ABOLITION),
    "mayotte": Zone(N_("Mayotte"), "Indian/Mayotte", "976", _ABOLITION),
    "saint_martin": Zone(N_("Saint Martin"), "America/Marigot", "MF", _ABOLITION),
    "saint_barthelemy": Zone(N_("Saint Barthélemy"), "America/St_Barthelemy", "BL", _ABOLITION),
    "saint_pierre_et_miquelon": Zone(N_("Saint Pierre and Miquelon"), "America/Miquelon"),
}


def public_holidays(zone: str, years: Iterable[int]) -> dict[date, str]:
    """The legal public holidays of a zone in these years, in order of days, with French names."""
    row, days = ZONES[zone], list(years)
    national = holidays.country_holidays("FR", years=days, language="fr")
    local = holidays.country_holidays("FR", subdiv=row.subdivision, years=days, language="fr")
    found = {
        day: [name for name in local.get_list(day) if name in row.own_days or name in national.get_list(day)]
        for day in sorted(local)
    }
    return {day: AND.join(names) for day, names in found.items() if names}
