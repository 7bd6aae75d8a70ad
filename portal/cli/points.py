"""Many points of one file at once, with their posters: `portal structure import`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from portal.channels.point_file import read_sheet
from portal.cli.checks import require_servable
from portal.cli.ground import AS_JSON, opened, refuse, settings, tell
from portal.core.tables import MOST_BYTES
from portal.web.opening import opened as opened_points
from portal.web.opening import planned
from portal.web.posters import bundle_of, write_zip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.channels.points import Fault
    from portal.core.config import Config
    from portal.web.opening import Line, Opened

_NOTHING = "Nothing was changed: {n} to correct in {file}, then run it again."
_DRY = "Nothing was changed (--dry-run)."


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what each row would do, and change nothing.")
@click.option(
    "--print",
    "archive",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write posters and cards of every code in the file into this ZIP.",
)
@AS_JSON
def structure_import(*, file: Path, dry_run: bool, archive: Path | None, as_json: bool) -> None:
    """Open every structure, site, team, agreement and code of a table; what is there already is left.

    A row is a code with all it stands on. Columns: structure, e-mail (of a new one's quality lead), délai,
    slug, lettres, couleur, site, zone, équipe, partenaire, objet, début, fin, code, libellé. A CSV
    however it was saved, or a sheet of Excel. One fault, and nothing is changed.
    """
    config = settings()
    require_servable(config)
    if archive is not None and archive.exists():
        refuse(f"{archive} is there already: name another file, or delete it.")
    with file.open("rb") as sent:
        sheet, faults = read_sheet(sent.read(MOST_BYTES + 1))
    with opened(config) as database:
        lines, clashes = planned(database, sheet) if not faults else ([], faults)
        if clashes:
            _tell_faults(clashes, file.name, as_json=as_json)
        if not as_json:
            for line in lines:
                click.echo(_told(line))
        if dry_run:
            _tell_dry(lines, as_json=as_json)
            return
        done = opened_points(database, sheet)
        if archive is not None:
            _print(archive, done)
    _tell_done(config, done, as_json=as_json)


def _tell_faults(faults: Sequence[Fault], name: str, *, as_json: bool) -> None:
    """Leave with every fault by row and column, and status 1."""
    rows = [
        {"row": fault.row, "column": fault.column, "sentence": fault.sentence % fault.facts}
        for fault in faults
    ]
    if as_json:
        tell({"faults": rows}, as_json=True)
        raise click.exceptions.Exit(1)
    lines = [
        f"row {row['row']}{', ' if row['column'] else ''}{row['column']}: {row['sentence']}" for row in rows
    ]
    refuse(*lines, _NOTHING.format(n=len(rows), file=name))


def _told(line: Line) -> str:
    new = f"new: {', '.join(line.new)}" if line.new else ""
    known = f"there already: {', '.join(line.known)}" if line.known else ""
    return f"row {line.row}  {line.structure}  {'; '.join(part for part in (new, known) if part)}"


def _tell_dry(lines: Sequence[Line], *, as_json: bool) -> None:
    if not as_json:
        click.echo(_DRY, err=True)
        return
    rows = [
        {"row": one.row, "structure": one.structure, "new": list(one.new), "known": list(one.known)}
        for one in lines
    ]
    tell({"rows": rows}, as_json=True)


def _print(archive: Path, done: Sequence[Opened]) -> None:
    """Write the ZIP beside its name first, so that a half one is never taken for whole."""
    half = archive.with_name(f".{archive.name}.half")
    try:
        write_zip(half, [bundle_of(one.structure_id, [code.id for code in one.codes]) for one in done])
        os.replace(half, archive)  # noqa: PTH105 -- `Path.replace` reads as if it changed the text
    finally:
        half.unlink(missing_ok=True)


def _tell_done(config: Config, done: Sequence[Opened], *, as_json: bool) -> None:
    rows: list[dict[str, Any]] = []
    for one in done:
        row: dict[str, Any] = {"slug": one.slug, "name": one.name, "new": one.is_new}
        row["codes"] = [f"{config.base_url}/q/{code.code}" for code in one.codes]
        if one.invitation is not None:
            row["invitation"] = f"{config.base_url}/invitations/{one.invitation}"
        rows.append(row)
    if as_json:
        tell({"structures": rows}, as_json=True)
        return
    for row in rows:
        click.echo("  ".join([row["slug"], *row["codes"], row.get("invitation", "")]).rstrip())
