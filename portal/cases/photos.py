"""A photo made anew from its pixels: no place, no device, no hidden text survives."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, UnidentifiedImageError

from portal.core.errors import Invalid
from portal.core.upright import UNPACKING, upright

MAX_BYTES = 10 * 1024 * 1024
MEDIA_TYPE = "image/jpeg"
_FORMATS = ("JPEG", "PNG", "WEBP")
_SIDE = 1600
_MAX_PIXELS = 50_000_000
_MAX_UNPACKED_WHOLE = 16_000_000
"""Pixels of a PNG or WebP: a file of 200 kB may hold a hundred times as many as it seems. Cameras write JPEG,
of which a smaller picture is unpacked at once."""
_QUALITY = 82


def clean(raw: bytes) -> bytes:
    """The picture as a fresh JPEG, at most 1,600 pixels a side, upright.

    Raises `Invalid("photo")`: reason "size", or "form" for what is no JPEG, PNG or WebP picture.
    """
    if len(raw) > MAX_BYTES:
        raise Invalid("photo", reason="size")
    try:
        with UNPACKING, Image.open(BytesIO(raw), formats=_FORMATS) as picture:
            most = _MAX_UNPACKED_WHOLE if picture.format in {"PNG", "WEBP"} else _MAX_PIXELS
            if picture.width * picture.height > most:
                raise Invalid("photo", reason="form")
            picture.draft(None, (_SIDE, _SIDE))
            turned = upright(picture).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise Invalid("photo", reason="form") from None
    turned.thumbnail((_SIDE, _SIDE))
    fresh = Image.new("RGB", turned.size)
    fresh.paste(turned)
    written = BytesIO()
    fresh.save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()
