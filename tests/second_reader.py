"""A second reader of squares, which shares no code with the first: Debian's zbar, by its C interface.

A square that only zxing-cpp reads is one that half of the phones may not read. pyzbar would do the same, but
has had no release since 2022; OpenCV's reader misses whole posters, and weighs 200 MB.
"""

from __future__ import annotations

from contextlib import ExitStack
from ctypes import CDLL, c_char_p, c_int, c_uint, c_ulong, c_void_p, cdll, string_at
from ctypes.util import find_library
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from PIL import Image

_GREY = int.from_bytes(b"Y800", "little")  # one byte a pixel
_QR = 64  # ZBAR_QRCODE
_ALL, _ENABLE = 0, 0  # no kind in particular; ZBAR_CFG_ENABLE

_SIGNATURES: dict[str, tuple[type | None, tuple[type, ...]]] = {
    "zbar_image_scanner_create": (c_void_p, ()),
    "zbar_image_scanner_destroy": (None, (c_void_p,)),
    "zbar_image_scanner_set_config": (c_int, (c_void_p, c_int, c_int, c_int)),
    "zbar_image_create": (c_void_p, ()),
    "zbar_image_destroy": (None, (c_void_p,)),
    "zbar_image_set_format": (None, (c_void_p, c_ulong)),
    "zbar_image_set_size": (None, (c_void_p, c_uint, c_uint)),
    "zbar_image_set_data": (None, (c_void_p, c_char_p, c_ulong, c_void_p)),
    "zbar_scan_image": (c_int, (c_void_p, c_void_p)),
    "zbar_image_first_symbol": (c_void_p, (c_void_p,)),
    "zbar_symbol_next": (c_void_p, (c_void_p,)),
    "zbar_symbol_get_data": (c_void_p, (c_void_p,)),
    "zbar_symbol_get_data_length": (c_uint, (c_void_p,)),
}


@dataclass(frozen=True, slots=True)
class Zbar:
    """The library, its functions told what they take."""

    library: CDLL

    def read(self, picture: Image.Image) -> list[str]:
        """What it reads in a raster in shades of grey, one entry per square, in no order."""
        zbar, pixels = self.library, picture.tobytes()
        with ExitStack() as stack:
            scanner, image = zbar.zbar_image_scanner_create(), zbar.zbar_image_create()
            stack.callback(zbar.zbar_image_scanner_destroy, scanner)
            stack.callback(zbar.zbar_image_destroy, image)
            zbar.zbar_image_scanner_set_config(scanner, _ALL, _ENABLE, 0)
            zbar.zbar_image_scanner_set_config(scanner, _QR, _ENABLE, 1)
            zbar.zbar_image_set_format(image, _GREY)
            zbar.zbar_image_set_size(image, picture.width, picture.height)
            zbar.zbar_image_set_data(image, pixels, len(pixels), None)
            zbar.zbar_scan_image(scanner, image)
            found, symbol = [], zbar.zbar_image_first_symbol(image)
            while symbol:
                length = zbar.zbar_symbol_get_data_length(symbol)
                found.append(string_at(zbar.zbar_symbol_get_data(symbol), length).decode())
                symbol = zbar.zbar_symbol_next(symbol)
            return found


@lru_cache(maxsize=1)
def second_reader() -> Zbar:
    """The reader; where the machine has none, the test is skipped by name."""
    name = find_library("zbar")
    if name is None:
        pytest.skip("zbar (Debian: libzbar0) is not installed")
    library = cdll.LoadLibrary(name)
    for function, (answer, arguments) in _SIGNATURES.items():
        getattr(library, function).restype = answer
        getattr(library, function).argtypes = arguments
    return Zbar(library)
