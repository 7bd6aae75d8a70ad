"""What the wall cannot see at run time is seen in the syntax tree: raw SQL, commits, questions of time.

Each rule is a detector with the files it lets off, and each meets a planted sin that it must find.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOUSE = Path(__file__).parents[2] / "portal"
FILES = {path.relative_to(HOUSE).as_posix(): path for path in sorted(HOUSE.rglob("*.py"))}
_RAW = frozenset({"text", "literal_column", "TextClause", "DDL"})
_RAW_METHODS = frozenset(
    {
        "exec_driver_sql",
        "raw_connection",
        "driver_connection",
        "dbapi_connection",
        "from_statement",
        "prefix_with",
        "suffix_with",
        "with_hint",
        "with_statement_hint",
        "op",
        "bool_op",
        "executescript",
        "connection",
        "get_bind",
        "bulk_insert_mappings",
        "bulk_save_objects",
        "bulk_update_mappings",
        "begin_nested",
    }
)
_SESSIONS = frozenset({"PortalSession", "sessionmaker", "Session"})
_DRIVERS = frozenset({"sqlite3", "psycopg"})
_WALL_NAMES = frozenset(
    {
        "gate",
        "SEALED",
        "FLUSHING",
        "open_for_flush",
        "admitted",
        "prepare_driver",
        "run_sealed",
        "driver",
        "give_back",
        "conclude",
        "end_transaction",
    }
)
_CLOCKS = frozenset({"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime"})
"""`fromtimestamp` and `monotonic` are no questions: one reads a time that is there, the other tells none."""
_CLOCK_HOLDERS = frozenset({"datetime", "date", "time"})
_ADDRESS = re.compile(
    r"https?://(?!$|www\.w3\.org/|portal\.test\b|127\.0\.0\.1\b|localhost\b)[^\s{%]", re.IGNORECASE
)
_MACHINE_PATH = re.compile(r"(^|[\s'\"=(])/(home|root|work|tmp|var|usr|opt|mnt|Users|etc)/\w")


_TABLES = frozenset({"__table__", "__mapper__", "metadata", "sorted_tables"})
_TABLE_MAKERS = frozenset({"Table", "MetaData", "table", "TableClause"})
_STATEMENT = re.compile(
    r"\s*(select .*\bfrom\b|insert (or \w+ )?into|update \w+ set|delete from|create (table|view|trigger)"
    r"|drop |alter |pragma |set (local |session )|grant |truncate )",
    re.IGNORECASE,
)


def name_of(node: ast.AST) -> str:
    """The last word of a name or attribute; empty for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def raw_sql(tree: ast.AST) -> Iterator[ast.AST]:
    """Text given to the database, or a way to give it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            if _RAW & {alias.name for alias in node.names}:
                yield node
        elif (isinstance(node, ast.Import | ast.ImportFrom) and _imported(node) & _DRIVERS) or (
            isinstance(node, ast.Attribute) and (node.attr in _RAW_METHODS or _is_raw_of_library(node))
        ):
            yield node


def _is_raw_of_library(node: ast.Attribute) -> bool:
    return node.attr in _RAW and name_of(node.value) in {"sa", "sqlalchemy", "sql"}


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]}
    return {alias.name.split(".")[0] for alias in node.names}


def inside_of_the_wall(tree: ast.AST) -> Iterator[ast.AST]:
    """Names by which a statement would pass the wall."""
    for node in ast.walk(tree):
        imported = isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} & _WALL_NAMES
        if (
            imported
            or (isinstance(node, ast.Attribute) and node.attr in _WALL_NAMES)
            or (isinstance(node, ast.Constant) and node.value in {"portal_seal", "portal_flushing"})
        ):
            yield node


def commits(tree: ast.AST) -> Iterator[ast.AST]:
    """Ends and beginnings of transactions, and sessions made by hand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            ends = node.func.attr in {"commit", "rollback"}
        else:
            ends = False
        if ends or (isinstance(node, ast.Call) and name_of(node.func) in _SESSIONS):
            yield node


def other_clocks(tree: ast.AST) -> Iterator[ast.AST]:
    """Questions to the machine's clock."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute) and node.attr in _CLOCKS and name_of(node.value) in _CLOCK_HOLDERS
        ) or (isinstance(node, ast.ImportFrom) and node.module == "time" and _imports_any(node, _CLOCKS)):
            yield node


def _imports_any(node: ast.ImportFrom, names: frozenset[str]) -> bool:
    return any(alias.name in names for alias in node.names)


def bare_tables(tree: ast.AST) -> Iterator[ast.AST]:
    """Tables reached past their classes, or made beside the models."""
    for node in ast.walk(tree):
        is_past = isinstance(node, ast.Attribute) and node.attr in _TABLES
        is_made = isinstance(node, ast.Call) and name_of(node.func) in _TABLE_MAKERS
        if is_past or is_made:
            yield node


def written_sql(tree: ast.AST) -> Iterator[ast.AST]:
    """Statements written as text, whole or put together."""
    told = _docstrings(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node.value in told:
            continue
        if _STATEMENT.match(node.value):
            yield node


def late_imports(tree: ast.AST) -> Iterator[ast.AST]:
    """Imports inside a function, and imports by a name made at run time."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from (part for part in ast.walk(node) if isinstance(part, ast.Import | ast.ImportFrom))
        if isinstance(node, ast.Call) and name_of(node.func) in {
            "__import__",
            "import_module",
            "exec",
            "eval",
        }:
            yield node


