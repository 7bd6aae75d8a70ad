"""A voice message as a phone records it: which container it is, and that one without what tells of the phone.

The sound itself is kept as it came: a voice can be recognised, and so it is sealed like any word. What else
the file says (place, day and hour, device, names, pictures) is taken out where the container says where it
stands; what is no sound at all is refused. Nothing is decoded here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portal.cases.voice_chunks import bare_matroska, bare_mp3, bare_mp4, bare_ogg, bare_wave
from portal.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 2 * 1024 * 1024
"""A minute as phones record it takes 0.1 to 1 MB; a minute of plain WAVE on one channel at 16 kHz, 1.9 MB."""
MEDIA = "audio/"


@dataclass(frozen=True, slots=True)
class Voice:
    """A recording: its media type and its bytes."""

    media_type: str
    sound: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Container:
    """A kind of file: how it begins, its media type, and what takes out all but the sound."""

    begins: Callable[[bytes], bool]
    media_type: Callable[[bytes], str]
    bare: Callable[[bytes], bytes]


_CONTAINERS: tuple[_Container, ...] = (
    _Container(lambda raw: raw[:4] == b"OggS", lambda _raw: "audio/ogg", bare_ogg),
    _Container(lambda raw: raw[:4] == b"\x1a\x45\xdf\xa3", lambda _raw: "audio/webm", bare_matroska),
    _Container(
        lambda raw: raw[4:8] == b"ftyp",
        lambda raw: "audio/3gpp" if raw[8:11] == b"3gp" else "audio/mp4",
        bare_mp4,
    ),
    _Container(lambda raw: raw[:4] == b"RIFF" and raw[8:12] == b"WAVE", lambda _raw: "audio/wav", bare_wave),
    _Container(lambda raw: raw[:5] == b"#!AMR", lambda _raw: "audio/amr", lambda raw: raw),
    _Container(lambda raw: raw[:3] == b"ID3" or raw[:1] == b"\xff", lambda _raw: "audio/mpeg", bare_mp3),
)


def heard(raw: bytes) -> Voice:
    """The recording, bare of what tells of the phone.

    Raises `Invalid("voice")`: reason "size" above `MAX_BYTES`, "form" for what is no recording we know.
    """
    if len(raw) > MAX_BYTES:
        raise Invalid("voice", reason="size")
    container = next((one for one in _CONTAINERS if one.begins(raw)), None)
    if container is None:
        raise Invalid("voice", reason="form")
    try:
        return Voice(container.media_type(raw), container.bare(raw))
    except (IndexError, ValueError):
        raise Invalid("voice", reason="form") from None
