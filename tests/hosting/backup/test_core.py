"""The parts of a backup that need no server: seals, cuts, lists, what stays, what a restore reads of the journal."""

from __future__ import annotations

import contextlib
import io
import tarfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from folkmoot.hosting.backup import cutting, follow, journal, manifest, retention, sealing, standing
from folkmoot.hosting.backup.journal import Part
from folkmoot.hosting.backup.manifest import Figures, TableFigures
from folkmoot.hosting.backup.run import wal_range
from folkmoot.hosting.backup.sealing import NotOpened, Seal
from folkmoot.hosting.backup.tree import root_of
from folkmoot.hosting.backup.verify import between
from folkmoot.settings import Settings

SEAL = Seal(bytes(range(32)), "repository")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MB16 = 16 * 2**20


# Seals


@given(some.binary(max_size=300), some.text("abc/", min_size=1), some.data())
def test_one_changed_bit_breaks_a_seal(plain, name, data):
    sealed = bytearray(SEAL.seal(name, plain))
    assert SEAL.open(name, bytes(sealed)) == plain
    at = data.draw(some.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << at % 8
    with pytest.raises(NotOpened):
        SEAL.open(name, bytes(sealed))


@given(some.binary(max_size=100), some.integers(0, 200))
def test_what_is_cut_short_does_not_open(plain, left):
    sealed = SEAL.seal("chunks/a", plain)
    with pytest.raises(NotOpened):
        SEAL.open("chunks/a", sealed[: min(left, len(sealed) - 1)])


def test_an_object_in_anothers_place_does_not_open():
    with pytest.raises(NotOpened):
        SEAL.open("chunks/b", SEAL.seal("chunks/a", b"mine"))


def test_another_repositorys_seal_opens_nothing_even_with_the_same_key():
    with pytest.raises(NotOpened):
        Seal(bytes(range(32)), "another").open("a", SEAL.seal("a", b"mine"))


def test_names_say_nothing_and_are_the_same_every_time():
    assert SEAL.name_of("media", b"ab") == Seal(bytes(range(32)), "repository").name_of("media", b"ab")
    assert SEAL.name_of("media", b"ab") != SEAL.name_of("chunk", b"ab")


def test_a_recovery_key_is_an_age_identity_and_survives_being_typed():
    pair = sealing.make_recovery_key()
    sealed = sealing.seal_to_recovery_key(pair.public, b"the key")
    assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(pair.private)]) == b"the key"
    typed = f"Recovery key of ...\n\n   {pair.private.lower()[:40]} {pair.private[40:]}  \n"
    assert sealing.open_with_recovery_key(typed, sealed) == b"the key"


@pytest.mark.parametrize("private", ["", "AGE-SECRET-KEY-1", "another", "\0"])
def test_a_wrong_recovery_key_is_told_apart(private):
    if private == "another":
        private = sealing.make_recovery_key().private
    sealed = sealing.seal_to_recovery_key(sealing.make_recovery_key().public, b"the key")
    with pytest.raises(NotOpened):
        sealing.open_with_recovery_key(private, sealed)


@given(some.binary(max_size=2000))
def test_what_is_squeezed_comes_back(plain):
    assert sealing.unsqueeze(sealing.squeeze(plain)) == plain


@given(some.binary(max_size=200))
def test_bytes_from_anywhere_unpack_or_are_refused(packed):
    with contextlib.suppress(NotOpened):
        assert len(sealing.unsqueeze(packed)) <= sealing.LARGEST_PLAIN


# Cuts


def tar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as made:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            made.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def cut(stream: bytes, most: int = 10**9) -> tuple[list[cutting.Piece], bytearray]:
    source = io.BytesIO(stream)

    def read(view: memoryview) -> int:
        return source.readinto(view[:most])

    cutter = cutting.Cutter(read)
    return list(cutter.pieces()), cutter.manifest


SIZES = some.one_of(some.integers(0, 2000), some.integers(cutting.LARGE - 2, cutting.LARGE + 600), some.just(9 * 2**20))


