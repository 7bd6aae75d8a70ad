"""Papers to file: a case, a register, a month. Set as PDF/UA-1; what people wrote is never markup."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from portal.core.languages import LANGUAGES
from portal.printing.drawing import drawn

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of what follows."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of ours."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody said, in their language and its direction; `head` says who and when."""

    kind: ClassVar[str] = "said"
    head: str
    text: str
    language: str
    dir: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of what and its value."""

    kind: ClassVar[str] = "facts"
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Head:
    """A column: its heading; a `wide` one takes what room is left."""

    label: str
    numeric: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells, under headings that come again on each page."""

    kind: ClassVar[str] = "table"
    columns: Sequence[Head]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Scan:
    """A square with its address beside it, and what it is for; `alt` says the square to who cannot see it."""

    kind: ClassVar[str] = "scan"
    svg: str
    alt: str
    text: str
    address: str


Part: TypeAlias = Heading | Text | Quote | Facts | Grid | Scan


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of a structure: `mark` is its number, `made` says when it was made and from what."""

    title: str
    structure: str
    brand: str
    language: str
    mark: str
    made: str
    parts: Sequence[Part]
    lead: str = ""
    is_wide: bool = False
    """True: the sheet lies."""


def papered(paper: Paper) -> bytes:
    """The PDF. Raises `Refused("print")` with `reason` "fonts" or "glyph", as `making.made` does."""
    data = {
        **asdict(paper),
        "dir": LANGUAGES[paper.language].direction,
        "parts": [{"kind": part.kind, **asdict(part)} for part in paper.parts],
    }
    return drawn("paper", data)
