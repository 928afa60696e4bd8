"""Where a drill plays: two hosts, members with their ledger outside of both, a jury, and what every scene reports."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from folkmoot.hosting.drill import court, queries
from folkmoot.hosting.drill.court import Court
from folkmoot.hosting.drill.hosts import Pair
from folkmoot.hosting.drill.load import Ledger, Members

Outcome = dict[str, Any]
ACCOUNTS = 6
JOBS = 50
JURORS = ("juror0", "juror1")


@dataclass
class Stage:
    """What every scene needs: the two hosts, members' tokens, and where to write."""

    pair: Pair
    tokens: Sequence[str]
    folder: Path
    say: Callable[[str], None]
    seconds: float
    """How long members are at it before and after something happens."""
    court: Court = field(default_factory=Court)
    number: int = 0

    def ledger(self) -> Ledger:
        """A new ledger, outside of every host."""
        self.number += 1
        return Ledger(self.folder / f"ledger-{self.number}.jsonl")


async def set_up(folder: Path, say: Callable[[str], None], seconds: float, password: str) -> Stage:
    """A stage with a network and its standby on it, ready for a move. Whoever asks closes its pair. Raises DrillFailed."""
    pair = Pair(folder / "hosts", say)
    try:
        tokens, key = await aside(pair.come_up, ACCOUNTS, JURORS, password)
        sessions = [await court.sign_in(pair.first.address, name, password) for name in JURORS]
    except BaseException:
        await aside(pair.close)
        raise
    return Stage(pair, tokens, folder, say, seconds, Court(sessions, key))


def figures(ledger: Ledger, begun: float, ended: float) -> Outcome:
    reads = sorted(ledger.reads_ms)
    return {
        "members_waited_ms": ledger.longest_gap_ms(ledger.acknowledged_at, begun, ended),
        "read_pause_ms": ledger.longest_gap_ms(ledger.read_at, begun, ended),
        "reads": ledger.reads,
        "failed_reads": ledger.failed_reads,
        "slowest_read_ms": round(reads[-1], 1) if reads else 0.0,
        "acknowledged": len(ledger.acknowledged_at),
        "ballots": len(ledger.ballots),
        "notices": len(ledger.notices),
        "writes_asked_again": ledger.failed_writes,
        "streamed": ledger.streamed,
        "reasons": ledger.reasons[:5],
    }


@contextlib.asynccontextmanager
async def members(stage: Stage, addresses: Sequence[str], ledger: Ledger) -> Any:
    await aside(queries.qualify, stage.pair.carrier, JURORS)
    members = Members(addresses, stage.tokens, ledger, stage.court)
    await members.begin()
    try:
        yield members
    finally:
        await members.end()


async def aside(act: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    return await asyncio.to_thread(act, *arguments, **options)
