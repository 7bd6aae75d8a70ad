"""Words of alarm are found as people write them, and everyday words are not."""

from __future__ import annotations

from itertools import product

import pytest

from portal.cases.alarm_words import ALARMS, Alarm, Entry, alarms_in, plain, shipped, standing
from portal.core.languages import LANGUAGES


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Il m’a frappée devant tout le monde.", {"frappée": Alarm.VIOLENCE}),
        ("IL A FRAPPÉ MON FILS", {"FRAPPÉ": Alarm.VIOLENCE}),
        ("Il m'a tapé hier.", {"m'a tapé": Alarm.VIOLENCE}),
        ("Je veux mourir.", {"mourir": Alarm.DANGER}),
        (
            "Des propos racistes et une odeur de gaz.",
            {"racistes": Alarm.DISCRIMINATION, "odeur de gaz": Alarm.DANGER},
        ),
        ("He threatened me with a knife.", {"threatened": Alarm.VIOLENCE, "knife": Alarm.VIOLENCE}),
        ("لقد ضَرَبَني أمام الباب.", {"ضَرَبَني": Alarm.VIOLENCE}),
        ("هناك خطر في العمارة وكلام عنصريّ", {"خطر": Alarm.DANGER, "عنصريّ": Alarm.DISCRIMINATION}),
    ],
)
def test_a_word_of_alarm_is_found_as_it_was_written(text: str, words: dict[str, Alarm]) -> None:
    assert alarms_in(text, shipped()) == words


@pytest.mark.parametrize(
    "text",
    [
        "Le tapis de l’entrée est sale, la tapisserie aussi.",
        "Le violoniste du premier joue bien, ses violettes aussi.",
        "Nous avons alarmé l’armée de bénévoles; l’armoire est pleine.",
        "The hitherto slow lift works: a skilled team came.",
        "شكرًا لكم على الاستماع.",
        "",
    ],
)
def test_everyday_words_raise_nothing(text: str) -> None:
    assert alarms_in(text, shipped()) == {}


def test_every_language_has_words_of_each_sort() -> None:
    assert {(one.language, one.alarm) for one in shipped()} == set(product(LANGUAGES, Alarm))
    assert set(ALARMS) == set(Alarm)
    listed = [plain(one.word) for one in shipped() if one.language != "ar"]
    assert all(len(word.rstrip("*")) > 2 for word in listed)


def test_a_structure_silences_a_word_and_adds_its_own() -> None:
    own = Entry("caïd*", Alarm.DANGER, "fr")
    silenced = Entry("couteau*", Alarm.VIOLENCE, "fr")
    words = standing({plain(own.word): (own, True), plain(silenced.word): (silenced, False)})
    assert alarms_in("Les caïds ont des couteaux.", words) == {"caïds": Alarm.DANGER}
