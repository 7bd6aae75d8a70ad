"""P1 on PostgreSQL, for information: a cluster of its own that waits for the disk, as anybody's does."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from bench.ground import environment, found
from bench.house import House, Recorded
from bench.load import complaint, drive, opinion
from bench.rounds import Plan
from bench.served import Stand, free_port
from bench.speed import cpu_figure, opinions
from bench.verdict import Figure, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OWNER, _APPLICATION = "portal_owner", "portal_app"


def survey_on_postgresql(house: House) -> list[Figure]:
    """P1 with both sides on PostgreSQL. Raises `Refused` on a machine without a server."""
    root = house.root / "postgresql"
    with _cluster(root) as port:
        with psycopg.connect(_address(port, "postgres", "postgres"), autocommit=True) as master:
            for role in (_OWNER, _APPLICATION):
                master.execute(f"CREATE ROLE {role} LOGIN".encode())
            master.execute(f"CREATE DATABASE ours OWNER {_OWNER}".encode())
            environ = {
                **environment(root, _address(port, _APPLICATION, "ours")),
                "PORTAL_DATABASE_OWNER_URL": _address(port, _OWNER, "ours"),
            }
            here = House(root, environ, found(environ))
            master.execute(f"CREATE DATABASE floor TEMPLATE ours OWNER {_OWNER}".encode())
        entrance = here.place.entrance
        ours = Stand("portal", root, free_port(), entrance, _address(port, _OWNER, "ours"))
        bare = Stand("floor", root, free_port(), entrance, _address(port, _OWNER, "floor"))
        with here.portal_over(ours, environ) as portal:
            pages: list[str] = []
            drive(portal.port, [opinion(entrance, here.place.choices[0], pages)])
            drive(portal.port, [complaint(entrance, "Des mots.", pages)])
            here.recorded = Recorded(tuple(pages[:2]), tuple(pages[2:]), (), (), portal.cold_start)
            with here.floor_over(bare, {**house.environ, "PORTAL_DATABASE_URL": bare.url}) as floor:
                mine, theirs = opinions(here, [portal, floor], Plan(400, 3))
    return [cpu_figure(("P1-postgresql", "survey journey, for information"), mine, theirs)]


def _address(port: int, role: str, database: str) -> str:
    return f"postgresql://{role}@127.0.0.1:{port}/{database}"


def _programs() -> Path:
    """Where the newest server of this machine has its programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    known = found[-1] if found else shutil.which("initdb")
    if known is None:
        raise Refused("there is no PostgreSQL server on this machine")
    return Path(known).resolve().parent


@contextmanager
def _cluster(root: Path) -> Iterator[int]:
    """A running cluster below this folder, and its port; no setting is relaxed."""
    programs, data, port = _programs(), root / "cluster", free_port()
    root.mkdir(parents=True)
    if os.geteuid() == 0:
        shutil.chown(root, "postgres", "postgres")
    _run(
        str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"
    )
    options = f"-p {port} -k {root} -c listen_addresses=127.0.0.1"
    control = (str(programs / "pg_ctl"), "-D", str(data), "-w", "-s")
    _run(*control, "-l", str(root / "log"), "-o", options, "start")
    try:
        yield port
    finally:
        _run(*control, "-m", "fast", "stop")


def _run(*command: str) -> None:
    """Run it as the server's own user, since PostgreSQL refuses to be root."""
    prefix: Sequence[str] = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    done = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False, cwd="/")  # noqa: S603 -- commands of this file
    if done.returncode:
        raise Refused(f"{Path(command[0]).name}: {done.stderr.strip()[-300:]}")
