"""The picture of growth: what a journey costs, by how many answers are stored already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDE, _HIGH = 640, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 24, 48, 48
_NAMED = 'aria-labelledby="title desc"'
_STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#1b1b1b}.axis{stroke:#767676}"
    ".law{fill:none;stroke:#0b5c68;stroke-width:2}.dot{fill:#0b5c68}"
    "@media(prefers-color-scheme:dark){text{fill:#f2f2f2}.law{stroke:#6cc5d2}.dot{fill:#6cc5d2}}"
)


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement: responses stored before it began, and CPU milliseconds of a journey."""

    stored: int
    cpu_ms: float


def growth_picture(points: Sequence[Point], slope: float) -> str:
    """An SVG: responses in decades from left to right, milliseconds from 0 upwards."""
    most = 1.5 * max(point.cpu_ms for point in points)
    step = (_WIDE - _LEFT - _RIGHT) / max(1, len(points) - 1)
    base = _HIGH - _BOTTOM

    def height(value: float) -> float:
        return base - (base - _TOP) * value / most

    spots = [(_LEFT + n * step, height(point.cpu_ms), point) for n, point in enumerate(points)]
    told = ", ".join(f"{point.cpu_ms:.2f} ms at {point.stored:,}" for point in points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" role="img" {_NAMED}>',
        '<title id="title">Processor time of a journey by stored responses</title>',
        f'<desc id="desc">{told}; slope {slope:.3f} in logarithms.</desc><style>{_STYLE}</style>',
        f'<text x="{_LEFT}" y="24">Processor time of one opinion (ms), by responses stored</text>',
        f'<path class="axis" fill="none" d="M{_LEFT} {_TOP}V{base}H{_WIDE - _RIGHT}"/>',
        f'<path class="law" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y, _ in spots)}"/>',
    ]
    for number, (x, y, point) in enumerate(spots):
        anchor = "start" if number == 0 else "end" if number == len(spots) - 1 else "middle"
        parts += [
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>',
            f'<text x="{x:.1f}" y="{y - 12:.1f}" text-anchor="{anchor}">{point.cpu_ms:.2f}</text>',
            f'<text x="{x:.1f}" y="{base + 24}" text-anchor="{anchor}">{point.stored:,}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