@settings(max_examples=25)
@given(some.lists(SIZES, max_size=6), some.sampled_from([777, 65536]))
def test_pieces_put_together_are_the_stream(sizes, most):
    stream = tar({f"base/5/{number}": bytes([number + 1]) * size for number, size in enumerate(sizes)})
    pieces, _ = cut(stream, most)
    assert b"".join(piece.data for piece in pieces) == stream
    assert all(0 < len(piece.data) <= cutting.PIECE + cutting.LARGE + 2 * cutting.BLOCK for piece in pieces)
    at = 0
    headers = header_places(stream)
    for piece in pieces:
        assert not piece.at_header or at in headers
        at += len(piece.data)


def header_places(stream: bytes) -> set[int]:
    places, at = set(), 0
    while at < len(stream):
        places.add(at)
        header = cutting.read_header(stream[at : at + 512])
        at += 512 + (cutting.padded(header.size) if header else 0)
    return places


def test_a_file_that_did_not_change_gives_the_same_pieces_though_all_around_it_did():
    large = b"same" * (2**20)
    before, _ = cut(tar({"a": b"x" * 10, "large": large, "z": b""}))
    after, _ = cut(tar({"a": b"y" * 90000, "b": b"new", "large": large}))
    assert {bytes(piece.data) for piece in before} & {bytes(piece.data) for piece in after} == {large}


def test_the_servers_list_of_files_is_kept_aside():
    pieces, listed = cut(tar({"a": b"1", "backup_manifest": b"{}" * 700000}))
    assert listed == b"{}" * 700000
    assert b"".join(piece.data for piece in pieces).count(b"{}" * 700000) == 1


@given(some.integers(1, 3000))
def test_a_stream_that_ends_early_is_refused(missing):
    stream = tar({"a": b"1" * 1000, "b": b"2" * 1000}).rstrip(b"\0")
    short = stream[: max(0, len(stream) - missing)]
    if len(short) in header_places(stream):
        return
    with pytest.raises(cutting.NotATar):
        cut(short)


@given(some.binary(min_size=512, max_size=512))
def test_anything_that_is_no_header_is_refused(block):
    if any(block):
        with pytest.raises(cutting.NotATar):
            cutting.read_header(block)


# Lists


def a_manifest(name: str = "20260131T120000Z-full", **changes: object) -> manifest.Manifest:
    figures = Figures(NOON, "0/1", {"posts": TableFigures(3, 5, 2)})
    values: dict[str, object] = {
        "format": 1, "repository": "repository", "name": name, "kind": "full", "epoch": 1, "parent": "",
        "started_at": NOON, "finished_at": NOON, "software": "1", "schema": "0010", "server": 180000, "system": "7",
        "timeline": 1, "segment_size": MB16, "start_lsn": "0/1", "stop_lsn": "0/2", "database": "folkmoot",
        "role": "folkmoot", "size": 1, "sealed_size": 1, "sent": 1, "stream": [manifest.Chunk("ab", 1, 2, True)],
        "server_manifest": [], "bundle": [manifest.Chunk("cd", 1, 2)], "media": [], "media_count": 0, "media_size": 0,
        "before": figures, "after": figures,
    }  # fmt: skip
    return manifest.Manifest(**(values | changes))  # type: ignore[arg-type]


def test_a_list_comes_back_as_it_was():
    made = a_manifest()
    assert manifest.unpack(SEAL, made.name, manifest.pack(SEAL, made), "repository") == made
    assert made.chunks() == {"ab", "cd"}


def test_a_list_in_anothers_place_is_refused():
    made, other = a_manifest(), a_manifest("20260131T130000Z-full")
    with pytest.raises(NotOpened):
        manifest.unpack(SEAL, other.name, manifest.pack(SEAL, made), "repository")


def test_a_list_of_another_repository_is_refused():
    made = a_manifest(repository="another")
    with pytest.raises(NotOpened):
        manifest.unpack(SEAL, made.name, manifest.pack(SEAL, made), "repository")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("20260131T120000Z-full", True),
        ("20260131T120000Z-incremental", True),
        ("../x", False),
        ("x-full", False),
        ("", False),
    ],
)
def test_names_of_backups_are_recognised(name, right):
    assert manifest.is_name(name) is right


def test_the_servers_list_says_which_journal_a_copy_needs():
    listed = b'{"WAL-Ranges": [{"Timeline": 3, "Start-LSN": "0/2000028", "End-LSN": "0/2000120"}], "Files": []}'
    assert wal_range(listed) == ("0/2000028", "0/2000120", 3)


