"""What pages say of screening: by what is switched on, and of what was found."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from folkmoot import clock
from folkmoot.demo import pictures
from folkmoot.ids import new_id
from folkmoot.moderation import findings, rulebook
from folkmoot.moderation.cases.open import open_found
from folkmoot.moderation.findings.refused import keep_refused
from folkmoot.moderation.rulebook import queries
from folkmoot.moderation.screening import Category, Limits, Outcome, Reason, Stage, Standing, Words, conclude
from folkmoot.moderation.screening.context import weighed
from folkmoot.moderation.screening.model import SHIPPED, Model
from folkmoot.network.gate import Gate, Subject, parts
from folkmoot.network.posts.hold import hide
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft
from folkmoot.settings import Settings
from folkmoot.storage import key_of, open_storage, record_object

ELSEWHERE = "https://judge.example:8443/v1/moderations"


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """The mode of screening and the address of another model are the test's."""
    mode, other, *without = getattr(request, "param", ("rules", ""))
    return dataclasses.replace(settings, screening=mode, other_model_url=other, screening_without=tuple(without))


def switched(*modes: tuple[str, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("settings", modes, indirect=True)


THREAT = "I will find you tonight and I will kill you, you traitor"
READS = "a program on this server reads it"
STAYS = "No text leaves this server"
SENT = "are also sent to judge.example"
MODEL = "a small model on this server"
COPIES = "a near copy of something people have judged"
AROUND = "Only where that model is in doubt"


@pytest.mark.parametrize(
    ("settings", "said", "unsaid"),
    [
        (("off", ELSEWHERE), ["screening is switched off"], [READS, STAYS, SENT, MODEL]),
        (("rules", ""), [READS, STAYS], [SENT, MODEL]),
        (("full", ""), [READS, STAYS, MODEL], [SENT]),
        (("rules", ELSEWHERE), [READS, SENT, "the model at judge.example"], [STAYS, MODEL]),
        (("full", ELSEWHERE), [READS, SENT, MODEL, COPIES, AROUND], [STAYS]),
        (("full", "", "copies", "context"), [READS, MODEL], [COPIES, AROUND]),
    ],
    indirect=["settings"],
)
async def test_members_are_told_what_reads_their_posts_here(ask: Any, said: list[str], unsaid: list[str]) -> None:
    page = (await ask(None, "GET", "/about/screening")).text
    assert [each for each in said if each not in page] == []
    assert [each for each in unsaid if each in page] == []


@switched(("off", ""))
async def test_stewards_are_told_that_screening_is_off(ask: Any, cast: Any) -> None:
    page = await ask(cast.dora, "GET", "/admin/screening")
    assert page.status_code == 200
    assert "Screening is off." in page.text
    assert "held from" not in page.text


@switched(("rules", ""))
async def test_stewards_see_what_is_in_force(ask: Any, cast: Any) -> None:
    page = (await ask(cast.dora, "GET", "/admin/screening")).text
    assert "Screening is off." not in page
    assert "held from" in page


@switched(("full", ""))
async def test_stewards_are_told_that_the_file_of_the_model_is_damaged(
    ask: Any, cast: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off = tmp_path / "cut.folkmodel"
    cut_off.write_bytes(SHIPPED.read_bytes()[:100_000])
    monkeypatch.setattr(parts, "shipped_model", lambda: Model.open(cut_off))
    page = await ask(cast.dora, "GET", "/admin/screening")
    assert page.status_code == 200
    assert "The file of the model cannot be used" in page.text
    assert "it was cut off or changed since it was made" in page.text
    assert "Screening is off." not in page.text


async def test_a_finding_shows_how_sure_it_is_of_its_own_category(db: Any, ask: Any, cast: Any) -> None:
    spam = Reason(stage=Stage.RULE, category=Category.SPAM, probability=0.95, name="cheap-watches")
    violence = Reason(stage=Stage.MODEL, category=Category.VIOLENCE, probability=0.01, name="v")
    limits = {category: Limits(case=0.5, hold=0.9) for category in Category}
    finding = conclude([violence, spam], limits, {"rules": "1"})
    async with db.transaction() as tx:
        subject = Subject(account_id=cast.ada.account_id)
        await Gate(db, Settings()).record(tx, subject, finding, Words(text="Cheap watches"), "spam")
        unexplained = msgspec.structs.replace(conclude([], {}, {}), outcome=Outcome.HOLD, probability=0.25)
        subject = Subject(account_id=cast.bert.account_id)
        await Gate(db, Settings()).record(tx, subject, unexplained, Words(text="Good evening"), "threat")
    page = (await ask(cast.dora, "GET", "/admin/held")).text
    assert "Spam · 95 %" in page
    assert "Threat · 25 %" in page, "nothing speaks for it any more"


@switched(("rules", ""))
async def test_an_author_is_told_that_the_same_was_removed_before(
    db: Any, ask: Any, cast: Any, desk: Any, upload: Any
) -> None:
    first = await publish(desk, cast.ada, Draft(text=THREAT))
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    await findings.uphold(db, cast.dora, finding.id)
    picture = await upload(cast.bert)
    await db.fetch("UPDATE media SET picture_hash = $2 WHERE id = $1", picture, "7" * 64)
    await rulebook.add_pictures(db, cast.dora, "known", [("7" * 64, "a list", "threat")])
    copied = await publish(desk, cast.bert, Draft(text=f"{THREAT}!"))
    pictured = await publish(desk, cast.bert, Draft(text="The harbour this morning", media=(picture,)))
    assert (first.removed_before, copied.removed_before, pictured.removed_before) == (None, "copy", "picture")

    async def why(author: Any, post: Any) -> str:
        page = (await ask(author, "GET", f"/@{author.name}/{post.id}")).text
        return page.partition("held-why")[2].partition("<a")[0]

    assert "It reads like a" in await why(cast.ada, first)
    assert "It is a copy of a text that was removed before." in await why(cast.bert, copied)
    assert "It has a picture that was removed before or is on a list of known ones." in await why(cast.bert, pictured)


async def test_what_was_released_is_no_reason_any_more(db: Any, cast: Any, desk: Any) -> None:
    await publish(desk, cast.ada, Draft(text=THREAT))
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    await findings.uphold(db, cast.dora, finding.id)
    copied = await publish(desk, cast.bert, Draft(text=f"{THREAT}!"))
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    await findings.release(db, cast.dora, finding.id)
    async with db.transaction() as tx:
        await hide(tx, copied.id, "hate")
    hidden = await desk.get(cast.bert, copied.id)
    assert (hidden.hidden_for, hidden.removed_before) == ("hate", None)


@switched(("rules", ""))
async def test_stewards_see_rule_files_that_are_left_out_and_why(db: Any, ask: Any, cast: Any) -> None:
    async with db.transaction() as tx:
        await queries.insert_part(tx, new_id(), "rules", "aged", "1", "off = ['gone']", clock.now(), None)
    page = await ask(cast.dora, "GET", "/admin/screening")
    assert "aged.toml, line 1: there is no rule &#39;gone&#39; to switch off" in page.text


@switched(("rules", ""))
async def test_whoever_sends_a_threat_is_not_told_that_it_is_out(ask: Any, cast: Any) -> None:
    for text, said in ((THREAT, "Held: only you can see this"), ("Good evening", "Your post is out.")):
        answer = await ask(cast.ada, "POST", "/compose", text=text, visibility="public")
        assert unquote(answer.headers["set-cookie"].partition("notice=")[2].partition(";")[0].strip('"')).startswith(
            said
        )


@switched(("rules", ""))
async def test_stewards_read_what_a_rule_is_about_and_what_found_things(ask: Any, cast: Any) -> None:
    await ask(cast.ada, "POST", "/compose", text=THREAT, visibility="public")
    page = (await ask(cast.dora, "GET", "/admin/held")).text
    assert 'Rule</strong> en-threat-kill-you <span dir="auto">(' in page
    assert "en-threat-kill-you" in (await ask(cast.dora, "GET", "/admin/screening")).text


async def test_what_found_things_is_named_in_the_language_of_the_page(db: Any, ask: Any, cast: Any) -> None:
    finding = conclude([_picture("may"), _picture("removed")], {}, {})
    async with db.transaction() as tx:
        for because in finding.because:
            each = msgspec.structs.replace(finding, because=(because,))
            await Gate(db, Settings()).record(
                tx, Subject(account_id=cast.ada.account_id), each, Words(text=""), "threat"
            )
    await db.fetch("UPDATE findings SET decision = NULL, decided_at = NULL")
    page = (await ask(cast.dora, "GET", "/admin/screening")).text
    assert "Known pictures: may" in page
    assert "Known pictures: removed here" in page


async def test_stewards_read_what_surrounds_a_post_that_the_model_doubts(db: Any, ask: Any, cast: Any) -> None:
    words = Words(text="See you on Saturday", standing=Standing(days=400, posts=900, strikes=1), alike=2)
    doubt = Reason(stage=Stage.MODEL, category=Category.VIOLENCE, probability=0.4, name="v")
    finding = conclude(weighed([doubt], words), {Category.VIOLENCE: Limits(case=0.1, hold=0.5)}, {})
    async with db.transaction() as tx:
        await Gate(db, Settings()).record(tx, Subject(account_id=cast.ada.account_id), finding, words, "violence")
    page = (await ask(cast.dora, "GET", "/admin/held")).text
    assert "What surrounds the post</strong> the author has strikes that have not expired: Violence, 80 %" in page
    assert "several others wrote nearly the same within an hour: Violence, 80 %" in page
    await db.fetch("UPDATE credentials SET locale = 'de' WHERE account_id = $1", cast.dora.account_id)
    german = (await ask(cast.dora, "GET", "/admin/held")).text
    assert "Was den Beitrag umgibt</strong> das Konto hat Verstöße, die nicht verjährt sind" in german


async def test_the_page_of_a_case_says_what_surrounds_the_post(db: Any, ask: Any, cast: Any, desk: Any) -> None:
    words = Words(text="See you on Saturday", standing=Standing(strikes=1))
    doubt = Reason(stage=Stage.MODEL, category=Category.VIOLENCE, probability=0.4, name="shipped-v7")
    finding = conclude(weighed([doubt], words), {Category.VIOLENCE: Limits(case=0.1, hold=0.9)}, {})
    post = await publish(desk, cast.ada, Draft(text=words.text))
    async with db.transaction() as tx:
        subject = Subject(account_id=cast.ada.account_id, post_id=post.id, version=post.version)
        await Gate(db, Settings()).record(tx, subject, finding, words, "violence")
    await open_found(desk.db, await db.fetchval("SELECT id FROM findings"))

    page = (await ask(cast.dora, "GET", f"/admin/cases/{await db.fetchval('SELECT id FROM cases')}")).text

    assert "Screening named: shipped-v7, the author has strikes that have not expired</p>" in page


async def test_stewards_are_told_that_a_refused_picture_cannot_be_shown(db: Any, ask: Any, cast: Any) -> None:
    finding = conclude([_picture("may")], {}, {})
    words = Words(text="", pictures=("5a" * 32,), profile=True)
    async with db.transaction() as tx:
        await Gate(db, Settings()).record(tx, Subject(account_id=cast.ada.account_id), finding, words, "threat")
    page = (await ask(cast.dora, "GET", "/admin/held")).text
    assert "The picture cannot be shown" in page


async def test_stewards_are_shown_a_refused_picture_and_it_is_kept_nowhere_else(
    db: Any, ask: Any, cast: Any, tmp_path: Path
) -> None:
    storage = open_storage(dataclasses.replace(Settings(), data=tmp_path))
    data = pictures.draw("harbour", 7)
    async with db.transaction() as tx:
        await record_object(tx, key_of(data, "image/png"), len(data), "image/png")
    key = await storage.put(data, "image/png")
    subject = Subject(account_id=cast.ada.account_id, refused=(key,))
    words = Words(text="", pictures=("5a" * 32,), profile=True)
    async with db.transaction() as tx:
        await Gate(db, Settings()).record(tx, subject, conclude([_picture("may")], {}, {}), words, "threat")
    id = await db.fetchval("SELECT id FROM findings")
    await keep_refused(db, storage, finding_id=id, keys=[key])
    page = (await ask(cast.dora, "GET", "/admin/held")).text
    assert "cannot be shown" not in page
    assert "1 picture" in page
    address = f"/admin/held/{id}/pictures/0"
    assert f'src="{address}"' in page
    shown = await ask(cast.dora, "GET", address)
    assert (shown.content, shown.headers["content-type"]) == (data, "image/png")
    assert shown.headers["cache-control"] == "private, no-store"
    assert (await ask(cast.dora, "GET", f"/admin/held/{id}/pictures/1")).status_code == 404
    assert (await ask(cast.ada, "GET", address)).status_code == 403


def _picture(of: str) -> Reason:
    return Reason(stage=Stage.PICTURE, category=Category.THREAT, probability=0.95, name="line 17", on_list=of)
