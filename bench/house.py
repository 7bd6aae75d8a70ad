"""The sides over the same ground: the portal as an operator serves it, and the floor.

Every side gets its own copy of a founded folder, so that what one side stores slows no other down.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.floor import Plan
from bench.ground import environment, found
from bench.load import complaint, drive, opinion
from bench.served import Served, Stand, free_port, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.ground import Place

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
PORTAL = (str(Path(sys.executable).with_name("portal")),)
WITHOUT_SYNC = (sys.executable, "-m", "bench.without_sync")
"""The portal's command, over a database that does not wait for the disk."""
_FLOOR = (sys.executable, "-m", "bench.floor")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the portal sent and stored on one opinion and one complaint: the floor does the same."""

    opinion: tuple[str, ...]
    complaint: tuple[str, ...]
    handlers: tuple[str, ...]
    clocks: tuple[str, ...]
    cold_start: float


@dataclass(slots=True)
class House:
    """A founded folder that is never served itself, only its copies are."""

    root: Path
    environ: dict[str, str]
    place: Place
    recorded: Recorded | None = None

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
        return folder, {**moved, "PYTHONPATH": str(ROOT)}

    @contextmanager
    def portal(
        self,
        name: str = "portal",
        *,
        command: tuple[str, ...] = PORTAL,
        prepare: Callable[[Path], None] | None = None,
    ) -> Iterator[Served]:
        """The portal, served by its own command, over a copy of the ground that `prepare` has filled."""
        folder, environ = self.settled(name)
        if prepare is not None:
            prepare(folder)
        with self.portal_over(
            Stand(name, folder, free_port(), self.place.entrance), environ, command
        ) as side:
            yield side
        shutil.rmtree(folder)

    @contextmanager
    def portal_over(
        self, stand: Stand, environ: dict[str, str], command: tuple[str, ...] = PORTAL
    ) -> Iterator[Served]:
        """The portal over a database that is there."""
        served = (*command, "serve", "--port", str(stand.port), "--workers", str(WORKERS))
        with serving(stand, served, environ) as side:
            yield side

    @contextmanager
    def floor(self, name: str = "floor", *, hashes: bool = True) -> Iterator[Served]:
        """The floor, which sends the pages that the portal sent."""
        folder, environ = self.settled(name)
        stand = Stand(name, folder, free_port(), self.place.entrance)
        with self.floor_over(stand, environ, hashes=hashes) as side:
            yield side
        shutil.rmtree(folder)

    @contextmanager
    def floor_over(self, stand: Stand, environ: dict[str, str], *, hashes: bool = True) -> Iterator[Served]:
        """The floor over a database that is there."""
        seen = self.record()
        plan = Plan(
            database_url=environ["PORTAL_DATABASE_URL"],
            place=asdict(self.place),
            pages=[*seen.opinion, *seen.complaint],
            handlers=list(seen.handlers),
            clocks=list(seen.clocks),
            hashes=hashes,
        )
        file = stand.folder / f"{stand.name}.json"
        file.write_text(json.dumps(asdict(plan)), encoding="utf-8")
        with serving(stand, (*_FLOOR, str(stand.port), str(WORKERS), str(file)), environ) as side:
            yield side

    def record(self) -> Recorded:
        """What the portal sends and stores, looked at once."""
        if self.recorded is None:
            pages: list[str] = []
            with self.portal("recorded") as side:
                drive(side.port, [opinion(self.place.entrance, self.place.choices[0], pages)])
                drive(side.port, [complaint(self.place.entrance, "Des mots.", pages)])
                with closing(sqlite3.connect(side.folder / "portal.db")) as database:
                    handlers = database.execute("SELECT person_id FROM outbox ORDER BY id").fetchall()
                    clocks = database.execute("SELECT name FROM clock ORDER BY name").fetchall()
            self.recorded = Recorded(
                opinion=tuple(pages[:2]),
                complaint=tuple(pages[2:]),
                handlers=tuple(person.hex() for (person,) in handlers),
                clocks=tuple(name for (name,) in clocks),
                cold_start=side.cold_start,
            )
        return self.recorded


def founded(root: Path) -> House:
    """A house on fresh ground; what stood in the folder is gone."""
    shutil.rmtree(root, ignore_errors=True)
    template = root / "template"
    template.mkdir(parents=True)
    environ = environment(template)
    return House(root, environ, found(environ))
