"""What the page of components shows each of them with: one sample per macro of `templates/components`.

A word that people would have written or translated is a `Word`: each state of the page puts its own in its
place. The names are invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wtforms import DateField, Form, StringField

from portal.web.fields import needed


class Word(str):
    """A text as somebody may have written it: long, in Arabic, or left out."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """What a macro is called with; `empty` replaces what is there at the least, `error` says what is wrong.

    `error` is put in its place in `given`, as a dictionary is put over another.
    """

    given: dict[str, Any]
    empty: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    body: str | None = None
    """What stands within a macro that is called around something."""


class _Example(Form):  # type: ignore[misc]  # WTForms has no types
    name = StringField("Nom", [needed("Remplissez ce champ.")], description="Comme sur la porte.")
    day = DateField("À partir du", [needed("Remplissez ce champ.")])


def _wrong_form() -> Form:
    form = _Example()
    form.validate()
    return form


_WRONG = Word("Écrivez quelques mots, puis envoyez.")
_LABEL, _HINT = Word("Nos horaires"), Word("Comme sur la porte.")
_TEXT = Word("La lumière du hall reste éteinte depuis lundi.")
_OPTIONS = [
    {"value": "1", "label": Word("Accueil du centre")},
    {"value": "2", "label": Word("Quartier nord")},
]
_SEEN = "/_components"
_PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGMQ"
    "T8gGAAF0AOMmtnkPAAAAAElFTkSuQmCC"
)
_FIELD: dict[str, Any] = {"label": _LABEL, "hint": _HINT}
_MESSAGE: dict[str, Any] = {
    "author": Word("Samia B."),
    "date": "24 mars",
    "text": _TEXT,
    "lang": None,
    "dir": "auto",
}
_POINT = {"label": "janv.", "value": 78.0, "low": 70.0, "high": 85.0, "figure": "78 %", "n": "112"}
_FEW = {"label": "févr.", "value": None, "low": None, "high": None, "figure": "trop peu", "n": "4"}
_STEP_FIELD: dict[str, Any] = {
    "name": "message",
    "label": _LABEL,
    "kind": "textarea",
    "value": _TEXT,
    "options": [],
    "hint": None,
    "error": None,
}
_STEP = {
    "verb": "answer",
    "label": Word("Répondre"),
    "send": Word("Envoyer la réponse"),
    "hint": _HINT,
    "url": _SEEN,
    "open": True,
    "leading": True,
    "fields": [_STEP_FIELD],
}


def _given(name: str, **more: Any) -> dict[str, Any]:
    """A described field, as forms made of data hold it."""
    return {"name": name, "kind": "text", "value": _TEXT, "options": [], "error": None, **_FIELD, **more}


SAMPLES: dict[str, Sample] = {
    "answers": Sample(
        {
            "choices": [
                {"code": "good", "label": Word("Bien"), "face": "good"},
                {"code": "fair", "label": Word("Moyen"), "face": "fair"},
                {"code": "yes", "label": Word("Oui"), "face": None},
            ],
            "chosen": "fair",
        },
        {"chosen": None},
    ),
    "apart": Sample({"text": Word("La Passerelle")}),
    "brand_bar": Sample({"name": Word("La Passerelle"), "url": _SEEN}),
    "button": Sample({"label": Word("Enregistrer")}),
    "choices": Sample(
        {"name": "choices", "legend": _LABEL, "options": _OPTIONS, "chosen": "1", "hint": _HINT},
        {"chosen": None, "hint": None},
        {"error": _WRONG},
    ),
    "clock": Sample(
        {
            "one": {
                "label": Word("Réponse"),
                "left": Word("3 jours ouvrés"),
                "due": "vendredi 2 avril",
                "tone": "soon",
                "reasons": [{"date": "29 mars", "text": Word("Lundi de Pâques")}],
            }
        },
        {"one": {"label": "Réponse", "left": "0", "due": "", "tone": "", "reasons": []}},
    ),
    "code_form": Sample({"url": _SEEN, "value": "7KQ4M2"}, {"value": ""}, {"error": _WRONG}),
    "csrf": Sample({"token": "abc"}),
    "danger_line": Sample({"url": _SEEN}),
    "decisions": Sample(
        {
            "rows": [
                {
                    "number": 3,
                    "url": _SEEN,
                    "what": Word("Repeindre la porte du hall"),
                    "owner": Word("Samia B."),
                    "day": "12 avril",
                    "is_done": False,
                    "is_late": True,
                }
            ]
        },
        {"rows": []},
    ),
    "doors": Sample(
        {
            "doors": [
                {"key": "complaint", "label": Word("Un problème avec notre travail"), "url": _SEEN},
                {"key": "thanks", "label": Word("Dire merci"), "url": _SEEN},
            ]
        },
        {"doors": []},
    ),
    "earlier": Sample(
        {
            "series": [
                {
                    "name": Word("Enquête de la mairie"),
                    "source": Word("Rapport 2025, page 12"),
                    "questions": [
                        {
                            "question": Word("Comment se passe la rencontre ?"),
                            "reading": Word("Accueil, selon une source antérieure."),
                            "rows": [{"period": "2024", "n": "200", "figure": "84 % (168 sur 200)"}],
                            "points": [_POINT, _POINT],
                        }
                    ],
                }
            ]
        },
        {"series": []},
    ),
    "error_at": Sample({"errors": [{"field": "text", "message": _WRONG}], "name": "text"}, {"errors": []}),
    "error_summary": Sample(
        {"errors": []}, {"errors": []}, {"errors": [{"field": "text_field", "message": _WRONG}]}
    ),
    "face": Sample({"name": "good"}),
    "facts": Sample(
        {
            "rows": [
                {"label": _LABEL, "value": Word("La Passerelle")},
                {"label": "Lundi", "value": "09:00-12:00"},
            ]
        },
        {"rows": []},
    ),
    "field": Sample({"id": "field", **_FIELD}, {"hint": None}, {"error": _WRONG}, body="—"),
    "file_field": Sample(
        {"name": "file_field", "accept": "image/png", **_FIELD}, {"hint": None}, {"error": _WRONG}
    ),
    "filters": Sample(
        {
            "url": _SEEN,
            "fields": [{"name": "site", "label": Word("Site"), "options": _OPTIONS, "chosen": "2"}],
        },
        {"fields": []},
    ),
    "footer": Sample(
        {"name": Word("La Passerelle"), "accessibility": _SEEN, "privacy": _SEEN, "results": _SEEN},
        {"accessibility": None, "privacy": None, "results": None},
    ),
    "form_page": Sample(
        {"form": _Example(), "action": _SEEN, "submit": Word("Enregistrer")}, {}, {"form": _wrong_form()}
    ),
    "given_field": Sample(
        {"one": _given("given_field")},
        {"one": _given("given_field", value="", hint=None)},
        {"one": _given("given_field", error=_WRONG)},
    ),
    "hidden": Sample({"token": "abc"}),
    "in_order": Sample({"text": "PAS-2027-000123"}),
    "language_row": Sample(
        {
            "languages": [
                {"tag": "fr", "own_name": "Français", "dir": "ltr", "url": _SEEN, "current": True},
                {"tag": "ar", "own_name": "العربية", "dir": "rtl", "url": _SEEN, "current": False},
            ]
        }
    ),
    "line_chart": Sample(
        {"reading": Word("78 % des avis sont bons en mars."), "points": [_POINT, _FEW, _POINT, _POINT]},
        {"points": [_FEW]},
    ),
    "link_button": Sample({"label": Word("Modifier"), "url": _SEEN, "kind": "quiet"}),
    "logo": Sample({"one": {"address": _PICTURE, "width": 90, "height": 36}}),
    "message_list": Sample(
        {"messages": [{**_MESSAGE, "ours": False}, {**_MESSAGE, "ours": True}]}, {"messages": []}
    ),
    "pagination": Sample({"newer": _SEEN, "older": _SEEN}, {"newer": None, "older": None}),
    "panel": Sample({}, body=_TEXT),
    "resting": Sample(
        {
            "tablet": {
                "minutes": 5,
                "seconds": 300,
                "is_writing": False,
                "start": _SEEN,
                "more": f"{_SEEN}?more=1",
            }
        },
        {
            "tablet": {
                "minutes": 0,
                "seconds": 20,
                "is_writing": False,
                "start": _SEEN,
                "more": f"{_SEEN}?more=1",
            }
        },
    ),
    "picture": Sample({"name": "complaint"}),
    "plain_bars": Sample(
        {
            "rows": [
                {"label": _LABEL, "value": 12, "figure": "12", "url": _SEEN},
                {"label": "Samedi", "value": None, "figure": "trop peu", "url": None},
            ]
        },
        {"rows": []},
    ),
    "receipt_number": Sample({"receipt": "123456 7890123456 11"}),
    "screen": Sample({"title": _LABEL, "html": _TEXT}),
    "review_figures": Sample(
        {
            "figures": {
                "lines": [
                    {
                        "label": Word("Réclamations reçues"),
                        "now": "12",
                        "before": "15",
                        "change": "3 moins",
                    }
                ],
                "footnote": Word("Chaque pourcentage repose sur les nombres écrits à côté."),
                "is_hidden": True,
                "proof": Word("Recalculé à partir des événements : identique."),
            },
            "review": {"now": "mars 2027", "before": "février 2027"},
        },
        {"figures": {"lines": [], "footnote": Word(""), "is_hidden": False, "proof": None}},
    ),
    "select_field": Sample(
        {"name": "select_field", "options": _OPTIONS, "chosen": "2", **_FIELD},
        {"options": [], "chosen": None, "hint": None},
        {"error": _WRONG},
    ),
    "send_again": Sample(
        {"form": {"url": _SEEN, "hidden": [("a", "b")], "words": [("send_again", _TEXT)]}},
        {"form": {"url": _SEEN, "hidden": [], "words": []}},
    ),
    "stacked_bars": Sample(
        {
            "rows": [
                {
                    "label": _LABEL,
                    "note": Word("112 avis"),
                    "url": _SEEN,
                    "parts": [
                        {
                            "label": Word("Bien"),
                            "count": "80",
                            "share": 71.4,
                            "percent": "71 %",
                            "tone": "good",
                        },
                        {
                            "label": Word("Moyen"),
                            "count": "20",
                            "share": 17.9,
                            "percent": "18 %",
                            "tone": "fair",
                        },
                        {
                            "label": Word("Pas bien"),
                            "count": "12",
                            "share": 10.7,
                            "percent": "11 %",
                            "tone": "bad",
                        },
                    ],
                }
            ]
        },
        {"rows": [{"label": "Samedi", "note": "trop peu", "url": None, "parts": []}]},
    ),
    "staff_message": Sample(
        {
            "message": {
                **_MESSAGE,
                "id": "m",
                "side": "theirs",
                "language_name": "français",
                "note_url": _SEEN,
                "note": {"author": Word("Inès R."), "text": _TEXT},
                "note_kept": "",
                "note_error": None,
            },
            "csrf": "abc",
        },
        {
            "message": {
                **_MESSAGE,
                "id": "m",
                "side": "ours",
                "language_name": None,
                "note_url": None,
                "note": None,
            }
        },
        {
            "message": {
                **_MESSAGE,
                "id": "m",
                "side": "theirs",
                "language_name": None,
                "note_url": _SEEN,
                "note": None,
                "note_kept": "",
                "note_error": _WRONG,
            }
        },
    ),
    "staff_nav": Sample(
        {
            "entries": [
                {"label": Word("À traiter"), "url": _SEEN, "current": True, "count": 12},
                {"label": Word("Avis"), "url": _SEEN, "current": False, "count": None},
            ]
        },
        {"entries": []},
    ),
    "step_form": Sample(
        {"step": _STEP, "csrf": "abc", "version": "1"},
        {"step": {**_STEP, "hint": None, "fields": []}},
        {"step": {**_STEP, "fields": [{**_STEP_FIELD, "error": _WRONG}]}},
    ),
    "steps": Sample(
        {
            "steps": [
                {"label": Word("Reçu"), "state": "done", "date": "24 mars"},
                {"label": Word("Lu"), "state": "current", "date": None},
                {"label": Word("Réponse"), "state": "todo", "date": "2 avril"},
            ]
        },
        {"steps": []},
    ),
    "swatch": Sample({"colour": "#17606b", "on": "#ffffff"}, {"on": None}),
    "table": Sample(
        {
            "columns": [{"label": Word("Site"), "numeric": False}, {"label": Word("Avis"), "numeric": True}],
            "rows": [
                {"cells": [{"text": Word("Accueil du centre"), "url": _SEEN}, {"text": "112", "url": None}]}
            ],
            "caption": Word("Avis par site"),
        },
        {"rows": [], "caption": None},
    ),
    "tag": Sample({"text": Word("en retard"), "tone": "late"}, {"tone": ""}),
    "telephone": Sample({"number": "04 00 00 00 00"}),
    "text_field": Sample(
        {"name": "text_field", "value": Word("La Passerelle"), **_FIELD}, {"hint": None}, {"error": _WRONG}
    ),
    "textarea": Sample({"name": "textarea", "value": _TEXT, **_FIELD}, {"hint": None}, {"error": _WRONG}),
    "tile": Sample(
        {"label": _LABEL, "value": "78 %", "note": Word("112 avis"), "url": _SEEN}, {"note": "", "url": None}
    ),
}
"""By the name of the macro; every macro of the folder is here (a test holds it)."""
