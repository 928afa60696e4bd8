"""An edit keeps what the post was."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.errors import Invalid, Missing
from folkmoot.network.media import loose
from folkmoot.network.notifications import Kind, listing
from folkmoot.network.posts.edit import MediaChange, edit, history
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.react import boost
from folkmoot.network.posts.rules import ChangedMeanwhile, Draft, MediaUnusable, NotYourPost, PollDraft, PostEmpty
from folkmoot.network.posts.views import Visibility


async def test_every_state_is_kept_and_the_last_one_shows(cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="Frist #a", warning="w"))
    await edit(desk, cast.ada, post.id, Draft(text="First #b"))
    changed = await edit(desk, cast.ada, post.id, Draft(text="First, truly"))
    assert changed.version == 3
    assert changed.edited_at is not None
    assert changed.tags == ()
    states = await history(desk, None, post.id)
    assert [(state.version, state.text, state.warning) for state in states] == [
        (1, "Frist #a", "w"),
        (2, "First #b", ""),
        (3, "First, truly", ""),
    ]
    assert states[0].created_at == post.created_at


async def test_an_edit_that_changes_nothing_writes_nothing(cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="Same", poll=PollDraft(("a", "b"), 3_600)))
    assert await edit(desk, cast.ada, post.id, Draft(text="Same ", poll=PollDraft(("a", "b"), 900))) == post


async def test_who_a_post_is_for_and_what_it_answers_stay(cast: Any, desk: Any) -> None:
    first = await publish(desk, cast.ada, Draft(text="One"))
    post = await publish(desk, cast.ada, Draft(text="Two", in_reply_to_id=first.id, visibility=Visibility.UNLISTED))
    changed = await edit(desk, cast.ada, post.id, Draft(text="Too"))
    assert (changed.visibility, changed.in_reply_to_id) == (Visibility.UNLISTED, first.id)


async def test_the_newly_named_and_the_boosters_are_told_once(db: Any, cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="@bert"))
    await boost(desk, cast.dora, post.id)
    await edit(desk, cast.ada, post.id, Draft(text="@bert @dora!"))
    assert [each.kind for each in await listing(db, cast.bert)] == [Kind.MENTION]
    assert {each.kind for each in await listing(db, cast.dora)} == {Kind.MENTION, Kind.EDIT}


async def test_a_changed_poll_begins_anew(cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="Tea?", poll=PollDraft(("yes", "no"), 3_600)))
    changed = await edit(desk, cast.ada, post.id, Draft(text="Tea?", poll=PollDraft(("yes", "never"), 3_600)))
    assert post.poll is not None
    assert changed.poll is not None
    assert changed.poll.id != post.poll.id
    assert (await history(desk, None, post.id))[0].poll_options == ("yes", "no")


async def test_pictures_are_described_exchanged_and_kept_in_the_history(cast: Any, desk: Any, upload: Any) -> None:
    first, second = await upload(cast.ada), await upload(cast.ada)
    post = await publish(desk, cast.ada, Draft(text="Look", media=(first,)))
    changed = await edit(
        desk, cast.ada, post.id, Draft(text="Look", media=(second, first)), [MediaChange(first, "A bee", (0.5, -0.5))]
    )
    assert [(item.id, item.description) for item in changed.media] == [(second, ""), (first, "A bee")]
    await edit(desk, cast.ada, post.id, Draft(text="Look"))
    assert [len(state.media) for state in await history(desk, None, post.id)] == [1, 2, 0]


async def test_two_windows_cannot_overwrite_each_other(cast: Any, desk: Any, new_process: Any) -> None:
    other = new_process().desk
    post = await publish(desk, cast.ada, Draft(text="One"))
    await other.get(cast.ada, post.id)  # read there, and not told of what follows here
    await edit(desk, cast.ada, post.id, Draft(text="Two"))
    with pytest.raises(ChangedMeanwhile):
        await edit(other, cast.ada, post.id, Draft(text="Three"))


async def test_only_the_author_edits_and_not_to_nothing(cast: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text="One"))
    hidden = await publish(desk, cast.ada, Draft(text="One", visibility=Visibility.DIRECT))
    with pytest.raises(NotYourPost):
        await edit(desk, cast.bert, post.id, Draft(text="Two"))
    with pytest.raises(Missing):
        await edit(desk, cast.bert, hidden.id, Draft(text="Two"))
    with pytest.raises(PostEmpty):
        await edit(desk, cast.ada, post.id, Draft(text=" "))
    boosted = await boost(desk, cast.ada, post.id)
    with pytest.raises(NotYourPost):
        await edit(desk, cast.ada, boosted.id, Draft(text="Two"))


async def test_an_edit_describes_the_pictures_of_its_own_post_only(cast: Any, desk: Any, upload: Any) -> None:
    first, second = await upload(cast.ada), await upload(cast.ada)
    shown = await publish(desk, cast.ada, Draft(text="Look", media=(first,)))
    other = await publish(desk, cast.ada, Draft(text="And here", media=(second,)))
    with pytest.raises(MediaUnusable):
        await edit(
            desk, cast.ada, other.id, Draft(text="And", media=(second,)), [MediaChange(first, "I will kill you")]
        )
    with pytest.raises(Invalid, match="too long"):
        await edit(desk, cast.ada, other.id, Draft(text="And", media=(second,)), [MediaChange(second, "x" * 1_501)])
    with pytest.raises(Invalid, match="Focus"):
        await edit(desk, cast.ada, other.id, Draft(text="A", media=(second,)), [MediaChange(second, focus=(2, 0))])
    assert (await desk.get(cast.bert, shown.id)).media[0].description == ""
    assert (await desk.get(cast.bert, other.id)).version == 1
    changed = await edit(
        desk, cast.ada, other.id, Draft(text="And", media=(second,)), [MediaChange(second, " a\x00 bee ")]
    )
    assert changed.media[0].description == "a bee"


async def test_an_alt_text_that_changes_while_it_is_read_is_not_published(
    db: Any, cast: Any, desk: Any, upload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = await upload(cast.ada)
    look = desk.gate.look

    async def look_slowly(words: Any, **how: Any) -> Any:
        await loose.describe(db, cast.ada, picture, description="I will kill you")
        return await look(words, **how)

    monkeypatch.setattr(desk.gate, "look", look_slowly)
    with pytest.raises(MediaUnusable):
        await publish(desk, cast.ada, Draft(text="Look", media=(picture,)))
