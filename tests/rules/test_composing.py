"""What is locked stays as it was, whatever a structure sends; a meaning is told by the versions before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from portal.questionnaires.composing import (
    TEXT,
    Draft,
    composed,
    faults_of,
    local_rows,
    locked_rows,
    many_words,
    rows_of,
    scales_of,
)
from portal.questionnaires.publishing import shipped_set
from portal.questionnaires.rules import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE = shipped_set("q-res")
NAMES = [f"local-{n}" for n in range(1, 40)]
WORDS = st.sampled_from(["Une ?", "Deux ?", "Trois ?"])
DRAFTS = st.lists(
    st.builds(
        Draft,
        st.sampled_from(["yes3", "helped4", TEXT]),
        st.fixed_dictionaries({"fr": WORDS}, optional={"en": WORDS, "ar": WORDS}),
        st.sampled_from(["", "meeting", "word", "local-1", "local-2"]),
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda one: one.code or object(),
)


def versions(history: list[list[Draft]]) -> list[dict[str, Any]]:
    """The documents of a structure that publishes these one after the other, the newest first."""
    found: list[dict[str, Any]] = [BASE]
    names = iter(NAMES)
    for drafts in history:
        own = rows_of(drafts, local_rows(found[0]), [next(names) for _ in drafts], is_local=True)
        found.insert(0, composed(found[0], own, found))
    return found


@given(st.lists(DRAFTS, max_size=6))
def test_whatever_a_structure_sends_the_locked_questions_stay_as_they_were(
    history: list[list[Draft]],
) -> None:
    for document in versions(history):
        assert locked_rows(document) == BASE["items"]
        codes = [one.code for one in parse(document).questions]
        assert len(set(codes)) == len(codes)


@given(st.lists(DRAFTS, max_size=6))
def test_one_code_and_revision_never_stand_for_two_meanings(history: list[list[Draft]]) -> None:
    said: dict[tuple[str, int], set[str]] = {}
    scale: dict[str, str | None] = {}
    for document in reversed(versions(history)):
        for row in document["items"]:
            assert scale.setdefault(row["code"], row.get("scale")) == row.get("scale")
            words = said.setdefault((row["code"], row.get("meaning_rev", 1)), set())
            assert not words or words & {row["wording"]["fr"], *row.get("same_as", ())}
            words.add(row["wording"]["fr"])


def test_a_correction_keeps_the_revision_and_other_words_raise_it() -> None:
    first = Draft("yes3", {"fr": "Une ?"})
    corrected = Draft("yes3", {"fr": "Deux ?"}, "local-1", is_same=True)
    other = Draft("yes3", {"fr": "Trois ?"}, "local-1")
    back = Draft("yes3", {"fr": "Une ?"}, "local-1")
    found = versions([[first], [corrected], [other], [back]])
    assert [local_rows(one)[0].get("meaning_rev", 1) for one in reversed(found[:4])] == [1, 1, 2, 1]


def test_words_are_counted_and_not_signs() -> None:
    assert many_words("Le local, la cour : tout vous plaît ici, même le soir ?") is None
    assert many_words("un deux trois quatre cinq six sept huit neuf dix onze douze treize ?") == 13


def test_the_faces_belong_to_the_first_question_of_a_set_alone() -> None:
    scales = scales_of(BASE, with_faces=True)
    faces, yes = Draft("faces3", {"fr": "A ?"}), Draft("yes3", {"fr": "B ?"})

    def reasons(*drafts: Draft) -> list[str]:
        return [one.reason for one in faults_of(drafts, scales, is_local=False)]

    assert (reasons(faces, yes), reasons(yes), reasons(faces, faces)) == ([], ["first"], ["first"])


def test_a_question_that_stands_twice_is_a_fault_and_new_ones_are_not() -> None:
    one, new = Draft("yes3", {"fr": "Une ?"}, "local-1"), Draft("yes3", {"fr": "Une ?"})

    def at_fault(*drafts: Draft) -> list[tuple[int, str]]:
        return [(fault.at, fault.reason) for fault in faults_of(drafts, ["yes3"], is_local=True)]

    assert at_fault(one, new, new) == []
    assert at_fault(one, new, one) == [(2, "double")]


def test_a_network_s_words_are_another_meaning_where_they_were_never_asked() -> None:
    changed: list[Mapping[str, Any]] = [
        {**row, "wording": {"fr": "Autre ?"}} if row["code"] == "helped" else row for row in BASE["items"]
    ]
    taken = composed({**BASE, "items": changed}, [], [BASE])
    assert {row["code"]: row.get("meaning_rev", 1) for row in taken["items"]}["helped"] == 2
    assert composed(BASE, [], [taken, BASE]) == BASE
