"""Pictures unpacked one at a time, and turned as their camera was held.

Pillow's own way reads and writes every field of the EXIF, and breaks on fields that are none: whoever sends a
picture would choose where. Here one number is read, and a picture that tells none stays as it is.
"""

from __future__ import annotations

import struct
from threading import Lock
from typing import TYPE_CHECKING

from PIL.Image import Transpose

if TYPE_CHECKING:
    from PIL.Image import Image

UNPACKING = Lock()
"""Held while a picture that somebody sent is unpacked.

A progressive JPEG of 50 million pixels takes 150 MB: sixteen at once would take all the memory there is.
"""

_ORIENTATION = 0x0112
"""EXIF 2.32, 4.6.4 A: how rows and columns of the picture lie."""
_TURNS: dict[object, Transpose] = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_UNREADABLE = (struct.error, ArithmeticError, LookupError, OSError, SyntaxError, TypeError, ValueError)


def upright(picture: Image) -> Image:
    """The picture as it was seen; the same one when it tells nothing of that, or nothing that can be read."""
    try:
        told = picture.getexif().get(_ORIENTATION)
    except _UNREADABLE:
        return picture
    turn = _TURNS.get(told) if isinstance(told, int) else None
    return picture if turn is None else picture.transpose(turn)
