"""Public holidays of France by zone, to fill the editable calendar of a site.

Days off by law: Code du travail L3133-1 (eleven), L3134-13 (Alsace-Moselle), L3422-2 (abolition of slavery
overseas). The library also lists local customs (Mi-Carême, Schoelcher day, Good Friday in the Antilles): a
structure that keeps them adds them to its calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import holidays

from portal.core.languages import N_

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


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
    "guadeloupe": Zone(N_("Guadeloupe"), "America/Guadeloupe", "GP", _ABOLITION),
    "martinique": Zone(N_("Martinique"), "America/Martinique", "MQ", _ABOLITION),
    "guyane": Zone(N_("French Guiana"), "America/Cayenne", "GF", _ABOLITION),
    "la_reunion": Zone(N_("Réunion"), "Indian/Reunion", "RE", _ABOLITION),
    "mayotte": Zone(N_("Mayotte"), "Indian/Mayotte", "YT", _ABOLITION),
    "saint_martin": Zone(N_("Saint Martin"), "America/Marigot", "MF", _ABOLITION),
    "saint_barthelemy": Zone(N_("Saint Barthélemy"), "America/St_Barthelemy", "BL", _ABOLITION),
}


def public_holidays(zone: str, years: Iterable[int]) -> dict[date, str]:
    """The legal public holidays of a zone in these years, by day, with French names."""
    row = ZONES[zone]
    days = list(years)
    national = holidays.country_holidays("FR", years=days, language="fr")
    found = {day: str(name) for day, name in national.items()}
    if row.subdivision is not None:
        local = holidays.country_holidays("FR", subdiv=row.subdivision, years=days, language="fr")
        for day, name in local.items():
            if day not in found and any(own.casefold() in str(name).casefold() for own in row.own_days):
                found[day] = str(name)
    return dict(sorted(found.items()))
