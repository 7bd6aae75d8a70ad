"""The first steps on the real thing: the command's own server over PostgreSQL, and the demo."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from browsing import Colleague, Resident, pages, scanned
from build import SECRET
from servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

PORTAL = (sys.executable, "-m", "portal")
PASSWORD = "la lampe du hall reste bleue"
_PATIENCE = 120.0


def environment(**more: str) -> dict[str, str]:
    """The environment of the command, with these settings and no others of the portal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return {**kept, "PORTAL_SECRET_KEY": SECRET, **more}


def told(settings: Mapping[str, str], *arguments: str) -> dict[str, str]:
    """What a command of the operator answers as JSON."""
    done = subprocess.run(  # noqa: S603 -- our own command
        [*PORTAL, *arguments, "--json"],
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


@contextmanager
def serving(settings: Mapping[str, str], port: int, *arguments: str) -> Iterator[str]:
    """The command's own server, and where it answers; it stops by itself when it is asked to."""
    base_url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(  # noqa: S603 -- our own command
        [*PORTAL, *arguments, "--port", str(port)], env=environment(**settings), stdout=subprocess.DEVNULL
    )
    try:
        wait_until_ready(f"{base_url}/readyz", process)
        yield base_url
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the server says it is ready."""
    until = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            with urlopen(url, timeout=5):  # noqa: S310 -- our own server
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(url)


def test_postgresql_under_the_application_role_hears_an_answer_and_shows_it(
    browser: Browser, postgresql_url: str, tmp_path: Path
) -> None:
    port = free_port()
    settings = {
        "PORTAL_DATABASE_URL": postgresql_url,
        "PORTAL_DATA": str(tmp_path),
        "PORTAL_BASE_URL": f"http://127.0.0.1:{port}",
    }
    given = ("--slug", "escale", "--letters", "ESC", "--name", "L’Escale")
    told(settings, "structure", "create", *given)
    lead = ("--email", "lea@escale.example", "--name", "Léa Fontaine", "--role", "quality_lead")
    invited = told(settings, "person", "invite", "--structure", "escale", *lead)

    with serving(settings, port, "serve") as base_url, pages(browser, base_url) as new_page:
        desk = Colleague(new_page(), base_url, "escale")
        desk.page.goto(invited["url"])
        desk.page.get_by_label("Mot de passe").fill(PASSWORD)
        desk.page.get_by_role("button", name="Créer mon compte").click()
        desk.open("codes")
        square = scanned(desk.page.locator(".qr"))

        resident = Resident(new_page("ar"))
        resident.page.goto(square)
        resident.tap("جيّد")
        resident.reads("هل استُمع إليك؟")

        told_now = desk.board()
        assert told_now["Avis"] == "1"
        assert told_now["Satisfaits"].startswith("100 %")


def test_the_demo_is_scanned_and_answered_like_any_other(browser: Browser, tmp_path: Path) -> None:
    port, known = free_port(), tmp_path / "world.json"
    demo = ("demo", "--data", str(tmp_path / "demo"), "--json", str(known))
    with serving({}, port, *demo) as base_url, pages(browser, base_url) as new_page:
        structure = json.loads(known.read_text(encoding="utf-8"))["structures"][0]
        account = next(one for one in structure["accounts"] if one["role"] == "quality_lead")
        desk = Colleague(new_page(), base_url, structure["slug"])
        desk.sign_in(account["email"], account["password"])
        before = desk.board()
        desk.open("codes")
        square = scanned(desk.page.locator(".qr").first)
        assert square.rpartition("/")[2] in {code["code"] for code in structure["codes"]}

        resident = Resident(new_page("fr-FR"))
        resident.page.goto(square)
        resident.tap("Pas bien")
        resident.reads("On vous a écouté ?")

        after = desk.board()
        bad = "Comment s’est passée la rencontre avec notre équipe ? · Pas bien, nombre"
        for figure in ("Avis", bad):
            assert number(after[figure]) == number(before[figure]) + 1


def number(text: str) -> int:
    """A number as French pages write it, with a thin space for thousands."""
    return int("".join(sign for sign in text if sign.isdecimal()))
