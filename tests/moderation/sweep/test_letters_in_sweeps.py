"""What a few wrote to one another is read on this machine, whoever reads the rest."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import pytest

from folkmoot.moderation.screening import Finding, Words, conclude
from folkmoot.moderation.screening.copies import fingerprint
from folkmoot.moderation.sweep import Options, sweep
from folkmoot.moderation.sweep.crew import Here
from folkmoot.network.gate.parts import Parts, build
from folkmoot.network.posts.views import Visibility
from folkmoot.settings import Settings

THREAT = "I will find you tonight and I will kill you, you traitor"
DIRECT = Visibility.DIRECT.value


class Recording:
    """A crew that notes what it is given and finds nothing."""

    hands = 1

    def __init__(self, *, is_elsewhere: bool) -> None:
        self.is_elsewhere = is_elsewhere
        self.given: list[Words] = []

    async def read(self, words: Sequence[Words]) -> list[Finding]:
        self.given += words
        return [conclude((), {}, {}) for _ in words]

    def dismiss(self) -> None:
        pass


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have sweeps use this crew."""

    def use(crew: Recording) -> None:
        monkeypatch.setattr(sys.modules[sweep.__module__], "_crew", lambda parts, options: crew)

    return use


async def test_letters_stay_on_this_machine(db: Any, cast: Any, write: Any, use: Any) -> None:
    post = await write(cast.ada, "Good morning")
    letter = await write(cast.ada, THREAT, visibility=DIRECT)
    await write(cast.bert, "Yes", in_reply_to_id=letter, in_reply_to_account_id=cast.ada.account_id)
    await write(cast.bert, "Indeed", in_reply_to_id=post, in_reply_to_account_id=cast.ada.account_id)
    crew = Recording(is_elsewhere=True)
    use(crew)
    done = await sweep(db, Settings(), Options(rules_only=True))
    assert done.screened == 4
    read = [each for each in crew.given if not each.profile]
    assert [(each.text, each.reply_to) for each in read] == [("Good morning", None), ("Indeed", "Good morning")]
    assert THREAT not in repr(crew.given)
    at_home = Recording(is_elsewhere=False)
    use(at_home)
    await sweep(db, Settings(), Options(rules_only=True))
    assert len([each for each in at_home.given if not each.profile]) == 4, "it makes one batch of all"


async def test_letters_are_looked_at_all_the_same(db: Any, cast: Any, write: Any, use: Any) -> None:
    letter = await write(cast.ada, THREAT, visibility=DIRECT)
    post = await write(cast.ada, "Good morning")
    use(Recording(is_elsewhere=True))
    assert (await sweep(db, Settings(), Options(rules_only=True))).holds == 0, "a rule alone stops no letter"
    marks = fingerprint(THREAT)
    await db.fetch(
        """INSERT INTO judged (text_hash, verdict, category, likeness, reference, judged_at)
           VALUES ($1, 'removed', 'threat', $2, 'a case', now())""",
        marks.hash,
        marks.sketch,
    )
    assert (await sweep(db, Settings(), Options(rules_only=True))).holds == 1
    hidden = {row["id"]: row["hidden_at"] for row in await db.fetch("SELECT id, hidden_at FROM posts")}
    assert hidden[letter] is not None
    assert hidden[post] is None


async def test_this_process_reads_as_a_crew_does() -> None:
    crew = Here(build(Parts(mode="rules")), 1.0)
    found = await crew.read([Words(text=THREAT), Words(text="Good morning")])
    assert [finding.outcome for finding in found] == ["hold", "publish"]
    crew.dismiss()
