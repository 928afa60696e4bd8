"""What a sweep says of texts and pictures that were before somebody already."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from folkmoot import clock
from folkmoot.moderation import findings
from folkmoot.moderation.screening import Category, Outcome, Reason, Stage, conclude
from folkmoot.moderation.screening.copies import fingerprint
from folkmoot.moderation.sweep import Options, queries, sweep
from folkmoot.moderation.sweep.sweep import is_news
from folkmoot.network.accounts import ProfilePicture, update_profile
from folkmoot.network.accounts.rules import ProfileHeld
from folkmoot.network.gate import Gate, Subject, profile_words
from folkmoot.network.gate import queries as gate_queries
from folkmoot.settings import Settings

THREAT = "I will find you tonight and I will kill you, you traitor"
HASH = "0f" * 32


def reason(stage: Stage, name: str) -> Reason:
    return Reason(stage=stage, category=Category.THREAT, probability=0.95, name=name)


RULE, COPY, OTHER, PICTURE = (
    reason(Stage.RULE, "threats"),
    reason(Stage.COPY, "finding 1"),
    reason(Stage.COPY, "finding 2"),
    msgspec.structs.replace(reason(Stage.PICTURE, "may line 1"), picture=HASH),
)
RELISTED = msgspec.structs.replace(PICTURE, name="june line 4")
ANOTHER = msgspec.structs.replace(PICTURE, picture="1e" * 32)
AGED = msgspec.structs.replace(PICTURE, picture="")


@pytest.mark.parametrize(
    ("now", "earlier", "news"),
    [
        ([RULE], [], True),
        ([RULE], [("released", [RULE])], False),
        ([RULE], [("released", [])], False),
        ([RULE, COPY], [("released", [RULE])], True),
        ([COPY], [(None, [RULE])], True),
        ([PICTURE], [("released", [RULE]), ("superseded", [COPY])], True),
        ([RELISTED], [("released", [PICTURE])], False),
        ([ANOTHER], [("released", [PICTURE])], True),
        ([PICTURE], [("released", [AGED])], False),
        ([COPY], [("released", [COPY])], False),
        ([OTHER], [("released", [COPY])], True),
        ([COPY], [("released", [RULE]), ("superseded", [COPY])], False),
        ([COPY, PICTURE], [("upheld", [RULE])], False),
    ],
)
def test_only_what_was_judged_elsewhere_is_news_of_a_text_that_was_looked_at(
    now: list[Reason], earlier: list[tuple[str | None, list[Reason]]], news: bool
) -> None:
    assert is_news(conclude(now, {}, {}), earlier) is news


@pytest.mark.slow
async def test_a_post_that_was_doubted_is_held_once_its_like_was_judged(db: Any, cast: Any, write: Any) -> None:
    post = await write(cast.ada, THREAT)
    options = Options(hands=1, rules_only=True)
    assert (await sweep(db, Settings(), options)).holds == 1
    assert (await sweep(db, Settings(), options)).holds == 0
    await db.fetch(
        "UPDATE findings SET decision = 'released', decided_at = now()"
    )  # as of a text too short to be known again
    await db.fetch("UPDATE posts SET hidden_at = NULL, hidden_for = NULL, waiting = false")
    assert (await sweep(db, Settings(), options)).holds == 0
    marks = fingerprint(THREAT)
    await db.fetch(
        """INSERT INTO judged (text_hash, verdict, category, likeness, reference, judged_at)
           VALUES ($1, 'removed', 'threat', $2, 'a case', now())""",
        marks.hash,
        marks.sketch,
    )
    assert (await sweep(db, Settings(), options)).holds == 1
    assert await db.fetchval("SELECT hidden_at IS NOT NULL FROM posts WHERE id = $1", post)
    assert (await sweep(db, Settings(), options)).holds == 0
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    assert finding.because[0].stage is Stage.COPY


async def known(db: Any) -> list[bool]:
    return [row["known"] for row in await queries.pictures(db, (0, ""), 10)]


async def test_an_avatar_is_not_known_for_the_words_it_was_refused_with(db: Any, cast: Any, gate: Gate) -> None:
    avatar = ProfilePicture("key", hashes=(HASH,))
    with pytest.raises(ProfileHeld):
        await update_profile(db, gate, cast.ada, bio=THREAT, avatar=avatar)
    await update_profile(db, gate, cast.ada, avatar=avatar)
    assert await known(db) == [False]
    words = profile_words("", [], None, [HASH])
    subject = Subject(account_id=cast.ada.account_id)
    async with db.transaction() as tx:
        made = await gate_queries.insert_finding(
            tx, subject, conclude([PICTURE], {}, {}), words, "threat", fingerprint(""), clock.now()
        )
    assert await known(db) == [True], "somebody has it before them as a picture"
    await db.fetch("UPDATE findings SET decision = 'superseded', decided_at = now() WHERE id = $1", made)
    assert await known(db) == [False]
