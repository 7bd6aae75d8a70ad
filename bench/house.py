"""The two sides over the same ground: the portal as an operator serves it, and the floor.

Every side gets its own copy of a founded folder, so that what one side stores slows no other down.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.ground import environment, found
from bench.load import drive, opinion
from bench.served import Served, Stand, free_port, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.ground import Place

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
PORTAL = (str(Path(sys.executable).with_name("portal")),)
_FLOOR = (sys.executable, "-m", "bench.floor")


@dataclass(frozen=True, slots=True)
class House:
    """A founded folder that is never served itself, only its copies are."""

    root: Path
    environ: dict[str, str]
    place: Place

    @property
    def template(self) -> Path:
        """The folder that is copied."""
        return self.root / "template"

    def settled(self, name: str) -> tuple[Path, dict[str, str]]:
        """A fresh copy of the ground under this name, and the settings that name it."""
        folder = self.root / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.template, folder)
        moved = {key: text.replace(str(self.template), str(folder)) for key, text in self.environ.items()}
        return folder, moved

    @contextmanager
    def portal(self, name: str = "portal", command: tuple[str, ...] = PORTAL) -> Iterator[Served]:
        """The portal, served by its own command."""
        folder, environ = self.settled(name)
        port = free_port()
        served = (*command, "serve", "--port", str(port), "--workers", str(WORKERS))
        with serving(Stand(name, folder, port, self.place.entrance), served, environ) as side:
            yield side

    @contextmanager
    def floor(self, pages: list[str], name: str = "floor", synchronous: str = "FULL") -> Iterator[Served]:
        """The floor, which sends the pages that the portal sent."""
        folder, environ = self.settled(name)
        port = free_port()
        told = {
            "database": str(folder / "portal.db"),
            "synchronous": synchronous,
            "place": asdict(self.place),
            "first": pages[0],
            "following": pages[1],
        }
        plan = folder / "plan.json"
        plan.write_text(json.dumps(told), encoding="utf-8")
        command = (*_FLOOR, str(port), str(WORKERS), str(plan))
        environ = {**environ, "PYTHONPATH": str(ROOT)}
        with serving(Stand(name, folder, port, self.place.entrance), command, environ) as side:
            yield side

    def pages_of(self, side: Served) -> list[str]:
        """The pages of an opinion as this side sends them, recorded on one journey."""
        pages: list[str] = []
        drive(side.port, [opinion(self.place.entrance, self.place.choices[0], pages)])
        return pages


def founded(root: Path) -> House:
    """A house on fresh ground; what stood in the folder is gone."""
    shutil.rmtree(root, ignore_errors=True)
    template = root / "template"
    template.mkdir(parents=True)
    environ = environment(template)
    return House(root, environ, found(environ))


def stored_opinions(folder: Path) -> dict[str, int]:
    """What is stored in the folder's database: responses, answers by their choice, and the rollup's count."""
    with sqlite3.connect(folder / "portal.db") as database:
        by_choice = database.execute("SELECT choice, count(*) FROM answer GROUP BY choice").fetchall()
        (responses,) = database.execute("SELECT count(*) FROM response").fetchone()
        (counted,) = database.execute("SELECT coalesce(sum(n), 0) FROM rollup_month").fetchone()
    database.close()
    return {"response": responses, "rollup": counted, **dict(by_choice)}
