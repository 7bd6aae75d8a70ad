"""Requests that no browser sends: a seeded generator of what is broken, hostile or absurd.

Each kind is a function in `KINDS`, given chance and the ground it stands on; `made` takes any of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from faults.malformed import FORM, MULTIPART, Ground, Sent, encoded, fields, form, noise, page

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


def bad_percent(chance: Random, ground: Ground) -> Sent:
    """An address with broken percent signs, wrong UTF-8, NULs."""
    asked = page(chance, ground, "percent")
    at = chance.randrange(1, len(asked.target) + 1)
    bad = chance.choice((b"%", b"%z1", b"%FF%FE", b"%00", b"%ED%A0%80", b"%C0%AF", b"%u0041", b"%25%32%65"))
    return replace(asked, target=asked.target[:at] + bad + asked.target[at:])


def odd_segment(chance: Random, ground: Ground) -> Sent:
    """An address with one segment changed for noise."""
    asked = page(chance, ground, "segment")
    parts = asked.target.split(b"/")
    parts[chance.randrange(1, len(parts))] = quote_from_bytes(noise(chance), safe="").encode()
    return replace(asked, target=b"/".join(parts))


def odd_query(chance: Random, ground: Ground) -> Sent:
    """Names that pages do look for, with noise in them, repeated."""
    asked = page(chance, ground, "query")
    names = (
        b"from",
        b"to",
        b"period",
        b"site",
        b"kind",
        b"state",
        b"offset",
        b"next",
        b"code",
        b"late",
        b"q",
    )
    pairs = [
        b"%s=%s" % (chance.choice(names), quote_from_bytes(noise(chance)).encode())
        for _ in range(chance.randrange(1, 12))
    ]
    return replace(asked, target=asked.target + b"?" + b"&".join(pairs))


def raw_query(chance: Random, ground: Ground) -> Sent:
    """A query that is no query."""
    asked = page(chance, ground, "raw query")
    bad = bytes(byte for byte in noise(chance) if byte not in b" \r\n\x00#")
    return replace(asked, target=asked.target + b"?" + bad)


def long_path(chance: Random, ground: Ground) -> Sent:
    """An address that is far too long, or far too deep."""
    asked = page(chance, ground, "long")
    more = chance.choice((b"a" * 4000, b"/a" * 1500, b"/.." * 500, b"%C3%A9" * 600, b"?" + b"a=1&" * 900))
    return replace(asked, target=asked.target + more)


def odd_method(chance: Random, ground: Ground) -> Sent:
    """A method that nobody serves, or that means nothing here."""
    methods = (
        b"TRACE",
        b"CONNECT",
        b"PROPFIND",
        b"BREW",
        b"get",
        b"PATCH",
        b"DELETE",
        b"PUT",
        b"OPTIONS",
        b"A" * 20,
    )
    asked = page(chance, ground, "method")
    return replace(asked, method=chance.choice(methods), body=noise(chance))


def odd_host(chance: Random, ground: Ground) -> Sent:
    """Hosts, and headers of proxies, that lie."""
    hosts = (
        b"",
        b"[::1",
        b"a" * 300,
        b"evil.example:99999",
        b"evil.example:x",
        b"\xff\xfe",
        b"a b",
        b"..",
        b"xn--a",
    )
    asked = page(chance, ground, "host")
    forged = tuple(
        (name, bytes(byte for byte in noise(chance) if byte not in b"\r\n\x00"))
        for name in (b"X-Forwarded-For", b"X-Forwarded-Host", b"X-Forwarded-Proto", b"Forwarded")
    )
    return replace(asked, host=chance.choice(hosts), headers=(*asked.headers, *forged))


def odd_headers(chance: Random, ground: Ground) -> Sent:
    """Headers that the application reads, with noise in them."""
    names = (
        b"Accept-Language",
        b"Accept-Encoding",
        b"Cookie",
        b"If-None-Match",
        b"If-Modified-Since",
        b"Range",
        b"Sec-Fetch-Site",
        b"Sec-Purpose",
        b"Authorization",
        b"Content-Type",
        b"Origin",
        b"Referer",
        b"User-Agent",
    )
    asked = page(chance, ground, "headers")
    chosen = chance.sample(names, chance.randrange(1, 6))
    made = tuple(
        (name, bytes(byte for byte in noise(chance, 200) if byte not in b"\r\n\x00")) for name in chosen
    )
    weights = (b"Accept-Language", b"ar;q=1.5,fr;q=-1,en;q=NaN,*;q=" + b"9" * 400 + b",xx-" + b"y" * 300)
    return replace(asked, headers=(*asked.headers, *made, *((weights,) if chance.random() < 0.3 else ())))


def bad_cookie(chance: Random, ground: Ground) -> Sent:
    """A session that never was, is cut, or comes with a hundred others."""
    asked = page(chance, ground, "cookie")
    cut = ground.cookie[: chance.randrange(len(ground.cookie) + 1)]
    odd = bytes(byte for byte in noise(chance) if byte not in b"\r\n\x00")
    value = chance.choice(
        (b"portal=" + odd, b"portal=" + cut, b"portal=a; " * 100, b"=;=;" + odd, b'portal="' + odd)
    )
    return replace(asked, headers=((b"Cookie", value),))


def odd_form(chance: Random, ground: Ground) -> Sent:
    """A form with noise in its fields."""
    return form(chance, ground, "form", encoded(fields(chance, ground)))


def raw_form(chance: Random, ground: Ground) -> Sent:
    """A form whose body is no form."""
    body = chance.choice((noise(chance, 400), b"&" * 500, b"=" * 500, b"message=%FF%FE&=%", b"\x00" * 100))
    return form(chance, ground, "raw form", body)


def many_fields(chance: Random, ground: Ground) -> Sent:
    """A form with thousands of fields, or one name a hundred times, or a deep name."""
    held = fields(chance, ground)
    more = chance.choice(
        (
            [(b"f%d" % n, b"x") for n in range(chance.choice((900, 3000)))],
            [(held[-1][0], noise(chance)) for _ in range(200)],
            [(b"a" + b"[b]" * 1000, b"x")],
            [(b"token", b""), (b"csrf_token", b""), (b"token", b"x")],
        )
    )
    return form(chance, ground, "many fields", encoded(held + more))


def huge_field(chance: Random, ground: Ground) -> Sent:
    """A field as long as a body may be, or a little longer."""
    sign = chance.choice((b"a", "é".encode(), b"\r\n", "\u202e".encode(), b"%41"))
    n = chance.choice((10_001, 60_000, 262_144, 262_145, 300_000))
    body = b"csrf_token=" + ground.csrf + b"&" + chance.choice(ground.names) + b"=" + (sign * n)[:n]
    return form(chance, ground, "huge", body)


def wrong_type(chance: Random, ground: Ground) -> Sent:
    """A body that is not what its header says."""
    types = (
        b"application/json",
        b"text/plain; charset=utf-7",
        b"multipart/form-data",
        b"multipart/form-data; boundary=",
        b"multipart/form-data; boundary=" + b"x" * 300,
        b"application/x-www-form-urlencoded; charset=utf-16",
        b"image/png",
        b"",
        b";;;",
        bytes(byte for byte in noise(chance) if byte not in b"\r\n\x00"),
    )
    bodies = (
        b'{"a": ' * 500,
        b"[" * 4000,
        b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>",
        noise(chance, 300),
    )
    body = chance.choice((*bodies, encoded(fields(chance, ground))))
    return form(chance, ground, "type", body, chance.choice(types))


def wrong_length(chance: Random, ground: Ground) -> Sent:
    """A length that is a lie, or no number."""
    lies = (
        b"0",
        b"-1",
        b"99999",
        b"1e3",
        b"x",
        b"",
        b"5, 5",
        b"999999999999999999999",
        "٣".encode(),
        b"+4",
        b"0x10",
    )
    sent = form(chance, ground, "length", encoded(fields(chance, ground)))
    return replace(sent, length=chance.choice(lies))


def broken_multipart(chance: Random, ground: Ground) -> Sent:
    """Parts without an end, without a name, within each other, by the hundred."""
    part = b'--part\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    whole = b"".join(part % one for one in fields(chance, ground)) + b"--part--\r\n"
    broken = (
        whole[: chance.randrange(len(whole))],
        whole.replace(b"\r\n", b"\n"),
        whole.replace(b'name="', b"name=", chance.randrange(1, 3)),
        whole.replace(b"--part--", b""),
        b"--part\r\n" * 300,
        part % (b"message", whole) + b"--part--",
        b"--part\r\nContent-Disposition: form-data; name*=utf-8''%FF%FE\r\n\r\nx\r\n--part--\r\n",
        b"--part\r\nContent-Type: text/plain; charset=" + noise(chance) + b"\r\n\r\nx\r\n--part--\r\n",
        b"--part\r\n" + b"X-A: b\r\n" * 500 + b"\r\nx\r\n--part--\r\n",
        b"".join(part % (b"f%d" % n, b"x") for n in range(1200)) + b"--part--\r\n",
    )
    return form(chance, ground, "multipart", chance.choice(broken), MULTIPART)


def hostile_file(chance: Random, ground: Ground) -> Sent:
    """A file that is not the picture it claims to be."""
    names = (
        b"../../etc/passwd",
        b"a.php",
        b"photo.jpg\x00.exe",
        b"\xff\xfe.png",
        b"a" * 3000,
        b"",
        b"con.jpg",
    )
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    files = (
        png + b"\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\x00\x00\x00" + chance.randbytes(40),
        b"\xff\xd8\xff\xe0" + chance.randbytes(300),
        b"\xff\xd8\xff\xe1\xff\xffExif\x00\x00MM\x00*\x00\x00\x00\x08" + b"\xff" * 200,
        b"GIF89a" + b"\xff" * 60,
        b"RIFF\xff\xff\xff\xffWEBPVP8L" + chance.randbytes(80),
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"%PDF-1.7\n" + chance.randbytes(50),
        b"PK\x03\x04" + chance.randbytes(100),
        b"",
        b"II*\x00\x08\x00\x00\x00\xff\xff" + b"\xff" * 100,
    )
    head = b'--part\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n'
    type_ = chance.choice((b"image/jpeg", b"image/png", b"image/webp", b"text/html", b"\xff"))
    token = b'--part\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + ground.csrf + b"\r\n"
    name = chance.choice((b"photo", b"logo", b"file", b"message", b"csrf_token"))
    body = token + head % (name, chance.choice(names), type_) + chance.choice(files) + b"\r\n--part--\r\n"
    sent = form(chance, ground, "file", body, MULTIPART)
    uploads = [one for one in ground.forms if one.endswith((b"/photo", b"/logo", b"/identity"))]
    return replace(sent, target=chance.choice(uploads)) if uploads and chance.random() < 0.8 else sent


def broken_token(chance: Random, ground: Ground) -> Sent:
    """A token, signed by us, with a piece changed, cut or doubled; in an address or in a form."""
    token = bytearray(chance.choice(ground.tokens or (b"abc.def",)))
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(token))
        token[at : at + chance.randrange(3)] = chance.choice((b"", b"A", b".", b"%00", b"%C3%A9", b"=", b"-"))
    if chance.random() < 0.5:
        return form(chance, ground, "token", b"answer=good&message=Bonjour&token=" + bytes(token))
    asked = page(chance, ground, "token")
    told = bytes(token)
    target = asked.target
    for known in ground.tokens:
        target = target.replace(known, told)
    return replace(asked, target=target)


def broken_receipt(chance: Random, ground: Ground) -> Sent:
    """A receipt with a wrong digit, foreign digits, far too many, or a check digit that fits no number."""
    good = chance.choice(ground.receipts or (b"123456 1234567890 12",))
    at = chance.randrange(len(good))
    told = chance.choice(
        (
            good[:at] + b"%d" % chance.randrange(10) + good[at + 1 :],
            b"".join(chr(0x660 + chance.randrange(10)).encode() for _ in range(18)),
            b"%018d" % chance.randrange(10**18),
            good * 50,
            "²³¹".encode() * 6,
            noise(chance),
        )
    )
    sent = form(chance, ground, "receipt", encoded([(b"receipt", told)]))
    follow = [one for one in ground.forms if one.endswith(b"/follow")]
    return replace(sent, target=chance.choice(follow)) if follow else sent


KINDS: tuple[Callable[[Random, Ground], Sent], ...] = (
    bad_percent,
    odd_segment,
    odd_query,
    raw_query,
    long_path,
    odd_method,
    odd_host,
    odd_headers,
    bad_cookie,
    odd_form,
    raw_form,
    many_fields,
    huge_field,
    wrong_type,
    wrong_length,
    broken_multipart,
    hostile_file,
    broken_token,
    broken_receipt,
)


def no_http(chance: Random) -> bytes:
    """What comes down a socket and is not even a request."""
    host = b"Host: portal.test\r\n"
    chunked = (
        b"POST /sign-in HTTP/1.1\r\n"
        + host
        + b"Content-Type: "
        + FORM
        + b"\r\nTransfer-Encoding: chunked\r\n"
    )
    return chance.choice(
        (
            chance.randbytes(200),
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + chance.randbytes(60),
            b"GET /\r\n\r\n",
            b"GET / HTTP/9.9\r\n" + host + b"\r\n",
            b"GET / HTTP/1.1\r\n" + host * 2 + b"\r\n",
            b"GET / HTTP/1.1\r\n" + host + b"A : b\r\n folded\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + host + b"A: b\x00\rc\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + host + b"A: " + b"b" * 20_000 + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + host + b"A: b\r\n" * 300 + b"\r\n",
            b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + host + b"\r\n",
            b"GET http://[::1/ HTTP/1.1\r\n" + host + b"\r\n",
            b"GET  HTTP/1.1\r\n" + host + b"\r\n",
            chunked + b"\r\nzz\r\nmessage=1\r\n0\r\n\r\n",
            chunked + b"\r\nffffffffffffffff\r\nx",
            chunked + b"\r\n5\r\nab",
            chunked + b"Content-Length: 3\r\n\r\n0\r\n\r\nGET /help HTTP/1.1\r\n\r\n",
            chunked.replace(b"chunked", b"gzip, chunked") + b"\r\n0\r\n\r\n",
            chunked.replace(b"chunked", b"xchunked") + b"\r\n0\r\n\r\n",
            b"\r\n" * 200,
            b"",
        )
    )


def made(chance: Random, ground: Ground) -> Sent:
    """One request of any kind."""
    return chance.choice(KINDS)(chance, ground)