# What stays


def standings(*days: float, **more: object) -> list[retention.Standing]:
    return [retention.Standing(f"{day}", NOON - timedelta(days=day)) for day in days]


def test_one_a_day_a_week_and_a_month_stay():
    backups = standings(*range(100))
    stay = retention.stay(backups, retention.Kept(daily=3, weekly=2, monthly=2))
    assert {"0", "1", "2"} <= stay
    assert len(stay) == 5  # three days, a week before, a month before


def test_the_newest_stays_without_any_rule():
    assert retention.stay(standings(3, 1, 2), retention.Kept(0, 0, 0)) == {"1"}


BACKUPS = some.lists(
    some.tuples(some.integers(0, 400), some.booleans(), some.booleans()),
    min_size=1,
    max_size=40,
    unique_by=lambda each: each[0],
)


@given(BACKUPS, some.integers(0, 5), some.integers(0, 5), some.integers(0, 5))
def test_what_stays_can_be_restored_and_something_verified_always_stays(drawn, daily, weekly, monthly):
    backups = []
    for days, incremental, verified in sorted(drawn, reverse=True):
        parent = backups[-1].name if backups and incremental else ""
        backups.append(retention.Standing(str(days), NOON - timedelta(days=days), parent, verified))
    stay = retention.stay(backups, retention.Kept(daily, weekly, monthly))
    by_name = {each.name: each for each in backups}
    assert all(not by_name[name].parent or by_name[name].parent in stay for name in stay)
    assert backups[-1].name in stay
    tried = [each.name for each in backups if each.verified]
    assert not tried or tried[-1] in stay
    assert (
        len([name for name in stay if not any(by_name[other].parent == name for other in stay)])
        <= daily + weekly + monthly + 2
    )


def test_the_journal_stays_from_the_backup_before_the_window():
    backups = standings(1, 6, 8, 15)
    assert retention.wal_from(backups, 7, NOON) == "8"
    assert retention.wal_from(backups, 30, NOON) == "15"
    assert retention.wal_from([], 7, NOON) == ""


# The journal


def seg(number: int, timeline: int = 1) -> str:
    return journal.file_of(timeline, number, MB16)


def test_segments_have_the_names_postgresql_gives_them():
    assert seg(3) == "000000010000000000000003"
    assert seg(256) == "000000010000000100000000"
    assert journal.number_of("0000000200000001000000FF", MB16) == 511
    assert journal.position("1/FF000028") == (1 << 32) + 0xFF000028


@pytest.mark.parametrize(
    "name", ["", "x", "00000001000000000000000", "000000010000000000000003.9-9", "000000010000000000000003.making"]
)
def test_what_is_no_part_of_a_journal_is_ignored(name):
    assert journal.read_name(name) is None


@given(some.integers(0, 5000), some.integers(0, 1000), some.integers(1, 1000))
def test_parts_have_names_that_can_be_read(number, begin, length):
    part = Part(seg(number), begin, begin + length)
    assert journal.read_name(part.name) == part
    assert journal.read_name(Part(seg(number)).name) == Part(seg(number))


def plan(parts: list[Part]) -> journal.Plan:
    return journal.plan(parts, "0/2000028", "0/3000100", MB16)  # a copy with segments 2 and 3 inside


def test_a_restore_reads_on_until_the_growing_segment():
    parts = [Part(seg(3)), Part(seg(4)), Part(seg(5), 0, 100), Part(seg(5), 100, 180), Part("00000002.history")]
    planned = plan(parts)
    assert list(planned.files[seg(5)]) == [Part(seg(5), 0, 100), Part(seg(5), 100, 180)]
    assert set(planned.files) == {seg(3), seg(4), seg(5), "00000002.history"}
    assert planned.gap == ""


def test_a_missing_segment_is_noticed_and_nothing_after_it_read():
    planned = plan([Part(seg(4)), Part(seg(6)), Part(seg(7))])
    assert set(planned.files) == {seg(4)}
    assert planned.gap == seg(5)[8:]


def test_a_missing_part_of_a_growing_segment_ends_it_there():
    assert journal.join([Part("f", 0, 10), Part("f", 20, 30)]) == [Part("f", 0, 10)]
    assert journal.join([Part("f", 10, 20)]) == []
    assert journal.join([Part("f", 0, 10), Part("f"), Part("f", 10, 20)]) == [Part("f")]


