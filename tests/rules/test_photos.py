"""A photo is made anew without unpacking more than a worker has room for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from portal.cases.photos import clean
from portal.core.errors import Invalid
from portal.core.upright import UNPACKING
from portal.tenancy.pictures import redrawn

if TYPE_CHECKING:
    from collections.abc import Callable


def blank(kind: str, side: int) -> bytes:
    """A file that is far smaller than what it holds."""
    file = BytesIO()
    Image.new("L", (side, side), 128).save(file, kind)
    return file.getvalue()


def test_a_small_file_of_too_many_pixels_is_refused() -> None:
    bomb = blank("PNG", 4100)
    assert len(bomb) < 200_000
    with pytest.raises(Invalid) as refused:
        clean(bomb)
    assert refused.value.facts["reason"] == "form"


@pytest.mark.parametrize(("kind", "side"), [("JPEG", 5000), ("PNG", 3000)])
def test_what_a_telephone_makes_is_taken(kind: str, side: int) -> None:
    assert Image.open(BytesIO(clean(blank(kind, side)))).size == (1600, 1600)


@pytest.mark.parametrize("made_anew", [clean, redrawn])
def test_pictures_are_unpacked_one_after_another(made_anew: Callable[[bytes], object]) -> None:
    sent = blank("PNG", 64)
    with ThreadPoolExecutor(max_workers=1) as somebody:
        with UNPACKING:
            waiting = somebody.submit(made_anew, sent)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.2)
        assert waiting.result(timeout=10)
