"""The table of notices: each has a text in every language, and trying ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.paths import TEMPLATES
from portal.notifications.mailers import FileMailer, SmtpMailer, mailer_of
from portal.notifications.rules import DELAYS, LEASE, MAX_TRIES, NOTICES, Notice, delay_after


def test_every_notice_has_a_line_and_a_template() -> None:
    assert set(NOTICES) == set(Notice)
    for row in NOTICES.values():
        assert (TEMPLATES / row.template).is_file()


@given(st.integers(min_value=1, max_value=MAX_TRIES - 2))
def test_each_wait_is_at_least_as_long_as_the_one_before(tries: int) -> None:
    first, second = delay_after(tries), delay_after(tries + 1)
    assert first is not None
    assert second is not None
    assert first <= second


def test_a_notice_is_tried_for_more_than_three_days_and_not_for_a_week() -> None:
    waits = [wait for tries in range(1, MAX_TRIES) if (wait := delay_after(tries)) is not None]
    assert len(waits) == MAX_TRIES - 1
    assert timedelta(days=3) < sum(waits, timedelta()) < timedelta(days=7)
    assert delay_after(MAX_TRIES) is None
    assert delay_after(MAX_TRIES + 1) is None


def test_the_first_waits_are_those_promised() -> None:
    assert [delay_after(tries) for tries in range(1, 5)] == list(DELAYS)
    assert timedelta(minutes=5) < LEASE


@pytest.mark.parametrize(
    ("url", "mailer"),
    [
        ("smtp://mail.test", SmtpMailer("mail.test", 25)),
        ("smtp://avis:p%40ss@mail.test:587", SmtpMailer("mail.test", 587, "avis", "p@ss")),
        (
            "smtps://avis%40mail.test:x@mail.test",
            SmtpMailer("mail.test", 465, "avis@mail.test", "x", is_tls=True, sender="avis@mail.test"),
        ),
        ("smtp://[::1]:2525?from=a%40b.test", SmtpMailer("::1", 2525, sender="a@b.test")),
    ],
)
def test_the_setting_names_server_person_and_sender(url: str, mailer: SmtpMailer) -> None:
    assert mailer_of(url) == mailer


@pytest.mark.parametrize(
    ("url", "folder"),
    [("file:mail", "mail"), ("file:/srv/mail", "/srv/mail"), ("file:///srv/a b", "/srv/a b")],
)
def test_the_setting_names_a_folder(url: str, folder: str) -> None:
    mailer = mailer_of(url)
    assert isinstance(mailer, FileMailer)
    assert str(mailer.folder) == folder


def test_a_password_stands_in_no_repr() -> None:
    assert "geheim" not in repr(mailer_of("smtp://avis:geheim@mail.test"))
