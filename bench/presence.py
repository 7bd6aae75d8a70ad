"""What the portal weighs before anybody answers: first page (P5), memory, cold start, silent connections."""

from __future__ import annotations

import gzip
import re
import socket
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

from bench.growth import page, workers_megabytes
from bench.house import WORKERS
from bench.ledger import Ledger
from bench.load import HOST, drive, get
from bench.meter import Watch, pss_megabytes
from bench.verdict import Figure, Round, steady
from portal.core.languages import LANGUAGES

if TYPE_CHECKING:
    from bench.house import House
    from bench.load import Answer, Journey
    from bench.served import Served

_SILENT = 200
_PAGES = 400
_TURNS = 3
_FETCHED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc=(?![\"']?data:)"
    r"|<link\b(?=[^>]*\brel=[\"']?(?:stylesheet|icon|preload|manifest))[^>]*\bhref=(?![\"']?data:)"
    r"|@import|url\((?![\"']?data:)",
    re.IGNORECASE,
)
"""What a browser fetches by itself when it shows a page."""


def fetched(text: str) -> int:
    """How many requests a browser makes for a page: the page, and what it fetches by itself.

    A page that names no icon costs one more: browsers then ask for `/favicon.ico`.
    """
    return 1 + len(_FETCHED.findall(text)) + ('rel="icon"' not in text)


def first_page(house: House) -> list[Figure]:
    """P5: bytes and requests of the first screen, in the heaviest language."""
    entrance = house.place.entrance.rsplit("/", 1)[0]
    pages: dict[str, Answer] = {}

    def look(language: str) -> Journey:
        pages[language] = (yield get(f"{entrance}/{language}")).must(200)

    with house.portal() as portal:
        for language in LANGUAGES:
            drive(portal.port, [look(language)])
    # Counted as it came; a page that came unpacked is packed, as a proxy in front would do it.
    sizes = {
        language: len(one.body if one.is_zipped else gzip.compress(one.body))
        for language, one in pages.items()
    }
    requests = max(fetched(one.text) for one in pages.values())
    note = ", ".join(f"{language} {size}" for language, size in sizes.items()) + " bytes"
    return [
        Figure("P5", "first screen, gzipped", max(sizes.values()) / 1000, "kB", 8, note=note),
        Figure("P5-requests", "requests of the first screen", requests, "", 1),
    ]


def footprint(house: House) -> list[Figure]:
    """Memory after some traffic, and the time from the command to the first page."""
    with house.portal() as portal:
        ledger = Ledger(house, portal)
        drive(portal.port, ledger.opinions(300), at_once=8)
        drive(portal.port, ledger.complaints(20), at_once=4)
        ledger.check()
        together = workers_megabytes(portal)
        whole = sum(pss_megabytes(pid) for pid in portal.pids)
    with house.floor() as floor:
        bare = floor.cold_start
    return [
        Figure("memory", "two workers (PSS)", together, "MB", 130, note=f"all processes: {whole:.0f} MB"),
        Figure("memory-worker", "one worker (PSS)", together / WORKERS, "MB"),
        Figure(
            "start",
            "cold, to the first page",
            portal.cold_start / bare,
            note=f"{portal.cold_start:.2f} ÷ {bare:.2f} s",
            ours=portal.cold_start,
            floor=bare,
        ),
    ]


def silent_connections(house: House) -> list[Figure]:
    """While 200 connections are open and say nothing, a page's time ÷ its usual time."""
    with house.portal() as portal:
        drive(portal.port, (page(house.place.entrance) for _ in range(_PAGES)))
        turns = []
        for _ in range(_TURNS):
            usual = _pages(house, portal)
            with ExitStack() as lines:
                for _ in range(_SILENT):
                    lines.enter_context(socket.create_connection((HOST, portal.port)))
                turns.append((_pages(house, portal), usual))
    kept = steady(turns, 1)
    among, alone = ([one.percentile(0.99) for one in rounds] for rounds in zip(*kept, strict=True))
    middle = median(a.percentile(0.5) / b.percentile(0.5) for a, b in kept)
    figure = median(a / b for a, b in zip(among, alone, strict=True))
    note = f"p99 {median(among):.1f} ÷ {median(alone):.1f} ms; median x{middle:.2f}"
    what = f"p99 of a page while {_SILENT} connections are silent ÷ usual"
    return [Figure("silence", what, figure, bar=2.0, note=note, ours=median(among), floor=median(alone))]


def _pages(house: House, portal: Served) -> Round:
    watch = Watch(portal.pids, house.root)
    seconds = drive(portal.port, (page(house.place.entrance) for _ in range(_PAGES)))
    return Round(_PAGES, *watch.read(), seconds=seconds)
