"""A real network is backed up, restored for trial and brought back, through kills on the way."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from folkmoot import clock
from folkmoot.hosting.backup import BackupError, Wanted, prune, restore, run, verify
from folkmoot.hosting.backup.media import place_of
from folkmoot.hosting.backup.tree import root_of
from folkmoot.vault import master_key_file

from .conftest import Network, ask, complete, following, serving, wait_until

pytestmark = pytest.mark.slow


def test_a_network_comes_back_from_nothing_but_the_repository_and_the_key(network: Network, place, started):
    pictures = [network.add_medium(bytes([n]) * 3000) for n in range(5)]
    (network.settings.data / "certificates").mkdir()
    for name in ("fullchain.pem", "privkey.pem"):
        (network.settings.data / "certificates" / name).write_text(f"-----BEGIN {name}-----")
    full = run(network.settings, Wanted())
    network.ask("DELETE FROM notes WHERE id <= 100")
    network.ask("INSERT INTO notes VALUES (777777, 'after the full one')")
    pictures.append(network.add_medium(b"late"))
    second = run(network.settings, Wanted())
    assert (full.kind, second.kind, second.parent) == ("full", "incremental", full.name)
    assert second.sent < full.sent / 4

    outcome = verify(network.settings, all_media=True)
    assert outcome.name == second.name
    assert outcome.whole
    assert ask(network.server, "SELECT name, whole FROM backups ORDER BY made_at") == [
        (full.name, None),
        (second.name, True),
    ]

    new = place / "new"
    done = restore(network.open(), new)
    assert (done.backup, done.media, done.lacking) == (second.name, 6, [])
    server = serving(new, started)
    for question in (
        "SELECT count(*), sum(id) FROM notes",
        "SELECT * FROM objects ORDER BY key",
        "SELECT * FROM alembic_version",
    ):
        assert ask(server, question) == network.ask(question)
    # A timeline of its own: what the old machine writes from now on is never taken for what this one writes.
    assert ask(server, "SELECT timeline_id > 1 FROM pg_control_checkpoint()") == [(True,)]
    assert master_key_file(new).read_bytes() == master_key_file(network.settings.data).read_bytes()
    assert (new / "certificates" / "privkey.pem").read_text() == "-----BEGIN privkey.pem-----"
    assert (new / "certificates" / "privkey.pem").stat().st_mode & 0o777 == 0o600
    assert 'public_url = "https://moot.example"' in (new / "folkmoot.toml").read_text()
    assert all(
        (new / "media" / key).read_bytes() == (network.settings.data / "media" / key).read_bytes() for key in pictures
    )

    older = place / "older"
    assert restore(network.open(), older, name=full.name).backup == full.name
    assert ask(serving(older, started), "SELECT count(*) FROM notes") == [(20000,)]

    assert prune(network.settings).kept == [full.name, second.name]


def test_every_second_can_be_restored_from_the_journal(network: Network, place, started):
    with following(network):
        run(network.settings, Wanted())
        network.ask("INSERT INTO notes VALUES (900001, 'before')")
        picture = network.add_medium(b"between two backups")
        [(moment,)] = network.ask("SELECT clock_timestamp()")
        network.ask("INSERT INTO notes VALUES (900002, 'after')")
        network.ask("SELECT pg_switch_wal()", role="postgres")
        network.ask("INSERT INTO notes VALUES (900003, 'in the segment that still grows')")
        wait_until(lambda: complete(network))
    asked = "SELECT id FROM notes WHERE id > 900000 ORDER BY id"

    back = place / "back"
    done = restore(network.open(), back, at=moment)
    assert done.until == moment
    assert ask(serving(back, started), asked) == [(900001,)]

    newest = place / "newest"
    done = restore(network.open(), newest)
    assert ask(serving(newest, started), asked) == [(900001,), (900002,), (900003,)]
    assert (newest / "media" / picture).read_bytes() == b"between two backups"
    assert verify(network.settings).whole

    with pytest.raises(BackupError, match="reaches until"):
        restore(network.open(), place / "never", at=moment + timedelta(hours=1))
    with pytest.raises(BackupError, match="was whole at"):
        restore(network.open(), place / "never", at=moment - timedelta(hours=1))


def test_a_backup_whose_public_log_does_not_lead_to_its_checkpoint_is_refused(network: Network):
    entries = [b"one", b"two", b"three"]
    for place, body in enumerate(entries):
        network.ask(
            "INSERT INTO log_entries (place, id, deed, body, subjects, at) VALUES (%s, %s, 'x', %s, '{}', now())",
            place,
            place + 1,
            body,
        )
    network.ask(
        "INSERT INTO log_checkpoints (size, root, signatures, made_at) VALUES (3, %s, '{x}', now())", root_of(entries)
    )
    run(network.settings, Wanted())
    assert ("log", "its 3 entries lead to the checkpoint that was signed") in verify(network.settings).checks
    network.ask("UPDATE log_entries SET body = 'two, rewritten' WHERE place = 1")
    run(network.settings, Wanted())
    with pytest.raises(BackupError, match="does not lead to the checkpoint"):
        verify(network.settings)


def test_pruning_takes_only_what_nothing_needs(network: Network):
    swept = network.add_medium(b"swept")
    kept = network.add_medium(b"kept")
    old = run(network.settings, Wanted())
    network.ask("DELETE FROM objects WHERE key = %s", swept)
    network.ask("UPDATE notes SET words = md5(words)")
    full = run(network.settings, Wanted(full=True))
    network.ask("INSERT INTO notes VALUES (900001, 'since')")
    newest = run(network.settings, Wanted())
    only_the_newest = dataclasses.replace(
        network.settings, backup_keep_daily=0, backup_keep_weekly=0, backup_keep_monthly=0, backup_keep_journal=0
    )
    assert prune(only_the_newest).objects == 0  # younger than a run that may go on
    assert [each[0] for each in network.ask("SELECT name FROM backups ORDER BY made_at")] == [full.name, newest.name]
    with clock.held_at(clock.now() + timedelta(days=10)):
        assert prune(only_the_newest).objects > 0
    opened = network.open()
    assert opened.names() == [full.name, newest.name]
    needed = {opened.chunk_place(name) for name in full.chunks() | newest.chunks()}
    assert {each.name for each in opened.objects.list("chunks")} == needed
    assert {opened.chunk_place(name) for name in old.chunks()} - needed
    assert [each.name for each in opened.objects.list("media")] == [place_of(opened, kept)]
    assert verify(network.settings, all_media=True).whole


def test_a_network_on_the_operators_own_server_comes_back_on_the_one_we_bring(network: Network, place, started):
    for statement in ("CREATE ROLE moot LOGIN REPLICATION", "ALTER DATABASE folkmoot RENAME TO moot"):
        network.ask(statement, role="postgres", database="postgres")
    network.ask("REASSIGN OWNED BY folkmoot TO moot", role="postgres", database="moot")
    url = network.server.url.replace("//folkmoot@/folkmoot", "//moot@/moot")
    theirs = dataclasses.replace(network.settings, database_url=url)
    assert run(theirs, Wanted()).database == "moot"
    assert verify(theirs).whole
    new = place / "new"
    restore(network.open(), new)
    server = serving(new, started)
    assert ask(server, "SELECT count(*) FROM notes") == [(20000,)]
    assert ask(server, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'") == [("folkmoot",)]
    ask(server, "INSERT INTO notes VALUES (900001, 'ours')")
