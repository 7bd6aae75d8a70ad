"""Whoever steals the disk reads no name, no address, no text: personal words lie nowhere in clear.

A hundred words go in by every way there is; then every byte of the database's files, of a dump of it, of the
log and of the data folder is searched, in each encoding in which a leak could hide. Left out is the mailbox
that the settings declare, for a mail bears its recipient; there, all other words are searched for.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from mailing import read, sent
from servers import binaries
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from staff import PASSWORD
from walls.planting import Planted, planted_at, telling_photo
from walls.siege import THEN, unwalled

from portal.core.ids import new_id, read_receipt
from portal.notifications.mailers import FileMailer, mailer_of
from portal.tenancy.models import Site
from portal.web.house import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from build import World

MARK = "Quittenbaum"
FEW, MANY = 2, 8
"""How often everything is planted: by default, and where a hundred words are wanted."""
LEAST = 8
"""Bytes of the shortest piece that is searched: long enough that chance never makes it."""
REACH = 4096
"""Bytes each way from a mark in which a word that bears it stands, in the longest spelling."""
PIECE = 64
"""Bytes of a photo's end that are searched for."""


def spellings(word: str) -> set[bytes]:
    """The word in every encoding in which it could lie somewhere unnoticed."""
    spelled = {word.upper().encode("utf-8")}
    for cased in (word, word.lower()):
        plain = cased.encode("utf-8")
        told = (json.dumps(cased)[1:-1], json.dumps(cased, ensure_ascii=False)[1:-1], quote(cased))
        spelled |= {plain, *(one.encode("utf-8") for one in (*told, repr(cased)[1:-1]))}
        spelled |= {cased.encode(encoding) for encoding in ("utf-16-le", "utf-16-be", "utf-32-le")}
        spelled |= {plain.hex().encode(), plain.hex().upper().encode()}
        # Base64 of a longer text holds the word in one of three shifts; its first and last signs may differ.
        for ahead in range(3):
            spelled.add(base64.b64encode(b"\0" * ahead + plain)[4:-4])
            spelled.add(base64.urlsafe_b64encode(b"\0" * ahead + plain)[4:-4])
    return {one for one in spelled if len(one) >= LEAST} or {word.encode("utf-8")}


def found_in(places: Iterable[tuple[str, bytes]], words: Iterable[str]) -> list[str]:
    """Where which word lies in clear. Words that bear the mark are sought where the mark is found."""
    marks = spellings(MARK)
    sought = {word: spellings(word) for word in words}
    assert max(map(len, set().union(*sought.values())), default=0) < REACH
    found = []
    for place, content in places:
        near = around(marks, content)
        hits = [
            word
            for word, spelled in sought.items()
            if any(one in (near if MARK.lower() in word.lower() else content) for one in spelled)
        ]
        found += [f"{word!r} in {place}" for word in hits]
    return found


def around(marks: Iterable[bytes], content: bytes) -> bytes:
    """What stands near the marks: far enough each way for any word, however it is spelled."""
    spans = sorted(
        (max(0, hit.start() - REACH), hit.end() + REACH)
        for mark in marks
        for hit in re.finditer(re.escape(mark), content)
    )
    pieces, until = [], 0
    for begins, ends in spans:  # overlapping ones as one piece: a word is not to be cut
        if begins > until:
            pieces.append(b"\n")
        pieces.append(content[max(begins, until) : ends])
        until = max(until, ends)
    return b"".join(pieces)


