"""The pages of `docs/generated/`, made from the tables that the portal itself runs on.

`python -m portal.docs write` brings them up to date; `check` says which are not, and leaves with 1. A page
here is never edited by hand, and nothing here is read by the portal.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from portal.app import compose
from portal.cases.rules import HANDLERS, KINDS, LEADS, STEPS, Actor, CaseState, Kind
from portal.core.config import PREFIX, SETTINGS, load
from portal.core.languages import DEFAULT, LANGUAGES
from portal.insight.catalogue import INDICATORS
from portal.people.rules import PERMISSION_LABELS, PERMISSIONS, Permission
from portal.web.guard import access_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from portal.cases.rules import Step
    from portal.people.rules import Role

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "generated"
_HEAD = "<!-- Made by `make docs` from {table}. Do not edit. -->\n"
_WITHOUT_METHODS = frozenset({"HEAD", "OPTIONS"})
_SAME_EVERYWHERE = "a secret for drawing pages, which opens nothing"
_WHO = {
    HANDLERS: "handlers",
    LEADS: "leads",
    frozenset({Actor.FILER}): "filer",
    frozenset({Actor.JOB}): "job",
}


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def workflow() -> str:
    """The steps of a case: who takes which from where to where, and the same as a diagram."""
    page = "# How a case moves\n\nFrom `STEPS`, the one table behind buttons, checks, clocks and tests.\n\n"
    page += "```mermaid\nstateDiagram-v2\n    [*] --> received\n" + "".join(_edges()) + "```\n\n"
    page += _table(
        ("step", "button", "kinds", "from", "to", "who", "needs", "stops clocks"),
        (_row(step) for step in STEPS),
    )
    page += f"\nHandlers: {_names(HANDLERS)}. Leads: {_names(LEADS)}. "
    page += "Who answered does not answer again when a second look is asked for, if anybody else may.\n\n"
    page += "## Kinds\n\n"
    rows = ((row.label, f"`{row.door}`", "yes" if row.is_answered else "no") for row in KINDS.values())
    return page + _table(("kind", "door", "owed an answer"), rows)


def _edges() -> Iterable[str]:
    """One arrow for each pair of states, with all its verbs."""
    verbs: dict[tuple[CaseState, CaseState], list[str]] = {}
    for step in STEPS:
        if step.to_state is not None:
            for state in CaseState:
                if state in step.from_states:
                    verbs.setdefault((state, step.to_state), []).append(step.verb)
    for (state, to_state), names in verbs.items():
        yield f"    {state.value} --> {to_state.value}: {', '.join(names)}\n"


def _row(step: Step) -> tuple[str, ...]:
    states = [state.value for state in CaseState if state in step.from_states]
    return (
        f"`{step.verb}`",
        step.label,
        "any" if step.kinds == frozenset(Kind) else ", ".join(one.value for one in Kind if one in step.kinds),
        "any" if len(states) == len(CaseState) else ", ".join(states),
        step.to_state.value if step.to_state else "stays",
        _WHO[step.who],
        ", ".join(step.needs) or "nothing",
        ", ".join(sorted(clock.value for clock in step.stops)) or "none",
    )


def _names(roles: frozenset[Role | Actor]) -> str:
    return ", ".join(row.label.lower() for role, row in PERMISSIONS.items() if role in roles)


def permissions() -> str:
    """Which role may do what."""
    page = "# Who may do what\n\nFrom `PERMISSIONS`, the one table behind guards and menus.\n\n"
    heads = ("", *(row.label for row in PERMISSIONS.values()))
    rows = [
        (
            PERMISSION_LABELS[permission],
            *("yes" if permission in row.may else "" for row in PERMISSIONS.values()),
        )
        for permission in Permission
    ]
    bound = (
        "Sees nothing below the display floor",
        *("yes" if row.floor else "" for row in PERMISSIONS.values()),
    )
    return page + _table(heads, [*rows, bound])


def settings() -> str:
    """The environment variables of an installation."""
    page = "# Settings\n\nFrom `SETTINGS`: what `portal serve` reads from its environment. "
    page += f"Any other name that begins with `{PREFIX}` is refused at start, with a sentence.\n\n"
    rows = ((f"`{PREFIX}{one.name}`", one.meaning, _default(one.default)) for one in SETTINGS)
    return page + _table(("variable", "is", "default"), rows)


def _default(value: str | None) -> str:
    if value is None:
        return "none: required"
    return f"`{value}`" if value else ""


def routes() -> str:
    """Every address with who may open it."""
    config = load({f"{PREFIX}SECRET_KEY": _SAME_EVERYWHERE})
    app, _ = compose(config)
    page = "# Addresses\n\nFrom the routes and their marks; a route without a mark does not start. "
    page += "`public` asks for no sign-in; `signed_in`, `member` and the permissions do.\n\n"
    methods: dict[tuple[str, str], set[str]] = {}
    for rule in app.url_map.iter_rules():
        who = access_of(app, rule.endpoint) or "public"
        methods.setdefault((rule.rule, who), set()).update((rule.methods or set()) - _WITHOUT_METHODS)
    rows = ((f"`{path}`", ", ".join(sorted(methods[path, who])), who) for path, who in sorted(methods))
    return page + _table(("address", "methods", "who"), rows)


def languages() -> str:
    """The languages and who has read their texts."""
    page = "# Languages\n\nFrom `LANGUAGES`. `reviewed`: who grew up with it has read every sentence.\n\n"
    rows = (
        (f"`{one.tag}`", one.own_name, one.direction, one.review, "yes" if one.tag == DEFAULT else "")
        for one in LANGUAGES.values()
    )
    return page + _table(("tag", "name", "direction", "texts", "shown by default"), rows)


def indicators() -> str:
    """The figures: what each counts, in which unit, and from which number on it is told."""
    page = "# Figures\n\nFrom `INDICATORS`, the one table behind tiles, the JSON answer and their lists. "
    page += "Readers bound by the display floor see no count of one to four.\n\n"
    rows = (
        (
            f"`{one.id}`",
            one.label,
            one.counts,
            one.unit.value,
            str(one.minimum),
            "the period" if one.is_of_period else "today",
            one.opens.value,
        )
        for one in INDICATORS.values()
    )
    heads = ("figure", "is called", "counts", "in", "told from", "of", "opens the list of")
    return page + _table(heads, rows)


PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "workflow.md": ("portal/cases/rules.py", workflow),
    "permissions.md": ("portal/people/rules.py", permissions),
    "indicators.md": ("portal/insight/catalogue.py", indicators),
    "settings.md": ("portal/core/config.py", settings),
    "routes.md": ("the routes of portal/web", routes),
    "languages.md": ("portal/core/languages.py", languages),
}


def pages() -> dict[str, str]:
    """Every page by its file name."""
    return {name: _HEAD.format(table=table) + make() for name, (table, make) in PAGES.items()}


def write(folder: Path = FOLDER) -> None:
    """Bring the folder up to date; a page that no table makes any more is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for name in stale(folder, made):
        if name in made:
            (folder / name).write_text(made[name], encoding="utf-8")
        else:
            (folder / name).unlink()


def stale(folder: Path = FOLDER, made: dict[str, str] | None = None) -> list[str]:
    """Names of pages that are missing, out of date or made by no table; empty when all stand."""
    made = pages() if made is None else made
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))


def main(arguments: list[str]) -> int:
    """0 done, 1 some page is out of date, 2 wrong usage."""
    if arguments == ["write"]:
        write()
        return 0
    if arguments != ["check"]:
        sys.stderr.write("python -m portal.docs write|check\n")
        return 2
    late = stale()
    if late:
        sys.stderr.write(f"Out of date in docs/generated: {', '.join(late)}. Run `make docs`.\n")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
