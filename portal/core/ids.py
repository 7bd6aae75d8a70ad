"""How things are named: row ids, public codes, references of cases, receipts.

A name tells no more than it must: an answer's id knows its day and not its hour, a code and a receipt are
chance alone, a reference unlocks nothing. What a person types is read as a person types it, in any script of
digits. This module knows neither the database nor the clock: who calls brings the time.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from portal.core.crypto import keyed_digest
from portal.core.errors import Invalid

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 6
LOCATOR_LENGTH = 6
SECRET_LENGTH = 10
RECEIPT_LENGTH = LOCATOR_LENGTH + SECRET_LENGTH + 2

_CODE_SIGNS = frozenset(CODE_ALPHABET)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DAY_MS = timedelta(days=1) // _MILLISECOND
_TIME_BITS = 48
_CHANCE_BITS = 80
_VERSION_AND_VARIANT = 0xF << 76 | 0b11 << 62
_SEVEN_AND_RFC = 0x7 << 76 | 0b10 << 62

# Longer than any receipt or code, however it is spaced; beyond it nobody typed what is being read.
_TYPED_LIMIT = 200
_SEPARATOR_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Pd", "Cf"})
# Minus sign, hyphen bullet and the Arabic keyboard's tatweel serve as dashes without being called so.
_OTHER_SEPARATORS = frozenset("\u2212\u2043\u0640\t\n\v\f\r")
_LOOK_ALIKES = str.maketrans("OIL", "011")

_LETTERS = re.compile(r"[A-Z]{2,6}")
_REFERENCE = re.compile(r"([A-Z]{2,6})([1-9][0-9]{3})([0-9]{1,9})")
_YEARS = range(1000, 10_000)
_COUNTERS = range(1, 10**9)


def _version_7(milliseconds: int) -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, 5.7): this time, 74 bits of chance. `ValueError` outside its range."""
    if not 0 <= milliseconds < 1 << _TIME_BITS:
        raise ValueError("a time that a time-ordered id cannot hold")
    value = milliseconds << _CHANCE_BITS | secrets.randbits(_CHANCE_BITS)
    return uuid.UUID(int=value & ~_VERSION_AND_VARIANT | _SEVEN_AND_RFC)


def new_id(now: datetime) -> uuid.UUID:
    """A fresh row id that sorts by the millisecond of `now`, which must be aware (`TypeError` if not)."""
    return _version_7((now - _EPOCH) // _MILLISECOND)


def answer_id(day: date) -> uuid.UUID:
    """A fresh id for an answer of this local day: its time part says the day alone, the rest is chance.

    The hour of an answer together with a badge would name the resident to the mediator, so the id cannot
    hold it: even a `datetime` given by mistake counts as its day.
    """
    return _version_7((day.toordinal() - _EPOCH.toordinal()) * _DAY_MS)


def _plain(raw: str) -> str:
    """`raw` as upper-case text with ASCII digits, without spaces, dashes or marks of direction.

    Compatibility forms (full-width letters and digits) are unfolded first; every decimal digit of Unicode
    counts. Empty when nothing readable was typed, or far too much.
    """
    if len(raw) > _TYPED_LIMIT:
        return ""
    return "".join(
        str(unicodedata.decimal(sign, sign))
        for sign in unicodedata.normalize("NFKC", raw)
        if unicodedata.category(sign) not in _SEPARATOR_CATEGORIES and sign not in _OTHER_SEPARATORS
    ).upper()


def new_code() -> str:
    """A random code for a card, badge or poster: 6 signs of an alphabet without look-alikes."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def read_code(raw: str) -> str | None:
    """The code somebody typed, in its one written form; None if no code could look like this."""
    if _is_code(raw):  # as on what a phone has scanned
        return raw
    code = _plain(raw)
    return code if _is_code(code) else None


def _is_code(text: str) -> bool:
    return len(text) == CODE_LENGTH and _CODE_SIGNS.issuperset(text)


def reference(letters: str, year: int, counter: int) -> str:
    """The reference of a case, `PAS-2026-000123`; it unlocks nothing.

    Raises `Invalid("reference")` unless there are 2 to 6 letters A-Z, a year of four digits, and a counter
    from 1 to 999,999,999.
    """
    if not _LETTERS.fullmatch(letters) or year not in _YEARS or counter not in _COUNTERS:
        raise Invalid("reference", letters=letters, year=year, counter=counter)
    return f"{letters}-{year}-{counter:06d}"


def read_reference(raw: str) -> tuple[str, int, int] | None:
    """Letters, year and counter of a typed reference; None if it is none. Leading zeros may be missing."""
    found = _REFERENCE.fullmatch(_plain(raw))
    if found is None or int(found[3]) not in _COUNTERS:
        return None
    return found[1], int(found[2]), int(found[3])


def _is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdecimal()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a filer keeps to follow a case: 6 digits find it, 10 digits open it, 2 guard against slips.

    The secret stays out of `repr`, so that no log and no traceback tells it. Raises `Invalid("receipt")`
    when the parts are not exactly that many ASCII digits.
    """

    locator: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not (_is_digits(self.locator, LOCATOR_LENGTH) and _is_digits(self.secret, SECRET_LENGTH)):
            raise Invalid("receipt", reason="length")

    @property
    def check(self) -> str:
        """The two check digits, "02" to "98" (ISO 7064, mod 97-10).

        97 is prime and divides neither 10 nor any difference of two digits nor 9 times one: every single
        wrong digit and every swap of two neighbours changes the rest.
        """
        return f"{98 - int(self.locator + self.secret) * 100 % 97:02d}"

    @property
    def digits(self) -> str:
        """All 18 digits in one run."""
        return self.locator + self.secret + self.check

    @property
    def shown(self) -> str:
        """The receipt as it is shown and printed: `123456 7890123456 11`."""
        return f"{self.locator} {self.secret} {self.check}"


def _receipt(number: int) -> Receipt:
    """The receipt whose first 16 digits are those of `number`, below 10**16."""
    digits = f"{number:016d}"
    return Receipt(locator=digits[:LOCATOR_LENGTH], secret=digits[LOCATOR_LENGTH:])


def new_receipt() -> Receipt:
    """A receipt drawn by chance."""
    return _receipt(secrets.randbelow(10 ** (LOCATOR_LENGTH + SECRET_LENGTH)))


def derive_receipt(key: bytes, nonce: bytes) -> Receipt:
    """The receipt of a form's nonce: the same again for the same form, unforeseeable without `key`.

    256 bits folded onto 10**16 values favour none of them by more than one part in 10**61, so nothing
    needs to be drawn again.
    """
    drawn = int.from_bytes(keyed_digest(key, "receipt", nonce))
    return _receipt(drawn % 10 ** (LOCATOR_LENGTH + SECRET_LENGTH))


def read_receipt(raw: str) -> Receipt:
    """The receipt somebody typed or pasted; an O stands for 0 there, an I or an l for 1.

    Raises `Invalid("receipt", reason="length")` when there are not 18 digits and nothing else, and
    `reason="check_digits"` when a digit is wrong: both are known before anything is looked up.
    """
    digits = _plain(raw).translate(_LOOK_ALIKES)
    if not _is_digits(digits, RECEIPT_LENGTH):
        raise Invalid("receipt", reason="length")
    read = _receipt(int(digits[:-2]))
    if read.check != digits[-2:]:
        raise Invalid("receipt", reason="check_digits")
    return read