def files_of(folder: Path, *, without: Path | None = None) -> list[tuple[str, bytes]]:
    """Every file below a folder, with its bytes; those below another one left out."""
    return [
        (path.name, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (without is None or without not in path.parents)
    ]


def mailbox_of(world: World) -> Path:
    """The folder that the settings declare for outgoing mail."""
    mailer = mailer_of(world.app.extensions[KEY].config.mail_url)
    assert isinstance(mailer, FileMailer)
    return mailer.folder


def dumped(world: World, folder: Path) -> list[tuple[str, bytes]]:
    """What a thief finds: the database's files or a dump of it, before and after a checkpoint."""
    url, mailbox = world.database.engine.url, mailbox_of(world)
    if url.get_backend_name() == "sqlite":
        before = [
            (f"{name} before the checkpoint", content) for name, content in files_of(folder, without=mailbox)
        ]
        engine = unwalled(url.render_as_string())
        with engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        engine.dispose()
        return before + files_of(folder, without=mailbox)
    return [("pg_dump", _pg_dump(world)), *files_of(folder, without=mailbox), *_heap(world)]


def _pg_dump(world: World) -> bytes:
    where = binaries()
    program = shutil.which("pg_dump") if where is None else str(where / "pg_dump")
    assert program is not None
    address = world.database.engine.url.set(drivername="postgresql", username="postgres").render_as_string()
    return subprocess.run([program, "--inserts", address], check=True, capture_output=True).stdout  # noqa: S603 -- a fixed command


def _heap(world: World) -> list[tuple[str, bytes]]:
    """The files of the server's own folder: tables, indexes and the log of writes."""
    url = world.database.engine.url.set(username="postgres").render_as_string(hide_password=False)
    engine = create_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("checkpoint"))
        folder = Path(str(connection.execute(text("show data_directory")).scalar()))
        base = connection.execute(
            text("select oid from pg_database where datname = current_database()")
        ).scalar()
    engine.dispose()
    return [*files_of(folder / "base" / str(base)), *files_of(folder / "pg_wal")]


@pytest.fixture
def rounds() -> int:
    """How often everything is planted."""
    return FEW


@pytest.fixture
def planted(world: World, caplog: pytest.LogCaptureFixture, rounds: int) -> Planted:
    """Personal words that came in by every way, and a log that tells everything it can."""
    caplog.set_level(logging.DEBUG)
    planted = planted_at(world, world.lyon, MARK, rounds=rounds)
    planted.word(PASSWORD)
    _asked_for(world, planted)
    sent(world, FileMailer(mailbox_of(world)))
    return planted


def _asked_for(world: World, planted: Planted) -> None:
    """Words that come as requests: in a wrong sign-in, in an address, in a form without its token."""
    stranger, code = world.app.test_client(), world.lyon.code.code
    email, name, *_ = planted.words
    stranger.post("/sign-in", data={"email": email, "password": name})
    stranger.get(f"/q/{code}/fr/{name}?answer={name}")
    stranger.get(f"/{name}")
    stranger.post(f"/q/{code}/fr", data={"token": name, "answer": name})
    stranger.post(f"/q/{code}/fr/answers/{planted.trip}/1", data={"answer": name})
    planted.colleague.post(f"/s/{world.lyon.structure.slug}/people/invite", email=email, name=name)


def test_an_error_of_the_database_tells_no_value(world: World) -> None:
    twin = Site(id=new_id(THEN), slug="centre", name=f"Chez {MARK}", created_at=THEN)
    with pytest.raises(IntegrityError) as refusal, world.database.transaction(world.lyon.scope) as u:
        u.add(twin)
    assert MARK not in str(refusal.value)


