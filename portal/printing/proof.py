"""The last look before the printer: what a reader reads in the finished PDF, page by page.

The file itself is rasterised, by a program that shares no code with the one that wrote it, and read by
zxing-cpp, which shares none with the one that drew the squares (decisions, 32).
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import pypdfium2
import zxingcpp

from portal.core.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from PIL import Image

    T = TypeVar("T")

PROOF_PIXELS = 200
"""Across a square, whatever its size: what a phone sees of it at the distance it is made for."""

_POINTS_PER_INCH = 72
_MM_PER_INCH = 25.4
_ONLY_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_pdfium = Lock()  # PDFium keeps state of its own, and a server has several threads


def each_page(pdf: bytes, look: Callable[[Image.Image], T], *, dpi: float) -> list[T]:
    """What `look` makes of each page in shades of grey, as a printer of this resolution would show it.

    One page is in memory at a time: a poster has many pixels.
    """
    with _pdfium, pypdfium2.PdfDocument(pdf) as document:
        return [look(page.render(scale=dpi / _POINTS_PER_INCH, grayscale=True).to_pil()) for page in document]


def page_count(pdf: bytes) -> int:
    """How many pages it has."""
    with _pdfium, pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def squares_in(picture: Image.Image) -> list[str]:
    """What zxing-cpp reads in a raster, one entry per square, in no order; empty if it reads none."""
    return [one.text for one in zxingcpp.read_barcodes(picture, formats=_ONLY_QR, try_invert=False)]


def require_readable(pdf: bytes, expected: Sequence[Sequence[str]], *, square: float) -> None:
    """Nothing, when each page shows exactly the payloads expected of it; else raises `Refused("qr")`.

    `square` is the side of the squares in mm.
    """
    dpi = PROOF_PIXELS * _MM_PER_INCH / square
    read = [sorted(page) for page in each_page(pdf, squares_in, dpi=dpi)]
    if read != [sorted(page) for page in expected]:
        raise Refused("qr", reason="pdf_says_otherwise")
