"""A case as a resident files and follows it in a browser, and as a colleague takes its steps on the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases.models import Case

if TYPE_CHECKING:
    from build import World
    from flask.testing import FlaskClient
    from staff import Colleague
    from werkzeug.test import TestResponse

COMPLAINT = "الوسيط لم يأتِ في الموعد، وانتظرنا ساعة في الدرج."
REPLY = "كان ذلك يوم الاثنين في الساعة العاشرة."


def token_of(page: TestResponse) -> str:
    """The token of the page's first form."""
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found
    return found[1]


def file(world: World, door: str = "complaint", text: str = COMPLAINT, **more: str) -> tuple[str, str]:
    """Receipt and reference of a case filed in Arabic."""
    client = world.app.test_client()
    url = f"/q/{world.lyon.code.code}/ar/{door}"
    token = token_of(client.get(url))
    sent = client.post(url, data={"token": token, "message": text, **more})
    assert sent.status_code == 303, sent.text
    receipt = re.search(r"\d{6} \d{10} \d{2}", re.sub(r"<[^>]+>", "", client.get(sent.location).text))
    assert receipt
    with world.database.reading(world.lyon.scope) as u:
        reference = u.all(select(Case.reference).order_by(Case.reference.desc()))[0]
    return receipt[0], reference


def followed(world: World, receipt: str) -> tuple[FlaskClient, str, TestResponse]:
    """A resident's browser at the page of their case: client, address, page."""
    client = world.app.test_client()
    opened = client.post(f"/q/{world.lyon.code.code}/ar/follow", data={"receipt": receipt})
    assert opened.status_code == 303, opened.text
    return client, opened.location, client.get(opened.location)


def step(colleague: Colleague, reference: str, verb: str, **fields: str) -> TestResponse:
    """Take a step as the page offers it, with the version that the page holds."""
    page = colleague.get(f"/s/passerelle/cases/{reference}")
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    return colleague.post(f"/s/passerelle/cases/{reference}/{verb}", version=version[1], **fields)
