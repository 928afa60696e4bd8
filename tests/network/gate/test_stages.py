"""Each stage can be left out, and then says nothing."""

from __future__ import annotations

import msgspec
import pytest

from folkmoot.moderation.screening import Category, Outcome, Stage, Words
from folkmoot.moderation.screening.copies import fingerprint
from folkmoot.network.gate.parts import Parts, build

THREAT = "I will find you tonight and I will kill you, you traitor"
JUDGED = "We meet behind the mill and bring what we need"
PICTURE = "5a" * 32


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        (Words(text="The mill this morning", pictures=(PICTURE,)), Stage.PICTURE),
        (Words(text=JUDGED), Stage.COPY),
        (Words(text=THREAT, language="en"), Stage.RULE),
    ],
)
def test_what_a_stage_would_find_is_not_found_without_it(words: Words, stage: Stage) -> None:
    marks = fingerprint(JUDGED)
    assert marks.hash
    assert marks.sketch
    parts = Parts(
        mode="rules",
        judged=((marks.hash, "removed", Category.MOBILISATION.value, marks.sketch, "case 7"),),
        pictures=((PICTURE, "line 3", Category.THREAT.value, "a list"),),
    )
    names = {Stage.PICTURE: "pictures", Stage.COPY: "copies", Stage.RULE: "rules"}

    found = build(parts).look_now(words)
    left_out = build(msgspec.structs.replace(parts, without=(names[stage],)))

    assert (found.outcome, {reason.stage for reason in found.because}) == (Outcome.HOLD, {stage})
    assert left_out.look_now(words).outcome is Outcome.PUBLISH
    assert names[stage] not in left_out.look_now(words).versions
