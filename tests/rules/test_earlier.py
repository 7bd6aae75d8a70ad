"""Tables of earlier results are read right, or refused with row and column; never half."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.tables import read_table
from portal.records.earlier import Result, ResultFault, read_result, read_results

TODAY = date(2027, 3, 24)
QUESTION = "Êtes-vous satisfait de l’accueil ?"


def read(text: str) -> tuple[list[Result], list[ResultFault]]:
    """What a file of this text gives."""
    return read_results(read_table(text.encode()), TODAY)


def test_counts_and_shares_are_kept_as_the_source_tells_them() -> None:
    found, faults = read(
        "Question;Période;Réponses;Satisfaits;Taux\n"
        f"{QUESTION};2024;200;168;84 %\n"
        f"{QUESTION};2025;1 250;;81,5\n"
        f"{QUESTION};02/2026;40;31;\n"
    )
    assert faults == []
    assert found == [
        Result(date(2024, 1, 1), date(2024, 12, 31), QUESTION, 200, satisfied=168),
        Result(date(2025, 1, 1), date(2025, 12, 31), QUESTION, 1250, tenths=815),
        Result(date(2026, 2, 1), date(2026, 2, 28), QUESTION, 40, satisfied=31),
    ]


def test_a_heading_with_a_sign_of_percent_is_a_share_whatever_else_it_says() -> None:
    found, faults = read("question;du;au;base;% satisfaits\nAccueil ?;01/03/2026;30/06/2026;120;84\n")
    assert faults == []
    assert found == [Result(date(2026, 3, 1), date(2026, 6, 30), "Accueil ?", 120, tenths=840)]


HOSTILE = {
    "no base": ("question;période;taux\nA;2024;80\n", (0, "n", "missing")),
    "no question": ("période;n;taux\n2024;100;80\n", (0, "question", "missing")),
    "no period": ("question;n;taux\nA;100;80\n", (0, "period", "missing")),
    "neither count nor share": ("question;période;n\nA;2024;100\n", (0, "satisfied", "missing")),
    "an empty row of figures": ("question;période;n;taux\nA;2024;100;\n", (2, "satisfied", "missing")),
    "more satisfied than answered": (
        "question;période;n;satisfaits\nA;2024;100;101\n",
        (2, "satisfied", "more"),
    ),
    "a share above one": ("question;période;n;taux\nA;2024;100;101\n", (2, "share", "form")),
    "a share as a fraction": ("question;période;n;taux\nA;2024;100;0.845\n", (2, "share", "form")),
    "a share that is not that of the counts": (
        "question;période;n;satisfaits;taux\nA;2024;100;50;80\n",
        (2, "share", "differs"),
    ),
    "nobody answered": ("question;période;n;satisfaits\nA;2024;0;0\n", (2, "n", "form")),
    "a base in words": ("question;période;n;taux\nA;2024;environ 100;80\n", (2, "n", "form")),
    "a period still running": ("question;période;n;taux\nA;2027;100;80\n", (2, "period", "future")),
    "a period that ends before it begins": (
        "question;du;au;n;taux\nA;01/06/2025;01/03/2025;100;80\n",
        (2, "first", "order"),
    ),
    "a period that is none": ("question;période;n;taux\nA;l’été;100;80\n", (2, "period", "form")),
    "a year before anybody asked": ("question;période;n;taux\nA;1066;100;80\n", (2, "period", "old")),
    "the same twice": (
        "question;période;n;taux\nA;2024;100;80\na ;2024;90;70\n",
        (3, "question", "double"),
    ),
    "nothing below the headings": ("question;période;n;taux\n", (0, "n", "nothing")),
    "a question without an end": (
        f"question;période;n;taux\n{'a' * 161};2024;9;50\n",
        (2, "question", "long"),
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_table_with_a_fault_gives_nothing_but_its_place(what: str) -> None:
    text, expected = HOSTILE[what]
    found, faults = read(text)
    assert found == []
    assert expected in [(one.row, one.column, one.reason) for one in faults]


@given(
    st.dictionaries(
        st.sampled_from(["question", "first", "last", "period", "n", "satisfied", "share"]),
        st.text(max_size=12),
    )
)
def test_whatever_is_typed_is_read_or_refused_with_a_reason(told: dict[str, str]) -> None:
    one, wrong = read_result(told, TODAY)
    assert (one is None) == bool(wrong)


@given(st.integers(1, 10_000), st.data())
def test_a_share_rounded_from_its_counts_never_contradicts_them(n: int, data: st.DataObject) -> None:
    good = data.draw(st.integers(0, n))
    for share in (f"{100 * good / n:.1f}", f"{100 * good / n:.0f} %"):
        told = {"question": "A", "period": "2024", "n": str(n), "satisfied": str(good), "share": share}
        one, wrong = read_result(told, TODAY)
        assert wrong == []
        assert one is not None
        assert (one.satisfied, one.tenths) == (good, None)
