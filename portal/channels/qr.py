"""The square on a card: drawn small and plain, and read back before anybody prints it.

A square that leads nowhere is found out by a resident at the foot of a staircase, so none leaves this module
through `checked` unless an independent reader has read exactly its payload in each picture. It knows the
grammar of an address and nothing of structures, sites or the database.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import TypeAlias
from urllib.parse import urlsplit

import qrcode
import zxingcpp
from PIL import Image
from qrcode.exceptions import DataOverflowError
from qrcode.util import MODE_ALPHA_NUM, QRData

from portal.channels.qr_svg import raster
from portal.core.errors import Invalid, Refused

Matrix: TypeAlias = tuple[tuple[bool, ...], ...]
"""Rows of modules from the top, dark is True, the quiet zone included."""

QUIET_MODULES = 4  # ISO/IEC 18004, 9.1
PIXELS_PER_MODULE = 8
BADGE_VERSION = 3  # 37 modules with the quiet zone: 0.7 mm each on the 26 mm a badge has left

_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+")  # ISO/IEC 18004, table 5
_ADDRESS = re.compile(r"HTTPS?://[0-9A-Z.-]+(:[0-9]+)?(/[0-9A-Z$%*+\-./:]*)?/Q/[0-9A-Z]+")
_ONLY_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_MODULES_OF_VERSION_0 = 17
_MODULES_PER_VERSION = 4
_DARK, _LIGHT = 0, 255

# Black on white by number of the 256-colour cube: themes recolour the sixteen first ones, and a square
# drawn light on dark is one that many telephones do not read.
_TERMINAL_COLOURS = "\x1b[38;5;16;48;5;231m"
_TERMINAL_RESET = "\x1b[0m"
_HALF_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def code_url(base_url: str, code: str) -> str:
    """The address in the square, `HTTPS://HOST/Q/CODE`; upper case throughout makes it a size smaller.

    The port and a path of the base stay; a host in another script travels in its ASCII form. Raises
    `Invalid("base_url")` when it is no address that the alphanumeric mode can hold.
    """
    parts = urlsplit(base_url)
    try:
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:  # a label too long or empty, a port out of range
        raise Invalid("base_url", value=base_url) from None
    url = f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}/Q/{code}".upper()
    if not _ADDRESS.fullmatch(url):
        raise Invalid("base_url", value=base_url)
    return url


def matrix(payload: str) -> Matrix:
    """The square of `payload`: level Q (a quarter may be dirty), alphanumeric mode, quiet zone of 4 modules.

    Raises `Invalid("payload")` for a sign the mode does not have, or more than a square can hold.
    """
    if not _ALPHANUMERIC.fullmatch(payload):
        raise Invalid("payload", reason="characters")
    square = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, border=QUIET_MODULES)
    square.add_data(QRData(payload.encode("ascii"), mode=MODE_ALPHA_NUM))
    try:
        square.make(fit=True)
    except (DataOverflowError, ValueError):
        raise Invalid("payload", reason="length") from None
    return tuple(tuple(bool(module) for module in row) for row in square.get_matrix())


def svg(payload: str, *, title: str) -> str:
    """The square as an SVG document in units of modules, with `title` for who cannot see it."""
    return _drawn(matrix(payload), title)


def png(payload: str, *, pixels_per_module: int = PIXELS_PER_MODULE) -> bytes:
    """The square as a black-and-white PNG."""
    return _printed(matrix(payload), pixels_per_module)


def terminal(payload: str) -> str:
    """The square in half blocks, two rows of modules a line, readable in a terminal of any theme."""
    rows = matrix(payload)
    below = (*rows[1::2], (False,) * len(rows[0]))  # the number of rows is odd: the last one gets light below
    lines = (
        "".join(_HALF_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], below, strict=True)
    )
    return "".join(f"{_TERMINAL_COLOURS}{line}{_TERMINAL_RESET}\n" for line in lines)


def fits_badge(payload: str) -> bool:
    """Whether the square is of version 3 or less: an address of 47 signs, so a host of 30 with https."""
    return _version(matrix(payload)) <= BADGE_VERSION


def read_back(picture: bytes) -> str:
    """What zxing-cpp, which shares no code with the writer, reads in a PNG.

    Raises `Refused("qr")` unless there is exactly one whole QR code.
    """
    try:
        with Image.open(BytesIO(picture)) as opened:
            return _read(opened.convert("L"))
    except (OSError, SyntaxError):  # Pillow raises either for a file that is cut or no picture
        raise Refused("qr", reason="no_picture") from None


def read_back_svg(document: str) -> str:
    """What the reader reads in a raster of this SVG's own text. Raises `Refused("qr")` like `read_back`."""
    return _read(_picture(raster(document), PIXELS_PER_MODULE))


@dataclass(frozen=True, slots=True)
class CheckedQr:
    """A square that was read back in both its pictures, and may be offered."""

    payload: str
    version: int
    svg: str
    png: bytes


def checked(payload: str, *, title: str, pixels_per_module: int = PIXELS_PER_MODULE) -> CheckedQr:
    """The square in both forms, each read back. Raises `Refused("qr")` if either says anything else."""
    rows = matrix(payload)
    square = CheckedQr(payload, _version(rows), _drawn(rows, title), _printed(rows, pixels_per_module))
    require_readable(square)
    return square


def require_readable(square: CheckedQr) -> None:
    """Nothing, when the reader reads exactly the payload in both pictures; else raises `Refused("qr")`."""
    if read_back(square.png) != square.payload:
        raise Refused("qr", reason="png_says_otherwise", payload=square.payload)
    if read_back_svg(square.svg) != square.payload:
        raise Refused("qr", reason="svg_says_otherwise", payload=square.payload)


def _version(rows: Matrix) -> int:
    return (len(rows) - 2 * QUIET_MODULES - _MODULES_OF_VERSION_0) // _MODULES_PER_VERSION


def _runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Start and length of each run of dark modules."""
    line = "".join("#" if module else " " for module in row)
    return [(run.start(), run.end() - run.start()) for run in re.finditer("#+", line)]


def _drawn(rows: Matrix, title: str) -> str:
    """One path of one rectangle per run, on a white ground (the page beneath may be of any colour)."""
    side = len(rows)
    path = "".join(f"M{x} {y}h{n}v1h-{n}z" for y, row in enumerate(rows) for x, n in _runs(row))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img"'
        f' shape-rendering="crispEdges"><title>{escape(title)}</title>'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{path}"/></svg>'
    )


def _picture(rows: Matrix, pixels_per_module: int) -> Image.Image:
    side = len(rows)
    pixels = bytes(_DARK if module else _LIGHT for row in rows for module in row)
    small = Image.frombytes("L", (side, side), pixels)
    return small.resize((side * pixels_per_module,) * 2, Image.Resampling.NEAREST)


def _printed(rows: Matrix, pixels_per_module: int) -> bytes:
    file = BytesIO()
    _picture(rows, pixels_per_module).convert("1").save(file, format="PNG", optimize=True)
    return file.getvalue()


def _read(picture: Image.Image) -> str:
    found = zxingcpp.read_barcodes(picture, formats=_ONLY_QR, try_invert=False)
    if len(found) != 1:
        raise Refused("qr", reason="unreadable", found=len(found))
    return found[0].text
