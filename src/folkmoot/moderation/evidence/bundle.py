"""One case as a file for an authority or a court: what was said and shown, what happened, proofs, sums and a signature.

A ZIP archive with a page to read (`summary.html`), the same for programs (`case.json`), every picture as it was, a proof
of each entry of the public log that is about the case, the SHA-256 sums of all of it, and a signed note over the sums.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import zipfile
import zlib
from datetime import datetime
from html import escape
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database
from folkmoot.errors import FolkmootError, Invalid, Missing
from folkmoot.moderation.cases import content_queries
from folkmoot.moderation.cases import queries as cases
from folkmoot.moderation.evidence import looks, queries
from folkmoot.moderation.evidence.keep import Content
from folkmoot.moderation.evidence.looks import Why
from folkmoot.moderation.evidence.pictures import picture
from folkmoot.moderation.evidence.words import Words
from folkmoot.moderation.transparency.log import Deed, enter, origin_of
from folkmoot.moderation.transparency.log.notes import BadNote, Note, VerifierKey, sign
from folkmoot.moderation.transparency.log.read import entries_about, prove
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.settings import Settings
from folkmoot.storage import Storage
from folkmoot.vault import Vault

SUMS, NOTE, KEY = "SHA256SUMS", "SHA256SUMS.note", "key.txt"
FIRST_LINE = "folkmoot evidence bundle v1"
WHY_MOST = 500
MOST_BYTES = 2 * 2**30
_STAMP = (1980, 1, 1, 0, 0, 0)
"""Every file's date in the archive, so that the same case makes the same bytes; the real ones are in `case.json`."""


_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError),  # an archive that is none
    *(KeyError, ValueError, FolkmootError),  # one of somebody else's
)


class NotWhole(Invalid):
    sentence = "This bundle is not as it was made: {why}"


async def export(
    db: Database, storage: Storage, settings: Settings, vault: Vault, steward: Viewer, case_id: int, why: str
) -> bytes:
    """The archive's bytes. Noted, recorded and entered in the public log. Raises Forbidden, Missing, Invalid without a reason."""
    steward.check_role(Role.STEWARD)
    why = why.strip()[:WHY_MOST]
    if not why:
        raise Invalid("Say why: others read it.", field="why")
    now = clock.now()
    async with db.transaction() as tx:
        row = await queries.exported_case(tx, case_id)
        if row is None:
            raise Missing
        case = dict(row)
        contents = await content_queries.contents(tx, case_id)
        events = [_event(each) for each in await cases.events(tx, case_id)]
        reports = [dict(each) for each in await queries.exported_reports(tx, case_id)]
    files = await _pictures(db, storage, contents)
    for entry in await entries_about(db, "case", case_id):
        if entry.place is not None:
            files[f"proofs/{entry.place}-{entry.deed}.tlog-proof"] = str(await prove(db, entry.place)).encode()
    said = [_said(each) for each in contents]
    facts = {
        "network": settings.base_url,
        "exported_at": now,
        "case": case,
        "contents": said,
        "events": events,
        "reports": reports,
    }
    files["case.json"] = msgspec.json.format(msgspec.json.encode(facts))
    files["summary.html"] = _summary(settings.base_url, now, case, said, events, reports).encode()
    verifier = public_key(settings, vault)
    files[KEY] = f"{verifier}\n".encode()
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items()))
    digest = hashlib.sha256(sums.encode()).hexdigest()
    text = f"{FIRST_LINE}\n{digest}\n{now:%Y-%m-%dT%H:%M:%SZ}\n"
    files[SUMS] = sums.encode()
    files[NOTE] = str(Note(text, (sign(signing_key(vault), verifier.name, text),))).encode()
    async with db.transaction() as tx:
        await looks.note(tx, steward, case_id, Why.EXPORT, why)
        await enter(tx, Deed.EVIDENCE_EXPORTED, case=case_id, steward=steward.actor, digest=digest)
        tx.record(
            Event.EVIDENCE_EXPORTED, actor=steward.actor, subject=case_id, why=why, digest=digest, **steward.traces
        )
    return await asyncio.to_thread(_archive, files)


def signing_key(vault: Vault) -> Ed25519PrivateKey:
    """The key bundles are signed with: derived from the master key, so it is the same on every host the network moves to."""
    return Ed25519PrivateKey.from_private_bytes(vault.derive("evidence bundles"))


async def _pictures(db: Database, storage: Storage, contents: list[Content]) -> dict[str, bytes]:
    files = {}
    for content in contents:
        for key in Words(media=content["media"]).object_keys:
            try:
                files[f"media/{key}"] = await picture(db, storage, content["id"], key)
            except Missing:
                files[f"media/{key}.missing.txt"] = b"The storage does not hold this picture any more.\n"
    return files


def _event(row: Any) -> dict[str, Any]:
    """What happened, without who: jurors are named to nobody, and stewards only by the network's own records."""
    return {name: row[name] for name in ("number", "step", "why", "at")}


def _said(content: Content) -> dict[str, Any]:
    found = {
        name: content[name]
        for name in ("id", "post_id", "account_id", "version", "text", "warning", "reply_to", "language", "visibility")
    }
    found |= {"written_at": content["written_at"], "captured_at": content["captured_at"]}
    found["media"] = msgspec.json.decode(content["media"])
    found["poll_options"] = msgspec.json.decode(content["poll_options"] or "null")
    found["sha256"] = hashlib.sha256(str(content["text"]).encode()).hexdigest()
    return found


