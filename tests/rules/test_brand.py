"""A logo is drawn anew: what is no harmless picture is refused with a reason, and nothing hidden survives."""

from __future__ import annotations

import random
import struct
import zlib
from base64 import b64decode
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from portal.core.errors import Invalid
from portal.tenancy.pictures import (
    MOST_HIGH,
    MOST_ON_PAPER,
    MOST_SENT,
    MOST_SMALL,
    MOST_WIDE,
    Drawn,
    redrawn,
    shown_size,
)

CANARY = b"CANARY-19-rue-des-Lilas"


def drawing(width: int = 600, height: int = 200, mode: str = "RGBA") -> Image.Image:
    """A logo such as structures have: a ring in a frame, on nothing."""
    picture = Image.new(mode, (width, height), (255, 255, 255, 0) if mode == "RGBA" else "white")
    draw = ImageDraw.Draw(picture)
    ring = min(width, height) - 9
    draw.rectangle((0, 0, width - 1, height - 1), outline="#17606b", width=3)
    draw.ellipse((4, 4, ring, ring), fill="#7a1f5c", outline="#0b5c68", width=max(1, ring // 8))
    return picture


def noise(width: int, height: int) -> Image.Image:
    """A picture that nothing compresses."""
    chance = random.Random(7)  # noqa: S311 -- noise, not a secret
    return Image.frombytes("RGB", (width, height), chance.randbytes(width * height * 3))


def written(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The file of a picture."""
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is as large as this: the head of a decompression bomb."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def with_place() -> bytes:
    """A JPEG that tells where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    exif.get_ifd(0x8825)[1] = "N"
    return written(drawing(mode="RGB"), "JPEG", exif=exif.tobytes(), comment=CANARY)


def with_words() -> bytes:
    """A PNG with text in it."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", CANARY.decode())
    words.add_itxt("XML:com.adobe.xmp", f"<x>{CANARY.decode()}</x>", zip=True)
    return written(drawing(), pnginfo=words)


def small_bytes(drawn: Drawn) -> bytes:
    """The picture within the address of the small form."""
    return b64decode(drawn.small.partition("base64,")[2])


GOOD: dict[str, bytes] = {
    "png": written(drawing()),
    "png of a palette": written(drawing().convert("P")),
    "png in grey": written(drawing(mode="RGB").convert("L")),
    "png of sixteen bits": written(drawing(mode="RGB").convert("L").convert("I;16")),
    "jpeg": written(drawing(mode="RGB"), "JPEG"),
    "jpeg for print": written(drawing(mode="RGB").convert("CMYK"), "JPEG"),
    "webp": written(drawing(), "WEBP"),
    "upright": written(drawing(200, 600)),
    "square": written(drawing(64, 64)),
    "long": written(drawing(1200, 210)),
    "large": written(drawing(3900, 1300)),
}


@pytest.mark.parametrize("what", GOOD)
def test_a_logo_gets_a_form_for_paper_and_a_small_one(what: str) -> None:
    drawn = redrawn(GOOD[what])
    paper, small = Image.open(BytesIO(drawn.paper)), Image.open(BytesIO(small_bytes(drawn)))
    assert (paper.format, paper.size) == ("PNG", (drawn.width, drawn.height))
    assert len(drawn.paper) <= MOST_ON_PAPER
    assert 0 < len(drawn.small) <= MOST_SMALL
    shown = drawn.on_page
    assert shown is not None
    assert shown.width <= MOST_WIDE
    assert shown.height <= MOST_HIGH
    assert small.width >= shown.width
    assert abs(paper.width / paper.height - small.width / small.height) < 0.25 * paper.width / paper.height


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_see_through_stays_so(kind: str) -> None:
    drawn = redrawn(written(drawing(), kind))
    for one in (drawn.paper, small_bytes(drawn)):
        alpha = Image.open(BytesIO(one)).convert("RGBA").getchannel("A")
        assert alpha.getextrema() == (0, 255)


def test_an_empty_rim_is_cut_off() -> None:
    wide = Image.new("RGB", (1000, 900), "white")
    wide.paste(drawing(mode="RGB"), (200, 300))
    drawn = redrawn(written(wide))
    assert (drawn.width, drawn.height) == (600, 200)


def test_a_logo_too_rich_for_a_page_is_kept_for_paper_alone() -> None:
    drawn = redrawn(written(noise(120, 36)))
    assert (drawn.small, drawn.on_page) == ("", None)
    assert 0 < len(drawn.paper) <= MOST_ON_PAPER


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "form"),
    "words": (b"logo.png", "form"),
    "an SVG drawing": (SVG, "drawing"),
    "an SVG behind its declaration": (b'\xef\xbb\xbf <?xml version="1.0"?>\n' + SVG, "drawing"),
    "a GIF": (written(drawing(mode="RGB"), "GIF"), "form"),
    "an icon": (written(drawing(64, 64), "ICO"), "form"),
    "a TIFF": (written(drawing(), "TIFF"), "form"),
    "a BMP": (written(drawing(mode="RGB"), "BMP"), "form"),
    "a PDF that holds a JPEG": (b"%PDF-1.4\n" + written(drawing(mode="RGB"), "JPEG"), "form"),
    "a PNG with another head": (b"GIF89a" + written(drawing())[6:], "form"),
    "half a PNG": (written(noise(80, 80))[:9000], "broken"),
    "half a JPEG": (written(noise(200, 200), "JPEG")[:4000], "broken"),
    "half a WebP": (written(noise(200, 200), "WEBP")[:4000], "broken"),
    "a PNG whose pixels are not there": (png_claiming(1000, 1000), "broken"),
    "one by a hundred thousand": (written(Image.new("1", (1, 100_000))), "shape"),
    "a hundred thousand by one": (written(Image.new("1", (100_000, 1))), "shape"),
    "a bomb": (png_claiming(60_000, 60_000), "many"),
    "a smaller bomb": (png_claiming(5000, 5000), "many"),
    "a bar": (written(Image.new("RGB", (700, 100), "black")), "shape"),
    "a dot": (written(Image.new("RGB", (20, 20), "black")), "tiny"),
    "white on white": (written(Image.new("RGB", (300, 100), "white")), "blank"),
    "white on nothing": (written(Image.new("RGBA", (300, 100), (255, 255, 255, 90))), "blank"),
    "nothing at all": (written(Image.new("RGBA", (300, 100), (0, 0, 0, 0))), "blank"),
    "too many bytes": (written(drawing()) + b"\0" * MOST_SENT, "size"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_harmless_picture_is_refused(what: str) -> None:
    raw, reason = REFUSED[what]
    with pytest.raises(Invalid) as refusal:
        redrawn(raw)
    assert (refusal.value.fact, refusal.value.facts["reason"]) == ("logo", reason)


HIDING: dict[str, bytes] = {
    "a place in a JPEG": with_place(),
    "words in a PNG": with_words(),
    "a page behind a PNG": written(drawing()) + b"<html><script>" + CANARY + b"</script></html>",
    "an archive behind a JPEG": written(drawing(mode="RGB"), "JPEG") + b"PK\x03\x04" + CANARY,
    "a page behind a WebP": written(drawing(), "WEBP") + CANARY,
}


@pytest.mark.parametrize("what", HIDING)
def test_nothing_hidden_in_a_picture_survives(what: str) -> None:
    raw = HIDING[what]
    assert CANARY in raw or what == "words in a PNG"
    drawn = redrawn(raw)
    for one in (drawn.paper, small_bytes(drawn)):
        picture = Image.open(BytesIO(one))
        picture.load()
        assert CANARY not in one
        assert not dict(picture.getexif())
        assert not {"exif", "comment", "Author", "xmp", "XML:com.adobe.xmp"} & set(picture.info)


def test_the_place_stood_in_the_picture_before() -> None:
    assert dict(Image.open(BytesIO(with_place())).getexif())


@pytest.mark.parametrize("size", [(1, 1), (600, 100), (100, 600), (10_000, 1), (36, 36)])
def test_a_page_has_room_for_every_shape(size: tuple[int, int]) -> None:
    wide, high = shown_size(*size)
    assert 1 <= wide <= MOST_WIDE
    assert 1 <= high <= MOST_HIGH
