"""Every component on one page, as it looks when all is well, empty, long, from right to left, with an error.

For whoever changes the stylesheet or checks contrast, and for whoever looks after a real installation: so it
is there wherever the portal is, but only for somebody signed in; it shows samples and nothing of a structure.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, request
from flask_babel import force_locale
from markupsafe import Markup, escape

from portal.core.paths import TEMPLATES
from portal.web.component_samples import SAMPLES, Sample, Word
from portal.web.desk import render_staff
from portal.web.guard import signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from portal.web.guard import Desk

bp = Blueprint("components", __name__)

_FOLDER = TEMPLATES / "components"
_MACRO = re.compile(r"\{%-?\s*macro\s+([a-z]\w*)\(")
"""One that begins with an underscore is a part of another in its file."""
_LONG = " " + " ".join(
    ["Accompagnement anticonstitutionnellement", "interdépartementalisation des permanences de proximité"] * 3
)
_ARABIC = "مواعيد الاستقبال في المركز"

STATES: dict[str, Callable[[str], str]] = {
    "usual": str,
    "empty": lambda _text: "",
    "long": lambda text: text + _LONG,
    "rtl": lambda _text: _ARABIC,
    "error": str,
}
"""What becomes of a word in each state."""


@lru_cache(maxsize=1)
def macros() -> dict[str, str]:
    """The template of each macro in the folder, by the macro's name."""
    return {
        name: path.name
        for path in sorted(_FOLDER.glob("*.html"))
        for name in _MACRO.findall(path.read_text(encoding="utf-8"))
    }


@bp.get("/_components")
@signed_in
def components(desk: Desk) -> Response:
    """The components in one state (`?state=`); with an error, only those that can say one."""
    asked = request.args.get("state", "")
    state = asked if asked in STATES else "usual"
    shown = replace(desk, language="ar") if state == "rtl" else desk
    with force_locale(shown.language):
        rows = [
            {"name": name, "file": file, "markup": _drawn(name, file, state)}
            for name, file in macros().items()
            if name in SAMPLES and (state != "error" or SAMPLES[name].error is not None)
        ]
    return render_staff(
        "staff/components.html",
        shown,
        states=[
            {"name": name, "url": f"/_components?state={name}", "current": name == state} for name in STATES
        ],
        rows=rows,
    )


def _drawn(name: str, file: str, state: str) -> Markup:
    sample = SAMPLES[name]
    module: Any = current_app.jinja_env.get_template(f"components/{file}").make_module()
    given = {key: _told(value, STATES[state]) for key, value in _in_state(sample, state).items()}
    if sample.body is not None:
        body = escape(_told(sample.body, STATES[state]))
        given["caller"] = lambda *_described: body
    return Markup(getattr(module, name)(**given))  # noqa: S704 -- what our own template made


def _in_state(sample: Sample, state: str) -> dict[str, Any]:
    """What the macro is called with in this state."""
    if state == "empty":
        return sample.given | sample.empty
    return sample.given | (sample.error or {}) if state == "error" else sample.given


def _told(value: Any, change: Callable[[str], str]) -> Any:
    """The value with every word in it changed; what nobody wrote stays."""
    if isinstance(value, Word):
        return change(value)
    if isinstance(value, dict):
        return {key: _told(one, change) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_told(one, change) for one in value)
    return value
