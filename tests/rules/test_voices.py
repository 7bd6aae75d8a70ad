"""Recordings as phones make them: known by what they hold, kept without what tells of the phone."""

from __future__ import annotations

import struct
import time
import wave
from contextlib import suppress
from io import BytesIO
from os import urandom

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cases.voice_chunks import _ogg_sum
from portal.cases.voices import MAX_BYTES, heard
from portal.core.errors import Invalid

SECRET = b"+45.7640+4.8357/ Pixel 9 de Camille"
SOUND = bytes(range(1, 255)) * 4


def box(name: bytes, *inside: bytes) -> bytes:
    """An MP4 box."""
    body = b"".join(inside)
    return struct.pack(">I4s", len(body) + 8, name) + body


def mp4(brand: bytes = b"M4A ", handler: bytes = b"soun") -> bytes:
    """A recording as iOS and Android write it."""
    dated = b"\0\0\0\0" + struct.pack(">II", 3_900_000_001, 3_900_000_002) + bytes(80)
    hdlr = box(b"hdlr", bytes(8), handler, bytes(12), SECRET, b"\0")
    track = box(b"trak", box(b"tkhd", dated), box(b"mdia", box(b"mdhd", dated), hdlr))
    told = box(b"udta", box(b"\xa9xyz", SECRET))
    moov = box(b"moov", box(b"mvhd", dated), track, told, box(b"meta", SECRET))
    return box(b"ftyp", brand, bytes(4)) + box(b"mdat", SOUND) + moov + box(b"uuid", SECRET)


def page(body: bytes, number: int, *, flags: int = 0) -> bytes:
    """An Ogg page with its sum."""
    lacing = bytes([255] * (len(body) // 255) + [len(body) % 255])
    head = b"OggS\0" + bytes([flags]) + bytes(8) + struct.pack("<III", 7, number, 0) + bytes([len(lacing)])
    whole = bytearray(head + lacing + body)
    whole[22:26] = _ogg_sum(bytes(whole)).to_bytes(4, "little")
    return bytes(whole)


def ogg() -> bytes:
    """A recording as WhatsApp and Firefox write it."""
    comment = b"LOCATION=" + SECRET
    tags = (
        b"OpusTags" + struct.pack("<I", len(SECRET)) + SECRET + struct.pack("<II", 1, len(comment)) + comment
    )
    head = b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0"
    return page(head, 0, flags=2) + page(tags, 1) + page(SOUND, 2, flags=4)


def element(name: int, body: bytes, *, unknown: bool = False) -> bytes:
    """A Matroska element."""
    size = b"\x01" + b"\xff" * 7 if unknown else (len(body) | 1 << 28).to_bytes(4, "big")
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + size + body


def webm(kind: int = 2, *, live: bool = True) -> bytes:
    """A recording as Chrome writes it: live, so that nothing knows its length."""
    info = element(
        0x1549A966, element(0x2AD7B1, b"\x0f\x42\x40") + element(0x4461, bytes(8)) + element(0x5741, SECRET)
    )
    tracks = element(0x1654AE6B, element(0xAE, element(0x83, bytes([kind])) + element(0x536E, SECRET)))
    cluster = element(0x1F43B675, element(0xE7, b"\0") + element(0xA3, SOUND), unknown=live)
    tags = element(0x1254C367, SECRET)
    return element(0x1A45DFA3, element(0x4282, b"webm")) + element(
        0x18538067, info + tracks + cluster + tags, unknown=live
    )


def wav() -> bytes:
    """A plain recording with a note about itself."""
    written = BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(SOUND)
    raw = written.getvalue() + b"LIST" + struct.pack("<I", len(SECRET) + 1) + SECRET + b"\0\0"
    return raw[:4] + struct.pack("<I", len(raw) - 8) + raw[8:]


def mp3() -> bytes:
    """Frames between two tags."""
    tag = b"ID3\x04\0\0" + bytes([0, 0, 0, len(SECRET)]) + SECRET
    return tag + b"\xff\xfb\x90\x64" + SOUND + b"TAG" + SECRET.ljust(125, b"\0")


RECORDINGS = {
    "m4a": (mp4(), "audio/mp4"),
    "3gp": (mp4(b"3gp4"), "audio/3gpp"),
    "ogg": (ogg(), "audio/ogg"),
    "webm, live": (webm(), "audio/webm"),
    "webm": (webm(live=False), "audio/webm"),
    "wav": (wav(), "audio/wav"),
    "mp3": (mp3(), "audio/mpeg"),
    "amr": (b"#!AMR\n" + SOUND, "audio/amr"),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_is_known_by_what_it_holds_and_keeps_its_sound_alone(name: str) -> None:
    raw, media_type = RECORDINGS[name]
    voice = heard(raw)
    assert voice.media_type == media_type
    assert SOUND in voice.sound
    assert SECRET in raw or name == "amr"
    assert SECRET not in voice.sound
    assert b"Pixel" not in voice.sound
    assert heard(voice.sound).sound == voice.sound, "bare already"


def test_the_hour_of_a_recording_is_gone() -> None:
    for stamp in (3_900_000_001, 3_900_000_002):
        assert struct.pack(">I", stamp) in mp4()
        assert struct.pack(">I", stamp) not in heard(mp4()).sound


def test_pages_that_were_changed_have_their_sum_and_a_reader_of_waves_still_reads() -> None:
    found = heard(ogg()).sound
    second = found[found.index(b"OggS", 4) : found.index(b"OggS", found.index(b"OggS", 4) + 4)]
    cleared = second[:22] + bytes(4) + second[26:]
    assert int.from_bytes(second[22:26], "little") == _ogg_sum(cleared)
    with wave.open(BytesIO(heard(wav()).sound)) as file:
        assert file.readframes(10_000) == SOUND


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"ID3",
        b"<html>",
        b"MZ" + bytes(200),
        b"\xff\xd8\xff\xe0" + bytes(100),  # a photo
        b"\xff\xf1" + bytes(100),  # bare AAC
        mp4(handler=b"vide"),
        mp4(handler=b"text"),
        webm(kind=1),
        b"OggS" + bytes(60),
        page(b"\x01vorbis" + SOUND, 0),
        ogg()[:-1],
        b"RIFF" + bytes(4) + b"WAVE",
        box(b"ftyp", b"M4A "),
    ],
)
def test_what_is_no_recording_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid) as fault:
        heard(raw)
    assert fault.value.facts["reason"] == "form"


