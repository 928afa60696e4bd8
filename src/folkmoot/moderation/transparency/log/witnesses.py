"""Others who watch that the log only grows, and put their names to it (C2SP tlog-witness, tlog-cosignature).

A witness signs a checkpoint after it saw the proof that the log continues what it signed before. So nobody can be shown
one past and somebody else another, as long as both ask for the witness's name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp
import structlog

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row
from folkmoot.errors import Conflict, Invalid, Missing
from folkmoot.moderation.transparency.log import queries
from folkmoot.moderation.transparency.log.deeds import Deed
from folkmoot.moderation.transparency.log.enter import enter
from folkmoot.moderation.transparency.log.merkle import consistency_runs, prove_consistency
from folkmoot.moderation.transparency.log.notes import (
    COSIGNATURE,
    BadKey,
    BadNote,
    Checkpoint,
    Note,
    Signature,
    VerifierKey,
)
from folkmoot.moderation.transparency.log.proofs import submission
from folkmoot.moderation.transparency.log.publish import note_of
from folkmoot.moderation.transparency.log.register import Register
from folkmoot.moderation.transparency.log.tiles import lookup_in, tiles_for
from folkmoot.network.access.viewer import Role, Viewer

SECONDS = 10
MOST_ANSWER = 65_536
AHEAD_SECONDS = 300
"""By how much a witness's clock may be before ours."""
MOST_WITNESSES = 16

log = structlog.get_logger(__name__)


class NotOurs(Invalid):
    sentence = "This is not signed by a witness of this log, or not a checkpoint of it"


class Enough(Conflict):
    sentence = "A log has at most {most} witnesses"


async def add_witness(db: Database, operator: Viewer, key: str, url: str = "") -> VerifierKey:
    """Take a witness's signatures from now on, and ask for them where it has an address. On record, in the log too.

    Raises Forbidden, BadKey, Invalid for an address that is none, Enough.
    """
    operator.check_role(Role.OPERATOR)
    verifier = VerifierKey.parse(key)
    if verifier.kind != COSIGNATURE:
        raise BadKey(why="a witness's key is one for timestamped signatures (04)")
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
        raise Invalid("A witness's address begins with https://.", field="url")
    async with db.transaction() as tx:
        if len(await queries.witnesses(tx)) >= MOST_WITNESSES:
            raise Enough(most=MOST_WITNESSES)
        await queries.keep_witness(tx, str(verifier), url.rstrip("/"), clock.now())
        await enter(tx, Deed.WITNESS_ADDED, key=str(verifier))
        tx.record(Event.LOG_WITNESS_ADDED, actor=operator.actor, verifier=str(verifier), url=url, **operator.traces)
    return verifier


async def remove_witness(db: Database, operator: Viewer, key: str) -> None:
    """Take a witness's signatures no longer; those it gave stay. Raises Forbidden, Missing."""
    operator.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        if not await queries.remove_witness(tx, key.strip(), clock.now()):
            raise Missing
        await enter(tx, Deed.WITNESS_REMOVED, key=key.strip())
        tx.record(Event.LOG_WITNESS_REMOVED, actor=operator.actor, verifier=key.strip(), **operator.traces)


async def list_witnesses(db: Database) -> Sequence[Row]:
    """The log's witnesses, with when each was asked last and what it said."""
    return await queries.witnesses(db)


async def accept(db: Database, data: bytes) -> list[str]:
    """Take a checkpoint of ours with witnesses' signatures under it, from anybody who brings it; whose are new.

    The signatures speak for themselves. Raises BadNote, NotOurs, Invalid for a time that has not come yet.
    """
    note = Note.parse(data)
    checkpoint = Checkpoint.parse(note.text)
    row = await queries.checkpoint_at(db, checkpoint.size)
    if row is None or note_of(row).text != note.text:
        raise NotOurs
    known = [VerifierKey.parse(each["verifier"]) for each in await queries.witnesses(db)]
    named = Register.read(await queries.own_bodies(db, checkpoint.size)).witnesses
    known = [key for key in known if key in named]  # a log never shows a signature before it has said whose it is
    note.signed_by(known)
    lines = [line for line in note.signatures if any(line.is_by(key) for key in known)]
    if not lines:
        raise NotOurs
    if any(line.at > clock.now().timestamp() + AHEAD_SECONDS for line in lines):
        raise Invalid("A witness's signature says that it is from the future.")
    return await _keep(db, checkpoint.size, lines)


async def _keep(db: Database, size: int, lines: Sequence[Signature]) -> list[str]:
    async with db.transaction() as tx:
        held = [Signature.parse(line) for line in await queries.hold_cosignatures(tx, size) or []]
        newest = {(line.name, line.id): line for line in held}
        fresh = [
            line for line in lines if (line.name, line.id) not in newest or newest[line.name, line.id].at < line.at
        ]
        newest |= {(line.name, line.id): line for line in fresh}
        if fresh:
            await queries.keep_cosignatures(tx, size, [line.line for line in newest.values()])
            for line in fresh:
                verifier = next(
                    row["verifier"]
                    for row in await queries.witnesses(tx)
                    if line.is_by(VerifierKey.parse(row["verifier"]))
                )
                await queries.witness_answered(tx, verifier, size, "signed", clock.now())
    return [line.name for line in fresh]


# Asking them --------------------------------------------------------------------------------------------------------


async def ask_witnesses(db: Database) -> int:
    """Submit the newest checkpoint to every witness with an address that has not signed it; how many signed.

    Each has SECONDS; one that does not answer holds up neither the others nor the log.
    """
    newest = await queries.newest_checkpoint(db)
    asked = [row for row in await queries.witnesses(db) if row["url"]]
    if newest is None or not asked:
        return 0
    signed = {(line.name, line.id) for line in map(Signature.parse, newest["cosignatures"])}
    waiting = [row for row in asked if (key := VerifierKey.parse(row["verifier"])) and (key.name, key.id) not in signed]
    if not waiting:
        return 0
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, headers={"user-agent": "folkmoot"}) as session:
        answers = await asyncio.gather(*(_ask(db, session, row, newest) for row in waiting))
    return sum(answers)


async def _ask(db: Database, session: aiohttp.ClientSession, witness: Row, newest: Row) -> bool:
    """Submit to one witness, and once more where it remembers another size."""
    note, old, answer = note_of(newest), witness["seen"], ""
    try:
        for _ in range(2):
            status, body = await _submit(db, session, witness["url"], old, note, newest["size"])
            answer = f"{status}"
            if status == 409 and body.strip().isdigit() and int(body) <= newest["size"]:
                old = int(body)
                continue
            if status == 200:
                await accept(db, str(Note(note.text, ())).encode() + body)
                return True
            break
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        answer = f"no answer: {type(error).__name__}"
    except (BadNote, NotOurs, Invalid) as error:
        answer = f"no signature of its own: {error.words}"
    log.info("a witness did not sign", witness=witness["url"], answer=answer)
    async with db.transaction() as tx:
        await queries.witness_answered(tx, witness["verifier"], old, answer, clock.now())
    return False


async def _submit(
    db: Database, session: aiohttp.ClientSession, url: str, old: int, note: Note, size: int
) -> tuple[int, bytes]:
    found = await queries.tiles(db, tiles_for(consistency_runs(old, size)))
    proof = prove_consistency(old, size, lookup_in(found))
    async with session.post(
        f"{url}/add-checkpoint", data=submission(old, proof, note), allow_redirects=False
    ) as answer:
        body = b""
        async for chunk in answer.content.iter_chunked(8_192):
            body += chunk
            if len(body) > MOST_ANSWER:
                raise NotOurs
        return answer.status, body