@pytest.mark.parametrize("rounds", [MANY])
def test_no_personal_word_lies_in_clear(
    world: World, planted: Planted, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert len(planted.words) >= 100
    places = dumped(world, tmp_path)
    assert sum(len(content) for _, content in places) > 100_000
    assert found_in([*places, ("the log", caplog.text.encode("utf-8"))], planted.words) == []


def test_a_mail_tells_its_recipient_and_nothing_else(world: World, planted: Planted) -> None:
    mails = files_of(mailbox_of(world))
    reached = {contact for contact in planted.contacts if found_in(mails, [contact])}
    assert reached == {contact for contact in planted.contacts if "@" in contact}
    addresses = {word for word in planted.words if "@" in word}
    read_mails = [(name, read(content).get_content().encode("utf-8")) for name, content in mails]
    assert found_in(read_mails, addresses) == []
    assert found_in(mails + read_mails, set(planted.words) - addresses) == []


def test_a_photo_is_kept_without_its_words_and_lies_nowhere_in_clear(
    world: World, planted: Planted, tmp_path: Path
) -> None:
    words = planted.photo_words[-4:]
    assert len(found_in([("a photo as it came", telling_photo(*words))], words)) == len(words)
    assert found_in([("a photo as it is kept", planted.photo)], words) == []
    pixels = planted.photo[-PIECE:]
    forms = {pixels, pixels.hex().encode(), base64.b64encode(pixels)[:-4]}
    assert [place for place, content in dumped(world, tmp_path) if any(one in content for one in forms)] == []


def test_nobody_finds_a_receipt_or_a_token(world: World, planted: Planted, tmp_path: Path) -> None:
    receipt = read_receipt(planted.receipt)
    secrets = [planted.receipt, receipt.digits, receipt.secret, planted.invitation_token, planted.trip]
    tail = planted.invitation_token.rsplit(".", 1)[-1]
    places = dumped(world, tmp_path)
    assert [one for one in [*secrets, tail] for _, content in places if one.encode() in content] == []


@pytest.mark.parametrize("place", ["site", "journal_entry", "outbox"])
def test_a_word_in_a_clear_column_is_found(world: World, tmp_path: Path, place: str) -> None:
    columns = {
        "site": "update site set name = :word",
        "journal_entry": "insert into journal_entry (structure_id, id, at, act, facts)"
        " values (:lyon, :id, '2027-01-01', 'x', :document)",
        "outbox": "insert into outbox (structure_id, id, notice, language, facts, created_at, next_try_at,"
        " attempts) values (:lyon, :id, 'x', 'fr', :document, '2027-01-01', '2027-01-01', 0)",
    }
    word = "Témoin du contrôle, « Rue des Lilas » 12"  # not a planted one: other tests share the server's log
    row = new_id(THEN)
    identifier: object = row.bytes if world.database.engine.dialect.name == "sqlite" else row
    values = {
        "word": word,
        "document": json.dumps({"said": word}),
        "lyon": world.lyon.structure.id,
        "id": identifier,
    }
    engine = unwalled(world.database.engine.url.render_as_string(hide_password=False))
    with engine.begin() as connection:
        used = {name: value for name, value in values.items() if f":{name}" in columns[place]}
        connection.execute(text(columns[place]), used)
    engine.dispose()
    assert found_in(dumped(world, tmp_path), [word])


@pytest.mark.parametrize(
    "spelled",
    [
        lambda word: word.encode("utf-8"),
        lambda word: word.encode("utf-16-le"),
        lambda word: base64.b64encode(f"x {word} y".encode()),
        lambda word: base64.urlsafe_b64encode(f"xy {word} z".encode()),
        lambda word: base64.b64encode(f"xyz {word}".encode()),
        lambda word: f"x{word}".encode().hex().encode(),
        lambda word: json.dumps({"a": word}).encode(),
        lambda word: quote(word).encode(),
        lambda word: repr({"a": word}).encode(),
    ],
)
def test_the_search_knows_every_spelling(spelled: object) -> None:
    assert callable(spelled)
    for word in ("chef@quittenbaum.example", "الوسيط لم يستمع إليّ", "c’est « inacceptable » \\ n° 4107"):
        assert found_in([("a place", b"\0\1" + spelled(word) + b"\2")], [word]) == [f"{word!r} in a place"]


def test_a_word_is_found_wherever_its_mark_stands_among_others() -> None:
    word = f"Yasmine {MARK}, au 12 de la rue des Lilas"
    far = b"\0" * (3 * REACH)
    told = [mark + far for mark in spellings(MARK)] + [word.encode(), far, word[: len(word) // 2].encode()]
    assert found_in([("a place", far.join(told))], [word]) == [f"{word!r} in a place"]
    assert found_in([("a place", far.join(told).replace(word.encode(), b""))], [word]) == []


def test_chance_is_not_taken_for_a_word() -> None:
    assert found_in([("a place", bytes(range(256)) * 400)], ["Yasmine Quittenbaum0-Équipe"]) == []
