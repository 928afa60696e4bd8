"""What screening holds waits: only its author sees it, and once released it comes before everybody as if new."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.bus import News
from folkmoot.moderation import findings
from folkmoot.moderation.cases.open import look
from folkmoot.moderation.findings.decide import DecidedAlready
from folkmoot.moderation.screening import Distant, Outcome, Reason, Screen, Stage, Words
from folkmoot.network.access.viewer import Role
from folkmoot.network.notifications import Kind, listing
from folkmoot.network.posts.edit import edit, history
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft, PollDraft
from folkmoot.network.posts.views import Visibility
from folkmoot.network.relations import follow
from folkmoot.network.timelines import Span

THREAT = "@bert I will find you tonight and I will kill you, you traitor #reckoning"
HARMLESS = "@bert this exam will kill me #reckoning"


async def open_holds(db: Any, steward: Any) -> list[Any]:
    return await findings.list_open(db, steward, Outcome.HOLD)


async def told(db: Any, reader: Any) -> list[Kind]:
    return [found.kind for found in await listing(db, reader)]


async def test_a_threat_is_held_and_only_its_author_sees_it(
    db: Any, cast: Any, desk: Any, timelines: Any, heard: list[News], process: Any
) -> None:
    db.deliver = lambda news: (heard.extend(news), process.bus.deliver(news))
    await follow(db, cast.bert, cast.ada.account_id)
    before = (await desk.shelf.account(cast.ada.account_id)).posts_count
    post = await publish(desk, cast.ada, Draft(text=THREAT))
    assert post.hidden_at is not None
    assert post.waiting
    assert post.hidden_for is not None
    assert await desk.find(cast.ada, post.id) == post
    for reader in (cast.bert, cast.dora, None):
        assert await desk.find(reader, post.id) is None
    assert [card.entry.view.id for card in (await timelines.home(cast.ada, Span())).cards] == [post.id]
    assert (await timelines.home(cast.bert, Span())).cards == []
    assert (await timelines.public(None, Span())).cards == []
    assert (await timelines.tag(None, "reckoning", Span())).cards == []
    assert await told(db, cast.bert) == []
    news = next(news.payload for news in heard if news.kind == "post.published")
    assert (news["homes"], news["mentioned"], news["tags"]) == ([cast.ada.account_id], [], [])
    assert news["visibility"] != "public"
    assert (await desk.shelf.account(cast.ada.account_id)).posts_count == before


async def test_a_finding_names_reason_words_and_versions(db: Any, cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text=THREAT))
    (finding,) = await open_holds(db, cast.dora)
    assert (finding.post_id, finding.version, finding.text.splitlines()[0]) == (post.id, 1, THREAT)
    assert finding.because
    assert any(word in THREAT for reason in finding.because for word in reason.words)
    assert {"rules", "model", "limits", "copies"} <= set(finding.versions)
    assert finding.category == post.hidden_for


async def test_the_harmless_twin_is_published(db: Any, cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text=HARMLESS))
    assert post.hidden_at is None
    assert await open_holds(db, cast.dora) == []


@pytest.mark.parametrize(
    "draft",
    [
        Draft(text="look", warning=THREAT.removeprefix("@bert ")),
        Draft(text="vote", poll=PollDraft(("yes", "I will kill you tonight, Bert"), 3600)),
    ],
)
async def test_warnings_and_poll_options_are_read_too(cast: Any, desk: Any, draft: Draft) -> None:
    assert (await publish(desk, cast.ada, draft)).hidden_at is not None


async def test_alt_texts_are_read_too(db: Any, cast: Any, desk: Any, upload: Any) -> None:
    picture = await upload(cast.ada)
    await db.fetch("UPDATE media SET description = $2 WHERE id = $1", picture, THREAT)
    assert (await publish(desk, cast.ada, Draft(text="look", media=(picture,)))).hidden_at is not None


async def test_released_it_comes_before_its_readers(db: Any, cast: Any, desk: Any, timelines: Any) -> None:
    await follow(db, cast.bert, cast.ada.account_id)
    post = await publish(desk, cast.ada, Draft(text=THREAT))
    (finding,) = await open_holds(db, cast.dora)
    await findings.release(db, cast.dora, finding.id)
    assert [card.entry.view.id for card in (await timelines.home(cast.bert, Span())).cards] == [post.id]
    assert [card.entry.view.id for card in (await timelines.public(None, Span())).cards] == [post.id]
    assert await told(db, cast.bert) == [Kind.MENTION]
    assert (await desk.shelf.account(cast.ada.account_id)).posts_count == 1
    assert await open_holds(db, cast.dora) == []
    again = await publish(desk, cast.ada, Draft(text=THREAT + " https://example.org"))
    assert again.hidden_at is None, "a near copy of what was released passes"


async def test_upheld_it_stays_hidden_and_its_copies_are_held(db: Any, cast: Any, desk: Any) -> None:
    words = "Copy this before they delete it, everybody meets at the old mill and brings what they have"
    post = await publish(desk, cast.ada, Draft(text=words))
    if post.hidden_at is None:
        found = await findings.list_open(db, cast.dora, Outcome.CASE)
    else:
        found = await open_holds(db, cast.dora)
    assert len(found) == 1
    await findings.uphold(db, cast.dora, found[0].id)
    assert await desk.find(cast.bert, post.id) is None
    assert (await desk.get(cast.ada, post.id)).hidden_for is not None
    copied = await publish(desk, cast.bert, Draft(text=words.upper() + " https://example.org/a"))
    assert copied.hidden_at is not None
    quoted = await desk.gate.look(Words(text=f'"{words}" - who writes such a thing? Report it.'))
    assert Stage.COPY not in {reason.stage for reason in quoted.because}, "who quotes and condemns is judged anew"


async def test_a_decision_can_be_turned_round_but_not_behind_somebodys_back(db: Any, cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text=THREAT))
    (finding,) = await open_holds(db, cast.dora)
    await findings.release(db, cast.dora, finding.id)
    with pytest.raises(DecidedAlready):
        await findings.uphold(db, cast.dora, finding.id)
    assert (await desk.find(cast.bert, post.id)) is not None
    await findings.uphold(db, cast.dora, finding.id, was="released")
    assert (await desk.find(cast.bert, post.id)) is None
    await findings.release(db, cast.dora, finding.id, was="upheld")
    assert await told(db, cast.bert) == [Kind.MENTION], "told once"


async def test_an_edit_that_turns_into_a_threat_is_held_and_one_that_turns_away_waits_on(
    db: Any, cast: Any, desk: Any
) -> None:
    post = await publish(desk, cast.ada, Draft(text="Good morning"))
    threat = await edit(desk, cast.ada, post.id, Draft(text=THREAT))
    assert threat.hidden_at is not None
    assert not threat.waiting
    assert await told(db, cast.bert) == []
    held = await publish(desk, cast.bert, Draft(text=THREAT.replace("@bert", "@ada")))
    milder = await edit(desk, cast.bert, held.id, Draft(text="Good evening"))
    assert milder.hidden_at is not None
    latest = {finding.post_id: finding.text for finding in await open_holds(db, cast.dora)}
    assert latest == {post.id: THREAT, held.id: "Good evening"}


async def test_a_held_post_can_be_deleted_and_leaves_the_counts_alone(db: Any, cast: Any, desk: Any) -> None:
    parent = await publish(desk, cast.bert, Draft(text="What do you think?"))
    first = await publish(desk, cast.ada, Draft(text="Good morning"))
    held = await publish(desk, cast.ada, Draft(text=THREAT, in_reply_to_id=parent.id))
    assert (await desk.get(cast.bert, parent.id)).replies_count == 0
    await remove(desk, cast.ada, held.id)
    assert (await desk.shelf.account(cast.ada.account_id)).posts_count == 1
    (finding,) = await open_holds(db, cast.dora)
    assert finding.gone
    await findings.uphold(db, cast.dora, finding.id)
    assert await desk.find(cast.bert, first.id) is not None


async def test_an_answer_to_what_was_deleted_meanwhile_is_released_all_the_same(db: Any, cast: Any, desk: Any) -> None:
    parent = await publish(desk, cast.bert, Draft(text="What do you think?"))
    held = await publish(desk, cast.ada, Draft(text=THREAT, in_reply_to_id=parent.id))
    await remove(desk, cast.bert, parent.id)
    (finding,) = await open_holds(db, cast.dora)
    await findings.release(db, cast.dora, finding.id)
    assert await desk.find(cast.dora, held.id) is not None


async def test_letters_are_not_held_because_of_a_guess(db: Any, cast: Any, desk: Any) -> None:
    letter = await publish(desk, cast.ada, Draft(text=THREAT, visibility=Visibility.DIRECT))
    assert letter.hidden_at is None
    assert await open_holds(db, cast.dora) == []


async def test_only_stewards_look_and_decide(db: Any, cast: Any, desk: Any, enrol: Any) -> None:
    await publish(desk, cast.ada, Draft(text=THREAT))
    steward = await enrol("stella", Role.STEWARD)
    (finding,) = await open_holds(db, steward)
    for act in (findings.release, findings.uphold, findings.get_finding):
        with pytest.raises(Exception, match="for those who run"):
            await act(db, cast.ada, finding.id)
    await findings.uphold(db, steward, finding.id)
    assert (await findings.get_finding(db, steward, finding.id)).decided_by_name == "stella"


async def test_releasing_a_post_releases_what_it_has_become_and_nothing_before(db: Any, cast: Any, desk: Any) -> None:
    held = await publish(desk, cast.ada, Draft(text=THREAT))
    await edit(desk, cast.ada, held.id, Draft(text="Good evening"))
    open_one = await publish(desk, cast.ada, Draft(text="Good morning"))
    await edit(desk, cast.ada, open_one.id, Draft(text=THREAT))
    await edit(desk, cast.ada, open_one.id, Draft(text="Good night"))
    for finding in await open_holds(db, cast.dora):
        await findings.release(db, cast.dora, finding.id)
    for reader in (cast.bert, None):
        assert [each.text for each in await history(desk, reader, held.id)] == ["Good evening"]
        assert [each.text for each in await history(desk, reader, open_one.id)] == ["Good morning", "Good night"]
    for reader in (cast.ada, cast.dora):
        assert [each.text for each in await history(desk, reader, held.id)] == [THREAT, "Good evening"]
        assert [each.version for each in await history(desk, reader, open_one.id)] == [1, 2, 3]


async def test_an_edit_that_is_read_while_a_steward_releases_is_held_all_the_same(
    db: Any, cast: Any, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = await publish(desk, cast.ada, Draft(text=THREAT))
    (finding,) = await open_holds(db, cast.dora)
    look = desk.gate.look

    async def look_slowly(words: Words, **how: Any) -> Any:
        await findings.release(db, cast.dora, finding.id)
        return await look(words, **how)

    monkeypatch.setattr(desk.gate, "look", look_slowly)
    await edit(desk, cast.ada, post.id, Draft(text=THREAT.replace("tonight", "tomorrow night, at your own door,")))
    assert await desk.find(cast.bert, post.id) is None
    assert len(await open_holds(db, cast.dora)) == 1


async def test_letters_are_not_shown_to_a_model_elsewhere(
    cast: Any, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    async def ask(words: Words) -> list[Reason]:
        shown.append(words.text)
        return []

    screen = Screen((), {}, distant=[Distant("other", "1", ask)])

    async def with_another() -> Screen:
        return screen

    monkeypatch.setattr(desk.gate, "screen", with_another)
    letter = await publish(desk, cast.ada, Draft(text="@bert between us", visibility=Visibility.DIRECT))
    assert await look(desk.db, desk.gate, letter.id) is not None, "looked at when somebody reports it"
    await publish(desk, cast.ada, Draft(text="To everybody"))
    assert shown == ["To everybody"]
