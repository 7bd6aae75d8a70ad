"""Reads of codes. The directory is asked before any scope stands; it tells only whose a code is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.channels.models import Code, CodeDirectory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.core.db import Unit


def structure_of_code(u: Unit, code: str) -> int | None:
    """The structure that a code leads to; None for an unknown one."""
    return u.one(select(CodeDirectory.structure_id).where(CodeDirectory.code == code))


def code_by_text(u: Unit, code: str) -> Code | None:
    """The code within the structure in scope; None when it is not its."""
    return u.one(select(Code).where(Code.code == code))


def codes(u: Unit) -> Sequence[Code]:
    """The structure's codes: those in use first, newest first."""
    return u.all(select(Code).order_by(Code.retired_at.is_not(None), Code.created_at.desc(), Code.id))
