"""In which language a colleague wrote: as they said, as its letters or its small words show. Pure."""

from __future__ import annotations

import re

from portal.core.languages import LANGUAGES, written_in

_FRENCH = """le la les un une des du et est nous vous votre notre pas pour avec que qui dans sur ce il elle je
ne au aux en avons sera à été bonjour merci"""
_ENGLISH = """the and is are was were you your we our not to for with of in on it he she i have has will be
a an this that hello thank thanks"""
SMALL_WORDS = {"fr": frozenset(_FRENCH.split()), "en": frozenset(_ENGLISH.split())}
"""Words that nearly every sentence has, by language; only of those that share their letters."""
_WORD = re.compile(r"[^\W\d_]+")


def language_of(text: str, *, said: str | None, own: str, theirs: str) -> str:
    """The language of a text by somebody who speaks `own`, for somebody who reads `theirs`.

    Where neither what was `said` nor letters nor words decide, it is the reader's: it was written for them.
    """
    if said in LANGUAGES:
        return written_in(text, said, own, theirs)
    if own == theirs or theirs not in LANGUAGES:
        return own
    if LANGUAGES[own].direction != LANGUAGES[theirs].direction:
        return written_in(text, own, theirs)
    words = _WORD.findall(text.lower())
    weight = {tag: sum(word in SMALL_WORDS.get(tag, ()) for word in words) for tag in (theirs, own)}
    return own if weight[own] > weight[theirs] else theirs