def outside_addresses(tree: ast.AST) -> Iterator[ast.AST]:
    """Addresses of other machines, and paths of this one."""
    told = _docstrings(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node.value in told:
            continue
        if _ADDRESS.search(node.value) or _MACHINE_PATH.search(node.value):
            yield node


def _docstrings(tree: ast.AST) -> set[str]:
    statements = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    return {
        node.value for node in statements if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@dataclass(frozen=True, slots=True)
class Rule:
    """A detector, the files that it lets off, and sins that it must find."""

    found: Callable[[ast.AST], Iterator[ast.AST]]
    except_in: frozenset[str]
    sins: tuple[str, ...]


RULES = {
    "raw SQL stays in the ground": Rule(
        raw_sql,
        frozenset(
            {
                "core/backup.py",
                "core/db.py",
                "core/leaving.py",
                "core/line.py",
                "core/seal.py",
                "core/shelf.py",
                "core/statements.py",
                "core/upgrade.py",
                "core/wall.py",
            }
        ),
        (
            "from sqlalchemy import text",
            "import sqlalchemy as sa\nsa.text('x')",
            "u.session.connection().exec_driver_sql('select 1')",
            "engine.raw_connection()",
            "select(A).prefix_with('x')",
            "import sqlite3",
            "from psycopg import sql",
            "from sqlalchemy.sql import literal_column",
            "a.b.op('||')('x')",
        ),
    ),
    "only the wall gives its seal": Rule(
        inside_of_the_wall,
        frozenset({"core/wall.py", "core/db.py", "core/line.py", "core/seal.py", "core/shelf.py"}),
        (
            "from portal.core.seal import SEALED",
            "seal.gate(c, 'x')",
            "o = {'portal_seal': 1}",
            "cursor.admitted = True",
            "u.session.open_for_flush()",
            "u.line.driver",
            "u.line.conclude(keeps=True)",
            "from portal.core.shelf import end_transaction",
        ),
    ),
    "one place commits": Rule(
        commits,
        frozenset({"core/db.py", "core/line.py", "core/shelf.py", "core/upgrade.py", "core/wall.py"}),
        ("u.session.commit()", "session.rollback()", "Session(engine)", "PortalSession(e, s, writes=True)"),
    ),
    "one place asks the time": Rule(
        other_clocks,
        frozenset({"core/clock.py"}),
        (
            "datetime.now()",
            "datetime.datetime.utcnow()",
            "date.today()",
            "time.time()",
            "from time import time",
        ),
    ),
    "tables are reached by their classes": Rule(
        bare_tables,
        frozenset({"core/schema.py"}),
        ("Site.__table__", "Base.metadata.tables['site']", "Table('site', m)", "sa.table('site')"),
    ),
    "no statement is written as text": Rule(
        written_sql,
        frozenset(
            {
                "core/backup.py",
                "core/db.py",
                "core/leaving.py",
                "core/seal.py",
                "core/statements.py",
                "core/upgrade.py",
                "core/wall.py",
            }
        ),
        (
            "A = 'select id from site'",
            "f'SELECT * FROM {table}'",
            "'delete from %s' % table",
            "'Update site SET name = ' + name",
            "c.execute(f'insert into {t} values (1)')",
            "x = 'drop table site'",
            "run('SET LOCAL app.reads = 1')",
        ),
    ),
    "imports stand at the top": Rule(
        late_imports,
        frozenset({"core/sheets.py"}),  # a program of its own: limits first, then the library
        (
            "def f():\n    import os",
            "class A:\n    def f(self):\n        from a import b",
            "import_module('x')",
        ),
    ),
    "no machine and no other site is named": Rule(
        outside_addresses,
        frozenset({"core/config.py"}),
        (
            "A = 'https://fonts.example.org/x'",
            "B = '/home/me/portal.db'",
            "C = f'http://{1}x.example/'\nD='/tmp/x'",
        ),
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_the_house_keeps_the_rule(name: str) -> None:
    rule = RULES[name]
    broken = [
        f"{path}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)[:80]}"
        for path, file in FILES.items()
        if path not in rule.except_in
        for node in rule.found(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert broken == []


@pytest.mark.parametrize(("name", "sin"), [(name, sin) for name, rule in RULES.items() for sin in rule.sins])
def test_a_planted_sin_is_found(name: str, sin: str) -> None:
    assert list(RULES[name].found(ast.parse(sin)))


def test_every_file_is_walked_and_every_exception_is_a_file() -> None:
    assert len(FILES) > 50
    assert {path for rule in RULES.values() for path in rule.except_in} <= FILES.keys()
