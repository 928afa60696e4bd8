"""The sweep over what is already there, with real processes."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import pytest

from folkmoot.moderation import findings, rulebook
from folkmoot.moderation.screening import Category, Limits, Outcome, Stage, Words
from folkmoot.moderation.sweep import Options, Progress, sweep
from folkmoot.moderation.sweep.crew import Processes
from folkmoot.network.accounts import update_profile
from folkmoot.network.accounts.rules import ProfileHeld
from folkmoot.network.gate import Gate
from folkmoot.network.gate.parts import Parts, Tuning
from folkmoot.network.posts.views import Visibility
from folkmoot.settings import Settings

THREAT = "I will find you tonight and I will kill you, you traitor"
pytestmark = pytest.mark.slow


@pytest.fixture
def gate(db: Any) -> Gate:
    return Gate(db, Settings())


async def test_a_sweep_holds_what_is_planted_once_and_leaves_the_rest(
    db: Any, cast: Any, write: Any, desk: Any
) -> None:
    threat = await write(cast.ada, THREAT)
    letter = await write(cast.ada, THREAT, visibility=Visibility.DIRECT.value)
    harmless = [await write(cast.bert, f"Good morning number {n}") for n in range(20)]
    options = Options(hands=1)
    dry = await sweep(db, Settings(), Options(hands=1, dry=True))
    assert (dry.screened, dry.holds) == (22, 1)
    assert await db.fetchval("SELECT count(*) FROM findings") == 0
    done = await sweep(db, Settings(), options)
    assert (done.total, done.screened, done.holds) == (22, 22, 1)
    assert await desk.find(cast.bert, threat) is None
    assert await desk.find(cast.ada, letter) is not None
    assert all([await desk.find(None, id) for id in harmless])
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    assert (finding.post_id, finding.found_by) == (threat, "sweep")
    await findings.release(db, cast.dora, finding.id)
    again = await sweep(db, Settings(), options)
    assert again.holds == 0, "what was decided about this version stands"
    assert (await desk.get(cast.bert, threat)).hidden_at is None


async def test_a_stopped_sweep_goes_on_where_it_was(
    db: Any, cast: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[sweep.__module__], "BATCH", 5)
    for n in range(20):
        await write(cast.ada, f"Good morning number {n}")
    seen: list[int] = []

    def pull_the_plug(progress: Progress) -> None:
        seen.append(progress.screened)
        if progress.screened >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await sweep(db, Settings(), Options(hands=1), pull_the_plug)
    assert seen[-1] == 10
    done = await sweep(db, Settings(), Options(hands=1))
    assert done.resumed
    assert done.screened == 20
    assert await db.fetchval("SELECT count(*) FROM sweeps") == 1


async def test_a_verdict_between_stop_and_start_does_not_send_a_sweep_back_to_the_beginning(
    db: Any, cast: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[sweep.__module__], "BATCH", 5)
    await write(cast.ada, THREAT)
    for n in range(13):
        await write(cast.bert, f"Good morning number {n}")
    copied = await write(cast.bert, f"{THREAT} https://example.org")

    def pull_the_plug(progress: Progress) -> None:
        if progress.screened == 5:
            raise KeyboardInterrupt

    options = Options(hands=1, rules_only=True)
    with pytest.raises(KeyboardInterrupt):
        await sweep(db, Settings(), options, pull_the_plug)
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    await findings.uphold(db, cast.dora, finding.id)
    assert await db.fetchval("SELECT count(*) FROM judged") == 1
    done = await sweep(db, Settings(), options)
    assert (done.resumed, done.screened, done.holds) == (True, 15, 2)
    (found,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    assert (found.post_id, found.because[0].stage) == (copied, Stage.COPY), "the verdict counts from there on"


async def test_a_sweep_that_was_stopped_begins_anew_by_other_limits(db: Any, cast: Any, write: Any) -> None:
    for n in range(3):
        await write(cast.ada, f"Good morning number {n}")

    def pull_the_plug(progress: Progress) -> None:
        raise KeyboardInterrupt

    options = Options(hands=1, rules_only=True)
    with pytest.raises(KeyboardInterrupt):
        await sweep(db, Settings(), options, pull_the_plug)
    limits = Tuning(limits={Category.THREAT: Limits(case=0.4, hold=0.8)})
    await rulebook.use_limits(db, cast.dora, limits)
    assert not (await sweep(db, Settings(), options)).resumed
    assert await db.fetchval("SELECT count(*) FROM sweeps") == 2


async def test_whoever_is_dismissed_sits_out_no_pause() -> None:
    crew = Processes(Parts(mode="rules"), 1, 1e-6)
    words = [Words(text="good morning")] * 20
    assert len(await crew.read(words)) == 20
    owing = asyncio.create_task(crew.read(words))
    read, _ = await asyncio.wait([owing], timeout=0.5)
    assert not read, "it pauses first"
    crew.dismiss()
    assert len(await owing) == 20


async def test_a_sweep_reads_profiles_and_brings_doubtful_words_before_stewards_once(
    db: Any, cast: Any, gate: Any
) -> None:
    await db.fetch("UPDATE accounts SET bio = $2 WHERE id = $1", cast.ada.account_id, THREAT)
    await db.fetch(
        "UPDATE accounts SET bio = 'Baker', fields = $2::jsonb WHERE id = $1",
        cast.bert.account_id,
        json.dumps([{"name": "Motto", "value": THREAT, "verified_at": None}]),
    )
    with pytest.raises(ProfileHeld):  # what was refused stays before stewards beside what stands there
        await update_profile(db, gate, cast.ada, bio=f"{THREAT}, hear me")
    dry = await sweep(db, Settings(), Options(hands=1, rules_only=True, dry=True))
    assert (dry.profiles, dry.doubted_profiles) == (4, 2)
    assert await findings.list_open(db, cast.dora, Outcome.CASE) == []
    done = await sweep(db, Settings(), Options(hands=1, rules_only=True))
    assert (done.profiles, done.doubted_profiles) == (4, 2)
    found = {each.account_id: each for each in await findings.list_open(db, cast.dora, Outcome.CASE)}
    assert set(found) == {cast.ada.account_id, cast.bert.account_id}
    assert (found[cast.ada.account_id].text, found[cast.ada.account_id].found_by) == (f"{THREAT}\nAda", "sweep")
    assert len(await findings.list_open(db, cast.dora, Outcome.HOLD)) == 1
    again = await sweep(db, Settings(), Options(hands=1, rules_only=True))
    assert (again.profiles, again.doubted_profiles) == (4, 0)
    await db.fetch("UPDATE accounts SET bio = $2 WHERE id = $1", cast.ada.account_id, f"{THREAT}!")
    changed = await sweep(db, Settings(), Options(hands=1, rules_only=True))
    assert changed.doubted_profiles == 1
    now = [each.text for each in await findings.list_open(db, cast.dora, Outcome.CASE)]
    assert sorted(now) == sorted([f"{THREAT}!\nAda", found[cast.bert.account_id].text])
