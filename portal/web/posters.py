"""Posters and cards of many structures in one ZIP, a folder for each, with a list of the codes.

Every square is read back before its file is packed (`portal.printing.making`). Knows no request: a command
prints by it too.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from typing import IO, TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from flask_babel import force_locale

from portal.channels.queries import codes
from portal.core.db import Scope
from portal.core.languages import DEFAULT
from portal.printing.formats import FORMATS, Shift
from portal.printing.making import made
from portal.tenancy.branding import logo_of
from portal.tenancy.queries import current_structure
from portal.web.codes import Names
from portal.web.house import house
from portal.web.printing import Sign, order_for, squares_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from portal.channels.models import Code

FILES: Mapping[str, tuple[str, int]] = {"affiches-a4": ("poster-a4", 1), "cartes": ("sheet", 10)}
"""From the name of a file: the format, and how many of each code stand in it."""
LIST = "codes.csv"
_SPREADSHEET = "utf-8-sig"  # else the one that most people have takes it for another encoding
_FORMULA = frozenset("=+-@\t")


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is to be printed of one structure: its sign and its open codes with their places."""

    slug: str
    sign: Sign
    rows: tuple[Code, ...]
    places: tuple[str, ...]


def bundle_of(structure_id: int, wanted: Sequence[UUID]) -> Bundle:
    """What is to be printed of these codes, in their order; codes that are closed are left out."""
    with house().database.reading(Scope.of(structure_id)) as u:
        structure, names, known = current_structure(u), Names.read(u, with_people=False), codes(u)
        by_id = {row.id: row for row in known if names.is_open(row)}
        rows = tuple(by_id[id_] for id_ in dict.fromkeys(wanted) if id_ in by_id)
        sign = Sign(structure.name, structure.colour, logo_of(u))
        return Bundle(structure.slug, sign, rows, tuple(names.place(row) for row in rows))


def write_zip(file: Path | IO[bytes], bundles: Sequence[Bundle], language: str = DEFAULT) -> int:
    """How many squares were printed into the file. Raises `Refused("print" | "qr")`."""
    with ZipFile(file, "w", ZIP_STORED) as archive, force_locale(language):
        for one in bundles:
            for name, pdf in _files(one, language):
                archive.writestr(f"{one.slug}/{name}.pdf", pdf)
        archive.writestr(LIST, _list(bundles).encode(_SPREADSHEET), ZIP_DEFLATED)
    return sum(len(one.rows) * times for one in bundles for _format, times in FILES.values())


def _files(one: Bundle, language: str) -> Iterator[tuple[str, bytes]]:
    """Every file of a structure, in pieces that its format can hold."""
    squares = squares_of(one.rows, one.places)
    for name, (what, times) in FILES.items():
        format_ = FORMATS[what]
        most = format_.most_codes // times
        pieces = [squares[first : first + most] for first in range(0, len(squares), most)]
        for number, piece in enumerate(pieces, 1):
            several = [square for square in piece for _time in range(times)]
            order = order_for(one.sign, language, format_, several, Shift())
            yield name if len(pieces) == 1 else f"{name}-{number}", made(format_, order)


def _list(bundles: Sequence[Bundle]) -> str:
    """Every code with its address, for a spreadsheet; no cell is taken for a formula."""
    text = StringIO(newline="")
    lines = csv.writer(text, delimiter=";")
    lines.writerow(("structure", "lieu", "libellé", "code", "adresse"))
    base_url = house().config.base_url
    for one in bundles:
        for row, place in zip(one.rows, one.places, strict=True):
            cells = (one.sign.name, place, row.label, row.code, f"{base_url}/q/{row.code}")
            lines.writerow(f"'{cell}" if cell[:1] in _FORMULA else cell for cell in cells)
    return text.getvalue()
