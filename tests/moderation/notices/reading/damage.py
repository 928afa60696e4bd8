"""What happens to letters on their way, and what people send to see whether we fall: drawn from a seed, so that each can be had again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from letters import LETTERS

HEADERS = (
    b"Subject", b"From", b"Content-Type", b"References", b"To", b"Date", b"Content-Disposition", b"DKIM-Signature",
)  # fmt: skip
NONSENSE = (
    b'";' * 1_000, b"=?utf-8?q?=" * 800, b"<" * 5_000, b"(" * 5_000, b" ;a=b" * 2_000, b"\x00\xff" * 1_000, b'"' * 3_001,
)  # fmt: skip
CROWDS = (
    b"https://moot.example/@ada/%d\n", b"hxxp://moot[.]example/%d ", b"post %d ", b"@ada@moot.example %d",
    b"https://x.example/?u=%%2525%d ",
)  # fmt: skip
SWELLINGS = (
    b" ", b"a", b"<", b"<a href=", b"<!--", b"<script>", b"> ", b"within ", b"until ", b"moot.example", b"=\n", b"&#", b"\xff",
    b"@", b"http://", b"1.", b"[.]", b"{", b'{"a":', b"we will ", b"\n\n", b"bis 1.",
)  # fmt: skip
"""What makes a careless pattern slow when there is much of it."""

Damage = Callable[[bytes, random.Random], bytes]


def flip_bytes(raw: bytes, draw: random.Random) -> bytes:
    """Some bytes are others."""
    made = bytearray(raw)
    for _ in range(draw.randint(1, max(1, len(made) // 20))):
        if made:
            made[draw.randrange(len(made))] = draw.randrange(256)
    return bytes(made)


def cut(raw: bytes, draw: random.Random) -> bytes:
    """It ends, or begins, in the middle."""
    at = draw.randint(0, len(raw))
    return raw[:at] if draw.random() < 0.7 else raw[at:]


def drop_headers(raw: bytes, draw: random.Random) -> bytes:
    """Lines are missing."""
    return b"\n".join(line for line in raw.split(b"\n") if draw.random() > 0.2)


def lie_about_charset(raw: bytes, draw: random.Random) -> bytes:
    """The text is not in what it says it is in."""
    name = draw.choice(
        [b"utf-16", b"utf-7", b"idna", b"hex", b"rot13", b"shift_jis", b"unicode_escape", b"\xff", b"zlib", b"'", b""]
    )
    raw = raw.replace(b'"utf-8"', b'"' + name + b'"').replace(b"us-ascii", name)
    return raw.replace(b"e", draw.choice([b"\xe4", b"\xc3\xa4", b"\xff"]), 20)


def nest(raw: bytes, draw: random.Random) -> bytes:
    """Letters within letters within letters."""
    for n in range(draw.randint(2, 40)):
        mark = b"b%d" % n if draw.random() < 0.8 else b"same"
        raw = (
            b'Content-Type: multipart/mixed; boundary="'
            + mark
            + b'"\r\n\r\n--'
            + mark
            + b"\r\n"
            + raw
            + b"\r\n--"
            + mark
            + b"--\r\n"
        )
    return b"From: abuse@cloud.example\r\nSubject: nested\r\n" + raw


def many_parts(raw: bytes, draw: random.Random) -> bytes:
    """A thousand and one parts."""
    part = b"--m\r\nContent-Type: text/plain\r\n\r\nhttps://moot.example/@ada/105345678901234567\r\n"
    return (
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n"
        + part * draw.randint(100, 3_000)
        + raw
    )


def break_base64(raw: bytes, draw: random.Random) -> bytes:
    """Base64 that is none."""
    noise = bytes(draw.choice(b"ABCDabcd0123+/=\n\xff!") for _ in range(draw.randint(1, 3_000)))
    return raw.replace(b"\n\n", b"\nContent-Transfer-Encoding: base64\n\n" + noise, 1)


def break_quoting(raw: bytes, draw: random.Random) -> bytes:
    """Quoted-printable that is none."""
    noise = bytes(draw.choice(b"=3D=\n=\r\n=ZZ=0 A") for _ in range(draw.randint(1, 3_000)))
    return raw.replace(b"\n\n", b"\nContent-Transfer-Encoding: quoted-printable\n\n" + noise, 1)


def long_header(raw: bytes, draw: random.Random) -> bytes:
    """Headers nobody should write."""
    return draw.choice(HEADERS) + b": " + draw.choice(NONSENSE) + b"\r\n" + raw


def nuls(raw: bytes, draw: random.Random) -> bytes:
    """NULs everywhere."""
    return raw.replace(draw.choice([b" ", b"\n", b"e", b":"]), b"\0")


def odd_lines(raw: bytes, draw: random.Random) -> bytes:
    """Line ends of another world."""
    return raw.replace(b"\r\n", b"\n").replace(
        b"\n", draw.choice([b"\r", b"\r\r\n", b"\n\r", b"\x0b", b"\xe2\x80\xa8"])
    )


def crowd(raw: bytes, draw: random.Random) -> bytes:
    """Ten thousand addresses, or what begins like them."""
    kind, count = draw.choice(CROWDS), draw.choice([500, 10_000])
    return raw + b"\n" + b"".join(kind % (105345678901234567 + n) for n in range(count))


def swell(raw: bytes, draw: random.Random) -> bytes:
    """A body of up to ten megabytes."""
    what, size = draw.choice(SWELLINGS), draw.choice([10_000, 100_000, 1_000_000, 10_000_000])
    kind = draw.choice([b"text/plain", b"text/html", b"application/json"])
    return b"From: a@b.example\r\nContent-Type: " + kind + b"\r\n\r\n" + what * (size // len(what)) + raw


def shuffle_lines(raw: bytes, draw: random.Random) -> bytes:
    """Lines out of order."""
    lines = raw.split(b"\n")
    draw.shuffle(lines)
    return b"\n".join(lines)


def splice(raw: bytes, draw: random.Random) -> bytes:
    """Two letters in one."""
    other = draw.choice(list(LETTERS.values()))()
    return raw[: draw.randint(0, len(raw))] + other[draw.randint(0, len(other)) :]


def leave(raw: bytes, draw: random.Random) -> bytes:
    """Nothing happened."""
    return raw


COMMON: tuple[Damage, ...] = (
    flip_bytes,
    cut,
    drop_headers,
    lie_about_charset,
    nest,
    break_base64,
    break_quoting,
    long_header,
    nuls,
    odd_lines,
    shuffle_lines,
    splice,
    leave,
)
RARE: tuple[Damage, ...] = (many_parts, crowd, swell)


def damaged(seed: int) -> Iterator[bytes]:
    """Letters without end, most of them broken; one in forty is very large."""
    draw = random.Random(seed)
    whole = [make() for make in LETTERS.values()]
    while True:
        raw = draw.choice(whole)
        for _ in range(draw.choice([1, 1, 1, 2, 3])):
            raw = draw.choice(COMMON)(raw, draw)
        if draw.random() < 0.025:
            raw = draw.choice(RARE)(raw, draw)
        yield raw