def _summary(
    network: str,
    now: datetime,
    case: dict[str, Any],
    said: list[dict[str, Any]],
    events: list[dict[str, Any]],
    reports: list[dict[str, Any]],
) -> str:
    def rows(of: list[tuple[str, object]]) -> str:
        return "".join(f"<tr><th>{escape(a)}</th><td>{escape(str(b))}</td></tr>" for a, b in of if b not in (None, ""))

    facts = rows(
        [
            ("Network", network),
            ("Case", case["id"]),
            ("Account", f"@{case['name']} (number {case['account_id']}), since {case['account_since']:%Y-%m-%d}"),
            ("Category", f"{case['category']}, {case['severity']}"),
            ("Brought about by", case["source"]),
            ("Opened", case["opened_at"]),
            ("First hidden", case["first_hidden_at"]),
            ("Decided", case["decided_at"]),
            (
                "Decision",
                f"{case['verdict']}: {case['measure']}, by {case['decided_by']}" if case["verdict"] else "open",
            ),
            ("Rule", case["rule"]),
            ("Ballots", case["ballots"]),
            ("Reports", case["reports"]),
            ("Legal hold", "yes" if case["frozen"] else ""),
        ]
    )
    texts = "".join(
        f"<h2>Post {escape(str(each['post_id'] or 'profile'))}, version {each['version']}</h2>"
        f"<p>Written {each['written_at']:%Y-%m-%d %H:%M:%S} UTC, preserved {each['captured_at']:%Y-%m-%d %H:%M:%S} UTC</p>"
        + (f"<p>In answer to:</p><blockquote>{escape(each['reply_to'])}</blockquote>" if each["reply_to"] else "")
        + (f"<p>Warning: {escape(each['warning'])}</p>" if each["warning"] else "")
        + f"<pre>{escape(each['text'])}</pre>"
        + "".join(f"<p>Picture: media/{escape(str(item.get('object_key')))}</p>" for item in each["media"])
        for each in said
    )
    happened = "".join(
        f"<tr><td>{each['at']:%Y-%m-%d %H:%M:%S}</td><td>{escape(each['step'])}</td><td>{escape(each['why'])}</td></tr>"
        for each in events
    )
    objected = "".join(
        f"<tr><td>{each['created_at']:%Y-%m-%d %H:%M:%S}</td><td>{escape(each['category'])}</td><td>{escape(each['comment'])}</td></tr>"
        for each in reports
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Evidence</title><style>body{font:16px/1.5 sans-serif;max-width:50rem;'
        "margin:2rem auto;padding:0 1rem}pre,blockquote{white-space:pre-wrap;background:#f3f4f6;padding:1rem}th{text-align:left;"
        "padding-right:1rem;vertical-align:top}td{vertical-align:top;padding-right:1rem}</style>"
        f"<h1>Evidence of case {case['id']}</h1><p>Made {now:%Y-%m-%d %H:%M:%S} UTC. Times are UTC. "
        f"The sums of all files are in {SUMS}, signed in "
        f"{NOTE}; {KEY} has the key, which the network confirms. Files under proofs/ show that the decisions stand in the network's public "
        f"log.</p><table>{facts}</table>{texts}<h2>What happened</h2><table>{happened}</table>"
        f"<h2>Reports</h2><table>{objected}</table></html>\n"
    )


def _archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(path, _STAMP), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def public_key(settings: Settings, vault: Vault) -> VerifierKey:
    """The key that checks this network's bundles."""
    return VerifierKey.of(f"{origin_of(settings)}/evidence", signing_key(vault))


def check_bundle(data: bytes, key: str = "") -> VerifierKey:
    """Whose bundle it is, once every file is as it was signed. `key`, where given, must be the one it is signed with.

    Raises NotWhole.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(each.file_size for each in archive.infolist()) > MOST_BYTES:
                raise NotWhole(why="it is too large")
            names = archive.namelist()
            if len(names) != len(set(names)):
                raise NotWhole(why="a file is in it twice")
            files = {name: archive.read(name) for name in names}
        verifier = VerifierKey.parse(files[KEY].decode().strip())
        note = Note.parse(files[NOTE])
    except _UNREADABLE as error:
        raise NotWhole(why=f"it cannot be read ({error})") from None
    if key and key.strip() != str(verifier):
        raise NotWhole(why="it is signed with another key")
    try:
        signed = note.signed_by([verifier])
    except BadNote as error:
        raise NotWhole(why=error.words) from None
    if not signed:
        raise NotWhole(why="the signature does not fit")
    lines = note.text.split("\n")
    if lines[0] != FIRST_LINE or lines[1] != hashlib.sha256(files.get(SUMS, b"")).hexdigest():
        raise NotWhole(why="the signed sum is not that of the list of sums")
    listed = {path: sum for sum, _, path in (line.partition("  ") for line in files[SUMS].decode().splitlines())}
    for path, data in files.items():
        if path not in (SUMS, NOTE) and listed.pop(path, None) != hashlib.sha256(data).hexdigest():
            raise NotWhole(why=f"{path} was changed or added")
    if listed:
        raise NotWhole(why=f"{sorted(listed)[0]} is missing")
    return verifier