def test_what_is_too_big_is_told_so() -> None:
    with pytest.raises(Invalid) as fault:
        heard(b"#!AMR\n" + bytes(MAX_BYTES))
    assert fault.value.facts["reason"] == "size"


@given(st.sampled_from([raw for raw, _ in RECORDINGS.values()]), st.data())
def test_a_damaged_recording_is_kept_or_refused_and_nothing_else(raw: bytes, data: st.DataObject) -> None:
    damaged = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(1, len(raw)))])
    with suppress(Invalid):
        assert heard(cut).media_type.startswith("audio/")


@pytest.mark.parametrize(
    "raw",
    [
        b"RIFF" + bytes(4) + b"WAVE" + b"fmt \0\0\0\0" * 260_000,
        b"ID3\x04\0\0\0\0\0\0" * 200_000,
        b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 260_000,
        b"\x1a\x45\xdf\xa3\x80" + b"\xec\x80" * 1_000_000,
        page(b"OpusHead", 0) + page(b"", 1) * 70_000,
        b"#!AMR\n" + urandom(64) * 30_000,
    ],
)
def test_a_file_made_to_keep_us_busy_takes_no_second(raw: bytes) -> None:
    begun = time.process_time()
    with suppress(Invalid):
        heard(raw[:MAX_BYTES])
    assert time.process_time() - begun < 1


def test_boxes_in_boxes_without_end_are_refused() -> None:
    deep = b""
    for _ in range(3_000):
        deep = box(b"moov", deep)
    with pytest.raises(Invalid):
        heard(box(b"ftyp", b"M4A ") + deep)
