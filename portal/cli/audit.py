"""Commands for whoever checks that nothing was changed behind the portal's back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal.cases.chain import bears, head_of, verify
from portal.cases.replay import drifted
from portal.cli.checks import require_servable
from portal.cli.ground import AS_JSON, opened, refuse, settings, tell
from portal.core.db import Scope
from portal.tenancy.queries import structure_by_slug, structures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.core.db import Database
    from portal.tenancy.models import Structure

_REASONS = {
    "missing": "{slug}: event {number} is missing from the chain.",
    "changed": "{slug}: event {number} was changed, or put in, past the portal.",
    "head": "{slug}: the chain ends before event {number}, which was there.",
}
_DRIFT = "{slug}: a stored row is not what its events say ({what})."
_ROLLED_BACK = (
    "{slug}: the chain does not hold the event noted as number {number}: an older file was put back."
)
_NO_NOTE = "{file} is no note of heads: make one with `portal audit verify --json > FILE`."


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a structure's chain, to be noted elsewhere: a file put back whole shows against it alone."""

    slug: str
    events: int
    head: str


@click.group()
def audit() -> None:
    """Proof that nothing was changed past the portal."""


@audit.command("verify")
@click.option("--structure", "slug", help="One structure alone, by its slug.")
@click.option(
    "--against",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Heads noted before, as --json printed them.",
)
@AS_JSON
def audit_verify(*, slug: str | None, against: Path | None, as_json: bool) -> None:
    """Walk each chain of events, and compare every case with its events; 1 when one does not hold."""
    config = settings()
    require_servable(config)
    noted = _noted(against) if against else {}
    with opened(config) as database:
        with database.reading(Scope.nobody()) as u:
            wanted = [structure_by_slug(u, slug)] if slug else list(structures(u))
        found = [_faults(database, one, noted) for one in wanted]
    tell([asdict(head) for head, _ in found], as_json=as_json)
    if faults := [fault for _, faults in found for fault in faults]:
        refuse(*faults)


def _noted(file: Path) -> Mapping[str, Head]:
    try:
        heads = [Head(**row) for row in json.loads(file.read_text(encoding="utf-8"))]
    except (ValueError, TypeError):
        refuse(_NO_NOTE.format(file=file))
    return {head.slug: head for head in heads}


def _faults(database: Database, one: Structure, noted: Mapping[str, Head]) -> tuple[Head, list[str]]:
    """The head of a structure's chain, and a sentence for each thing that does not hold."""
    with database.reading(Scope.of(one.id)) as u:
        broken = verify(u)
        faults = [_REASONS[broken.reason].format(slug=one.slug, number=broken.number)] if broken else []
        before = noted.get(one.slug)
        if before and not bears(u, before.events, bytes.fromhex(before.head)):
            faults.append(_ROLLED_BACK.format(slug=one.slug, number=before.events))
        length, digest = head_of(u)
        faults += [_DRIFT.format(slug=one.slug, what=what) for what in drifted(u)]
    return Head(one.slug, length, digest.hex()), faults
