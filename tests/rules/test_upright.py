"""A picture is turned as its camera was held, and nothing written into it breaks whoever turns it."""

from __future__ import annotations

import struct
from contextlib import suppress
from io import BytesIO
from random import Random

import pytest
from PIL import Image, ImageOps

from portal.cases.photos import clean
from portal.core.errors import Invalid
from portal.core.upright import upright
from portal.tenancy.pictures import redrawn

KINDS = ("JPEG", "PNG", "WEBP")


def told(orientation: int) -> bytes:
    """The EXIF of a picture that was taken so, with words and a place beside."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "maker"
    exif.get_ifd(0x8825)[2] = (1.0, 2.0, 3.0)
    return exif.tobytes()


def sent(exif: bytes, kind: str = "JPEG") -> bytes:
    """A picture twice as wide as high, dark on its left, with this EXIF."""
    picture, file = Image.new("RGB", (80, 40), "white"), BytesIO()
    picture.paste("#203040", (0, 0, 60, 40))
    picture.save(file, kind, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_camera_was_held(orientation: int) -> None:
    picture = Image.open(BytesIO(sent(told(orientation))))
    assert upright(picture).tobytes() == ImageOps.exif_transpose(picture).tobytes()


def test_a_logo_and_a_photo_stand_upright() -> None:
    assert Image.open(BytesIO(clean(sent(told(6))))).size == (40, 80)
    standing, lying = redrawn(sent(told(6))), redrawn(sent(told(1)))
    assert (standing.width, standing.height) == (lying.height, lying.width)


def broken(chance: Random) -> bytes:
    """An EXIF cut short, or with a few bytes that are others."""
    exif = bytearray(told(6))
    if chance.random() < 0.5:
        return bytes(exif[: chance.randrange(7, len(exif))])
    for _ in range(chance.randrange(1, 4)):
        exif[chance.randrange(6, len(exif))] = chance.choice((0, 1, 3, 16, 255))
    return bytes(exif)


def breaks(file: bytes) -> bool:
    """Whether Pillow's own way breaks on it by something that is no fault of a picture."""
    try:
        ImageOps.exif_transpose(Image.open(BytesIO(file)))
    except (TypeError, struct.error):
        return True
    except (OSError, SyntaxError, ValueError):
        return False
    return False


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_beside_a_picture_breaks_nothing(kind: str) -> None:
    chance, files = Random(1), []  # noqa: S311 -- the same files each time
    for _ in range(120):
        with suppress(TypeError, ValueError):  # Pillow looks at some before it writes them
            files.append(sent(broken(chance), kind))
    assert any(map(breaks, files)), "nothing that was tried could have broken anything"
    for file in files:
        for take in (clean, redrawn):
            with suppress(Invalid):
                take(file)
