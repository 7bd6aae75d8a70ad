"""Stencils: what is sent compressed reads as what is sent plain, whatever stands in the holes."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.stencil import Stencil, hole

NAMES = ("root", "slug", "name", "token", "theme")
VALUES = st.fixed_dictionaries({name: st.text(max_size=300) for name in NAMES})
PIECES = st.lists(
    st.one_of(
        st.sampled_from(NAMES).map(hole), st.text(max_size=60), st.just("<p class='door'>une porte</p>" * 3)
    ),
    max_size=24,
)


@given(pieces=PIECES, values=st.lists(VALUES, min_size=1, max_size=3))
def test_a_packed_page_reads_as_the_plain_one(pieces: list[str], values: list[dict[str, str]]) -> None:
    stencil = Stencil("".join(pieces))
    for one in values:
        plain = stencil.fill(one)
        assert gzip.decompress(stencil.pack(one, plain)) == plain


def test_a_value_that_is_the_name_of_a_hole_stays_as_it_is() -> None:
    stencil = Stencil(f"a {hole('name')} b {hole('slug')} c")
    values = {"name": "slug", "slug": "name"}
    assert gzip.decompress(stencil.pack(values, stencil.fill(values))) == b"a slug b name c"


def test_texts_are_compressed_across_the_holes() -> None:
    row = "<li class='door'>Une porte comme les autres</li>"
    stencil = Stencil(hole("root").join([row] * 40))
    values = {"root": "/q/7KQ4M2"}
    plain = stencil.fill(values)
    assert len(stencil.pack(values, plain)) < len(plain) / 2


@pytest.mark.parametrize("missing", NAMES)
def test_a_hole_without_a_value_is_an_error(missing: str) -> None:
    stencil = Stencil(f"text {hole(missing)} text")
    with pytest.raises(KeyError):
        stencil.pack({name: "x" for name in NAMES if name != missing}, b"")
