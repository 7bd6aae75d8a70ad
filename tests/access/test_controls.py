"""Each check sees what it is for: a page in order passes, and one that bears the fault does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from access.checks import CHECKS, Seen

if TYPE_CHECKING:
    from access.battery import Projector

pytestmark = pytest.mark.browser

GOOD = """<!doctype html><html lang="fr" dir="ltr"><head><title>Erreur : une page</title>
<style>body { font: 18px sans-serif; margin: 0 }
a, button, input { display: inline-block; min-width: 48px; min-height: 48px }
input { border: 2px solid #333; background: #fff } :focus { outline: 4px solid #000 }
.skip-link { position: absolute; top: -90px; background: #fff }
.skip-link:focus { top: 0 }</style></head>
<body><a class="skip-link" href="#main">Aller au contenu</a><header>Maison</header>
<main id="main" tabindex="-1">
<!-- summary --><h1>Une page</h1><p>Des mots.</p>
<form action="/x" method="post"><p><label for="one">Prénom et nom</label><br>
<input id="one" name="one" aria-describedby="one-error"></p><p id="one-error">Erreur : écrivez le nom ici.</p>
<button>Envoyer le mot</button></form><!-- here --></main></body></html>"""
_SUMMARY = """<div class="error-summary" role="alert" tabindex="-1" autofocus><h2>Il y a un problème</h2>
<ul><li><a href="#one">écrivez le nom ici.</a></li></ul></div>"""
_HERE, _ABOVE = "<!-- here -->", "<!-- summary -->"

PLANTED: dict[str, tuple[str, str]] = {
    "faults_told, no focus": (" autofocus", ""),
    "faults_told, title": ("<title>Erreur : ", "<title>"),
    "faults_told, leads nowhere": ('href="#one"', 'href="#two"'),
    "faults_told, not at the field": (' aria-describedby="one-error"', ""),
    "axe, contrast": (_HERE, '<p style="color: #bbb">À peine lisible.</p>'),
    "axe, picture without a text": (_HERE, '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
    "axe, wrong role": (_HERE, '<p role="checkbox" tabindex="0">x</p>'),
    "motion": (
        "</style>",
        "@keyframes go { to { opacity: .9 } } h1 { animation: go 9s infinite }</style>",
    ),
    "structure, two h1": (_HERE, "<h1>Encore</h1>"),
    "structure, a level left out": (_HERE, "<h4>Plus bas</h4>"),
    "structure, no title": ("<title>Erreur : une page</title>", ""),
    "structure, id twice": (_HERE, '<p id="one">x</p>'),
    "structure, no main": ('<main id="main" tabindex="-1">', '<div id="main" tabindex="-1">'),
    "markup, tabindex": (_HERE, '<a href="#" tabindex="3">x</a>'),
    "markup, a tag of the past": (_HERE, "<center>x</center>"),
    "markup, no doctype": ("<!doctype html>", ""),
    "markup, no zoom": ("<head>", '<head><meta name="viewport" content="user-scalable=no">'),
    "absent": (_HERE, "<video controls></video>"),
    "fields, no label": (_HERE, '<form><input id="two"><button>x</button></form>'),
    "fields, radio without a legend": (
        _HERE,
        '<form><label><input type="radio" name="r">Oui</label><button>x</button></form>',
    ),
    "fields, placeholder": (_HERE, '<form><label>a <input placeholder="b"></label><button>x</button></form>'),
    "fields, no button": (_HERE, "<form><label>a <input></label></form>"),
    "fields, pointing to nothing": (_HERE, '<p aria-describedby="nobody">x</p>'),
    "lists, a table without heads": (_HERE, "<table><tr><td>x</td></tr></table>"),
    "lists, made by hand": (_HERE, "<p>- un</p>"),
    "lists, letters set apart": (_HERE, "<p>B O N J O U R</p>"),
    "names": (_HERE, '<a href="/x"></a>'),
    "language, of the page": ('lang="fr"', 'lang="en"'),
    "language, of a part": (_HERE, "<p>نكتب بالعربية</p>"),
    "language, direction": (_HERE, '<p lang="ar" dir="ltr">نكتب بالعربية</p>'),
    "targets": (_HERE, '<a href="#" style="min-height: 0; font-size: 12px">x</a>'),
    "boundaries, border": (_HERE, '<input class="choice" style="border-color: #ddd" aria-label="x">'),
    "boundaries, picture": (
        _HERE,
        '<svg width="20" height="20"><circle r="9" cx="9" cy="9" fill="#eee"/></svg>',
    ),
    "colour_alone, a link": (
        _HERE,
        '<p>Lisez <a href="#" style="text-decoration: none; display: inline">ceci</a> donc.</p>',
    ),
    "colour_alone, no word": (_HERE, '<p class="tag" style="width: 9px; height: 9px"></p>'),
    "colour_alone, current": (
        _HERE,
        '<nav aria-label="x"><ul><li><a href="#" aria-current="page">a</a><li><a href="#">b</a></ul></nav>',
    ),
    "visual_order, order": (_HERE, '<div style="display: flex"><p style="order: 2">a</p><p>b</p></div>'),
    "visual_order, grid": (
        _HERE,
        '<div style="display: grid"><p style="grid-row: 2">a</p><p style="grid-row: 1">b</p></div>',
    ),
    "generated": ("</style>", 'h1::after { content: "urgent" }</style>'),
    "without_style": (_HERE, '<p style="display: none">Caché</p>'),
    "reflow": (_HERE, '<p style="width: 2000px">x</p>'),
    "clipped": (_HERE, '<p style="height: 9px; overflow: hidden">Coupé</p>'),
    "narrow": (_HERE, '<p style="width: 300px">x</p>'),
    "twice_as_big": ("</style>", "h1 { white-space: nowrap; font-size: 6rem }</style>"),
    "spaced": (_HERE, '<p style="inline-size: 9em; block-size: 1.2em; overflow: hidden">Des mots courts</p>'),
    "forced_colours": (
        _HERE,
        '<a href="/x" style="forced-color-adjust: none; color: #111; background: #000">x</a>',
    ),
    "tab_order": (_HERE, '<button id="b" onfocus="document.getElementById(\'one\').focus()">x</button>'),
    "skip_link": ('<main id="main" tabindex="-1">', '<p id="main" tabindex="-1">x</p><main>'),
    "focus_seen": ("</style>", "input:focus { outline: none !important }</style>"),
}


def found(projector: Projector, check: str, html: str) -> list[str]:
    """What a check finds in a page of ours."""
    projector.seen.clear()
    html = html.replace(_ABOVE, _SUMMARY) if check == "faults_told" else html
    return CHECKS[check](projector.show(html, 360), Seen("fr", is_staff=False, has_faults=True))


@pytest.mark.parametrize("check", CHECKS)
def test_a_page_in_order_passes(projector: Projector, check: str) -> None:
    assert found(projector, check, GOOD) == []


@pytest.mark.parametrize("fault", PLANTED)
def test_a_check_sees_what_is_planted(projector: Projector, fault: str) -> None:
    before, after = PLANTED[fault]
    check = fault.partition(",")[0]
    html = GOOD.replace(_ABOVE, _SUMMARY) if check == "faults_told" else GOOD
    assert before in html
    assert found(projector, check, html.replace(before, after, 1)) != []


def test_every_check_has_a_fault_that_it_sees() -> None:
    assert {fault.partition(",")[0] for fault in PLANTED} == CHECKS.keys()
