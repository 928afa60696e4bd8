"""Ask screening about a draft. Outside the transaction, because it may take a while."""

from __future__ import annotations

import msgspec

from folkmoot.database import Transaction
from folkmoot.moderation.screening import Finding, Outcome, Words
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.gate import Gate, Subject, among_few, media_words
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.rules import Draft
from folkmoot.network.posts.views import PostView, Visibility


class Screened(msgspec.Struct, frozen=True):
    """A draft's words and what screening says of them."""

    gate: Gate
    words: Words
    finding: Finding
    alts: dict[int, str]
    """The alt texts that were read, by their media, as they are stored."""

    @property
    def category(self) -> str | None:
        """What speaks loudest against the draft, or None."""
        return self.finding.category.value if self.finding.category else None

    @property
    def violence(self) -> float | None:
        """The probability of violence; None when nothing was asked."""
        return self.finding.probability if self.finding.versions else None

    async def record(self, tx: Transaction, subject: Subject, *, hidden_for: str | None = None) -> None:
        """Write the finding down, unless the draft passes.

        A post that is `hidden_for` something already stays so: whoever looks at it is to see these words, whatever
        screening says of them.
        """
        finding = self.finding
        if hidden_for is not None:
            passes = finding.outcome is Outcome.PUBLISH  # then nothing in these words speaks for it
            because = () if passes else finding.because
            finding = msgspec.structs.replace(finding, outcome=Outcome.HOLD, because=because)
        if finding.outcome is not Outcome.PUBLISH:
            await self.gate.record(tx, subject, finding, self.words, self.category or hidden_for or "")


async def screen(
    desk: Desk,
    viewer: Viewer,
    draft: Draft,
    parent: PostView | None,
    described: dict[int, str] | None = None,
) -> Screened:
    """What screening says of the draft: its text, warning, alt texts and poll options. `described` are newer alt texts."""
    stored, pictures = await media_words(desk.db, viewer.account_id, draft.media)
    alts = (stored | (described or {})).values()
    words = Words(
        text=draft.text,
        more=tuple(text for text in (draft.warning, *alts, *(draft.poll.options if draft.poll else ())) if text),
        language=draft.language or viewer.locale,
        reply_to=parent.text if parent else None,
        pictures=pictures,
    )
    letter = draft.visibility is Visibility.DIRECT
    finding = await desk.gate.look(words, author=viewer.account_id, letter=letter)
    return Screened(desk.gate, words, among_few(finding) if letter else finding, stored)