def test_a_torn_segment_with_whole_ones_after_it_is_a_gap():
    planned = plan([Part(seg(4)), Part(seg(5), 0, 100), Part(seg(6))])
    assert planned.gap == seg(5)[8:]
    assert seg(6) not in planned.files


@given(some.sets(some.integers(4, 20)))
def test_whatever_lies_there_the_plan_is_without_a_gap(numbers):
    planned = plan([Part(seg(number)) for number in numbers])
    got = sorted(journal.number_of(file, MB16) for file in planned.files)
    assert all(after - before == 1 for before, after in pairwise(got))
    assert not got or got[0] == 4
    assert bool(planned.gap) == (len(got) < len(numbers))


# Counts


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((5, 5, 0), (5, 5, 0), (5, 5)),
        ((5, 5, 0), (8, 8, 0), (5, 11)),
        ((5, 5, 0), (5, 7, 2), (3, 7)),
        ((5, 5, 0), (2, 5, 3), (0, 5)),
    ],
)
def test_rows_are_exact_when_nothing_was_written_and_have_leeway_else(before, after, expected):
    first = Figures(NOON, "", {"posts": TableFigures(*before)})
    last = Figures(NOON, "", {"posts": TableFigures(*after)})
    assert between(first, last, "posts") == expected


# What the doctor says


def entry(days: float, tried: float | None = None, whole: bool | None = None) -> standing.Entry:
    at = NOON - timedelta(days=days)
    verified = NOON - timedelta(days=tried) if tried is not None else None
    return standing.Entry(f"{days}", "full", at, 1, 1, verified, whole, "" if whole else "The page is torn.")


@pytest.mark.parametrize(
    ("made", "complete", "trouble", "unwell"),
    [
        ([], 0, "", ["ever made"]),
        ([entry(0.5, 0.2, True)], 10, "", []),
        ([entry(3, 2, True)], 10, "", ["3 days old"]),
        ([entry(0.5)], 10, "", ["ever restored for trial"]),
        ([entry(0.5), entry(20, 19, True)], 10, "", ["19 days ago"]),
        ([entry(0.5, 0.1, False), entry(2, 1, True)], 10, "", ["torn"]),
        ([entry(0.5, 0.2, True)], 3600, "", ["ends 60 minutes ago"]),
        ([entry(0.5, 0.2, True)], None, "", ["has not begun"]),
        ([entry(0.5, 0.2, True)], 10, "The bucket is gone.", ["bucket"]),
    ],
)
def test_the_doctor_warns_of_old_untried_and_damaged_backups(made, complete, trouble, unwell):
    at = NOON - timedelta(seconds=complete) if complete is not None else None
    found = [words for well, words in standing.judge(Settings(), made, NOON, at, trouble) if not well]
    assert len(found) == len(unwell)
    assert all(mark in words for mark, words in zip(unwell, found, strict=True))


@pytest.mark.parametrize(
    ("newest", "verified", "has_gap", "expected"),
    [
        (None, None, False, (True, True)),
        (1, 1, False, (False, False)),
        (25, 1, False, (True, False)),
        (1, 1, True, (True, False)),
        (1, 200, False, (False, True)),
        (1, None, False, (False, True)),
    ],
)
def test_chores_are_due_by_age_and_after_a_gap(newest, verified, has_gap, expected):
    def ago(hours: float | None) -> datetime | None:
        return NOON - timedelta(hours=hours) if hours is not None else None

    found = follow.due(Settings(), NOON, ago(newest), ago(verified), has_gap=has_gap)
    assert (found.backup, found.verify) == expected


# The public log


@given(some.lists(some.binary(max_size=10), max_size=40))
def test_two_ways_lead_to_the_same_root_of_the_log(entries):
    assert root_of(entries) == merkle_root(entries)


def merkle_root(entries: list[bytes]) -> bytes:
    """Word for word as RFC 6962 has it."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\0" + entries[0]).digest()
    left = 1 << (len(entries) - 1).bit_length() - 1
    return sha256(b"\1" + merkle_root(entries[:left]) + merkle_root(entries[left:])).digest()
