"""What a page shows is escaped: markup is made in few named places, and no template lets anything through.

Templates are read as Jinja reads them; each rule meets a planted sin that it must find.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from jinja2 import Environment, nodes
from walls.test_syntax import FILES, name_of

from portal.core.paths import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build import World

PAGES = {path.relative_to(TEMPLATES).as_posix(): path for path in sorted(TEMPLATES.rglob("*.html"))}
MAKES_MARKUP = {
    "web/brand.py": 1,
    "web/case_receipt.py": 1,
    "web/case_steps.py": 2,
    "web/codes.py": 1,
    "web/components.py": 1,
    "web/desk.py": 1,
    "web/guide_text.py": 1,
    "web/kit.py": 2,
    "web/points.py": 3,
}
"""How often each file says that something is markup; each of these lines says why it may."""
_THROUGH = frozenset({"safe", "tojson"})
"""Filters whose result is not escaped any more."""
_UNQUOTED = re.compile(r"[\w-]=\{\{")
"""An attribute without quotes ends at a blank: what follows would be the next one."""


def markups(tree: ast.AST) -> list[ast.AST]:
    """Calls that say of a text that it is markup, and classes that say it of themselves."""
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        is_call = isinstance(node, ast.Call) and name_of(node.func) in {"Markup", "literal"}
        is_own = isinstance(node, ast.FunctionDef) and node.name == "__html__"
        is_render = isinstance(node, ast.Call) and name_of(node.func) == "render_template_string"
        if is_call or is_own or is_render:
            found.append(node)
    return found


def let_through(source: str) -> Iterator[str]:
    """What a template does not escape."""
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(source)
    for one in tree.find_all(nodes.Filter):
        if one.name in _THROUGH:
            yield f"line {one.lineno}: |{one.name}"
    for two in tree.find_all(nodes.ScopedEvalContextModifier):
        yield f"line {two.lineno}: autoescape"
    for three in tree.find_all(nodes.Call):
        if isinstance(three.node, nodes.Name) and three.node.name == "Markup":
            yield f"line {three.lineno}: Markup"
    for number, line in enumerate(source.splitlines(), 1):
        if _UNQUOTED.search(line):
            yield f"line {number}: an attribute without quotes"


def test_markup_is_made_where_it_is_known() -> None:
    found = {path: len(markups(ast.parse(file.read_text(encoding="utf-8")))) for path, file in FILES.items()}
    assert {path: n for path, n in found.items() if n} == MAKES_MARKUP


def test_no_template_lets_anything_through() -> None:
    assert len(PAGES) > 20
    found = {path: [*let_through(file.read_text(encoding="utf-8"))] for path, file in PAGES.items()}
    assert {path: told for path, told in found.items() if told} == {}


def test_every_page_is_escaped_by_its_name(sqlite_world: World) -> None:
    select = sqlite_world.app.jinja_env.autoescape
    assert callable(select)
    assert all(select(path) for path in PAGES)


@pytest.mark.parametrize(
    "sin",
    [
        "Markup(x)",
        "markupsafe.Markup('<b>')",
        "class A:\n    def __html__(self): return 1",
        "render_template_string(words)",
    ],
)
def test_planted_markup_is_found(sin: str) -> None:
    assert len(markups(ast.parse(sin))) == 1


@pytest.mark.parametrize(
    "sin",
    [
        "{{ x | safe }}",
        "{{ x | upper | safe }}",
        "{% for a in b %}<p>{{ a.c|safe }}</p>{% endfor %}",
        "<script>{{ x | tojson }}</script>",
        "{% autoescape false %}{{ x }}{% endautoescape %}",
        "{{ Markup(x) }}",
        "<a href={{ x }}>x</a>",
        "{% filter safe %}{{ x }}{% endfilter %}",
        "{% macro m() %}{{ caller() | safe }}{% endmacro %}",
    ],
)
def test_a_planted_way_through_is_found(sin: str) -> None:
    assert [*let_through(sin)]
