"""The reading of our squares' SVG, so that the document itself is checked and not what it was drawn from.

It understands the few forms our writer uses, and refuses everything else: a reader that skips what it does
not know would vouch for a picture that browsers show otherwise. It must not import the writer.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TypeAlias
from xml.etree import ElementTree as ET  # a name under which everybody knows it

from portal.core.errors import Refused

Point: TypeAlias = tuple[int, int]

_NS = "{http://www.w3.org/2000/svg}"
_VIEW_BOX = re.compile(r"0 0 ([1-9][0-9]{0,2}) \1")
_COMMANDS = re.compile(r"(?:M[0-9]+ [0-9]+(?:[hv]-?[0-9]+)+z)*")
_SUBPATH = re.compile(r"M([0-9]+) ([0-9]+)([^z]*)z")
_STEP = re.compile(r"([hv])(-?[0-9]+)")


def raster(document: str) -> tuple[tuple[bool, ...], ...]:
    """One cell per unit of the view box, rows from the top, True where the path is filled.

    All corners stand on whole units, so each cell lies wholly inside or outside and its centre speaks for
    it. Filling is SVG's own rule, non-zero. Raises `Refused("qr", reason="svg_form")` for any other drawing.
    """
    side, path = _side_and_path(document)
    winding = [[0] * (side + 1) for _ in range(side)]
    for x, start, end in _uprights(path, side):
        for y in range(min(start, end), max(start, end)):
            winding[y][x] += 1 if end > start else -1
    return tuple(tuple(filled != 0 for filled in _sums(row)) for row in winding)


def _refusal(detail: str) -> Refused:
    return Refused("qr", reason="svg_form", detail=detail)


def _side_and_path(document: str) -> tuple[int, str]:
    """Side of the view box and the path's commands; the document holds our elements and attributes only."""
    try:
        root = ET.fromstring(document)  # noqa: S314 -- a document that this process wrote itself
    except ET.ParseError:
        raise _refusal("not well-formed") from None
    box = _VIEW_BOX.fullmatch(root.get("viewBox", ""))
    if box is None:
        raise _refusal("view box")
    side = box[1]
    title, ground, path = _children(root)
    expected = [
        (root, {"viewBox": f"0 0 {side} {side}", "role": "img", "shape-rendering": "crispEdges"}),
        (title, {}),
        (ground, {"width": side, "height": side, "fill": "#fff"}),
        (path, {"d": path.get("d", "")}),
    ]
    for element, attributes in expected:
        if dict(element.attrib) != attributes:
            raise _refusal("attributes")
    return int(side), path.get("d", "")


def _children(root: ET.Element) -> tuple[ET.Element, ET.Element, ET.Element]:
    """Title, ground and path, alone and in this order, each without children."""
    tags = [element.tag for element in root.iter()]
    if tags != [_NS + name for name in ("svg", "title", "rect", "path")] or len(root) != len(tags) - 1:
        raise _refusal("elements")
    title, ground, path = root
    return title, ground, path


def _uprights(path: str, side: int) -> list[tuple[int, int, int]]:
    """The upright edges of all subpaths: x, and y from and to, whose order is the direction of winding."""
    if not _COMMANDS.fullmatch(path):
        raise _refusal("commands")
    edges = []
    for x, y, steps in _SUBPATH.findall(path):
        corners = _corners(int(x), int(y), steps)
        if any(not (0 <= across <= side and 0 <= down <= side) for across, down in corners):
            raise _refusal("outside the view box")
        # Closing draws back to the start; a slanted closing line would cut cells in two.
        if corners[0][0] != corners[-1][0] and corners[0][1] != corners[-1][1]:
            raise _refusal("slanted")
        edges += [(x1, y1, y2) for (x1, y1), (x2, y2) in pairwise([*corners, corners[0]]) if x1 == x2]
    return edges


def _corners(x: int, y: int, steps: str) -> list[Point]:
    corners = [(x, y)]
    for axis, length in _STEP.findall(steps):
        x, y = (x + int(length), y) if axis == "h" else (x, y + int(length))
        corners.append((x, y))
    return corners


def _sums(row: list[int]) -> list[int]:
    """The winding number of each cell: the sum of the edges on its left; none follows the last edge."""
    total, sums = 0, []
    for edge in row[:-1]:
        total += edge
        sums.append(total)
    return sums
