"""The report for a host that doubts: true, in both languages, and readable as PDF, HTML and JSON."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from folkmoot import clock
from folkmoot.errors import Forbidden, Invalid
from folkmoot.ids import new_id
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.cases.priors import CalibrationRow
from folkmoot.moderation.transparency.figures import Figures, Month, Speed
from folkmoot.moderation.transparency.figures.views import Jurors, Screening
from folkmoot.moderation.transparency.report import as_html, as_pdf, document, status_report
from folkmoot.moderation.transparency.report.document import Table
from folkmoot.moderation.transparency.report.html import STYLE
from folkmoot.moderation.transparency.report.pdf import plain
from folkmoot.moderation.transparency.report.views import Deadline, Demand, Seal, StatusReport, Theirs
from folkmoot.moderation.transparency.report.words import GERMAN, Words
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft
from folkmoot.network.site import Readiness, Rehearsed, Restored
from folkmoot.settings import Settings

NOW = datetime(2021, 1, 10, 23, 30, tzinfo=UTC)
SETTINGS = replace(Settings(), public_url="https://moot.example", site_name="The Moot")


def full_report() -> StatusReport:
    """A report in which everything a report can say is said."""
    speed = Speed(
        cases=900,
        hidden=300,
        decided=880,
        to_hidden_p50=2.5,
        to_hidden_p95=9.0,
        to_verdict_p50=180.0,
        to_verdict_p95=1300.0,
    )
    found = Figures(
        since=NOW - timedelta(days=49),
        until=NOW,
        reports=26_000,
        reports_by_category={"violation": 25_000, "spam": 1_000},
        cases_opened=9_000,
        decided_by={"jury": 8_000, "stewards": 300, "clock": 2, "order": 1},
        measures={"remove": 2_000, "keep": 6_000, "warn": 200, "label": 103},
        open_cases=700,
        open_by_severity={"threat": 1, "ordinary": 699},
        oldest_open_at=NOW - timedelta(hours=20),
        open_age_p50=200.0,
        open_age_p95=1_000.0,
        speed={"threat": speed, "serious": speed, "ordinary": speed},
        appeals=120,
        appeals_open=4,
        appeals_reversed=10,
        appeals_upheld=106,
        appeal_median_minutes=900.0,
        limited={"suspended": 12},
        suspensions=40,
        jurors=Jurors(qualified=900, active=640, ballots=36_000, agreement=0.93, controls=1_500, controls_right=0.91),
        screening=Screening(screened=2_000_000, held=900, doubted=20_000, released=90, upheld=800),
        notices=(),
        calibration=tuple(CalibrationRow(each / 10, each / 11, 50) for each in range(1, 10)),
    )
    months = tuple(
        Month(
            month=date(2020, number, 1),
            reports=9,
            opened=9,
            decided=8,
            removed=2,
            reversed=0,
            notices=3,
            verdict_p50=300.0,
        )
        for number in range(1, 13)
    )
    theirs = Theirs(
        notices=tuple(
            Demand(
                reference=f"FM-0000-{number:04d}",
                received_at=NOW - timedelta(days=number),
                due_at=NOW - timedelta(days=number - 1),
                met_at=NOW - timedelta(days=number, minutes=-4) if number > 1 else None,
                answered_at=None,
                items={"removed": 2, "open": 1},
            )
            for number in range(1, 60)
        ),
        items=177,
        by_state={"removed": 118, "open": 59},
        settled=118,
        out_of_sight=118,
        hidden_p50=3.0,
        hidden_p95=11.0,
        settled_p50=200.0,
        settled_p95=1_200.0,
        in_time=58,
        late=0,
    )
    return StatusReport(
        network="The Moot",
        address="https://moot.example",
        contact="help@moot.example",
        made_at=NOW,
        sender="host.example",
        figures=found,
        months=months,
        theirs=theirs,
        deadlines=(Deadline(reference="FM-7K3Q-9XPD", kind="host", due_at=NOW + timedelta(hours=9), open_items=10),),
        wait_minutes=95.0,
        readiness=Readiness(
            rehearsal=Rehearsed(at=NOW - timedelta(days=2), level=3, well=True, held_ms=1_412.6),
            backup=Restored(verified_at=NOW - timedelta(days=1), made_at=NOW - timedelta(days=3), size=2_700_000_000),
            damaged_at=NOW,
        ),
        plan="Two hundred more jurors by Monday.\nA second steward at night.",
        seal=Seal(
            origin="moot.example/log", entries=12_345, root="ab" * 32, signed_at=NOW, note="moot.example/log\n12345\n"
        ),
    )


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["What you sent us", "26,000", "two stewards", "FM-7K3Q-9XPD", "Two hundred more jurors", "12,345"]),
        (
            "de",
            ["Was Sie uns geschickt haben", "26.000", "zwei Verantwortliche", "10.1.2021", "Offene Fristen", "12.345"],
        ),
    ],
)
def test_the_pdf_says_what_a_host_asks_in_its_language(language: str, said: list[str]) -> None:
    found = text_of(as_pdf(document(full_report(), language)))
    assert [each for each in said if each not in found] == []


def test_the_same_report_makes_the_same_pdf() -> None:
    drawn = document(full_report(), "en")
    assert as_pdf(drawn) == as_pdf(drawn)


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name in ("src", "href", "onclick", "style") for name, _ in attrs)


def test_the_html_is_whole_and_loads_nothing() -> None:
    page = as_html(document(full_report(), "de"))
    outline = _Outline()
    outline.feed(page)
    assert not {"script", "img", "link", "iframe"} & set(outline.tags)
    assert outline.tags.count("h1") == 1
    assert page.count("<style>") == 1
    assert f"<style>{STYLE}</style>" in page


@settings(max_examples=12)
@given(st.text(max_size=60), st.text(max_size=200))
@example("<script>", "<b>&")
@example("&", "")
def test_whatever_a_network_or_a_sender_is_called_it_is_drawn_and_escaped(name: str, plan: str) -> None:
    def tags(network: str, plan: str) -> list[str]:
        outline = _Outline()
        report = msgspec.structs.replace(full_report(), network=network, sender=network, plan=plan)
        outline.feed(as_html(document(report, "en")))
        return outline.tags

    assert tags(name, plan) == tags(re.sub("[<>&]", "x", name), re.sub("[<>&]", "x", plan))
    drawn = document(msgspec.structs.replace(full_report(), network=name, sender=name, plan=plan), "en")
    assert as_pdf(drawn).startswith(b"%PDF")


def test_letters_the_built_in_fonts_lack_lose_their_marks_or_become_question_marks() -> None:
    assert plain("„Łódź“ – Größe …") == '"?ódz" - Größe ...'


def test_every_sentence_of_the_report_is_there_in_german() -> None:
    said: set[str] = set()

    class Listening(Words):
        def say(self, sentence: str, **values: str) -> str:
            said.add(sentence)
            return super().say(sentence, **values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[document.__module__], "Words", Listening)
        document(full_report(), "de")
        bare = msgspec.structs.replace(full_report(), theirs=None, deadlines=(), seal=None, sender="")
        document(msgspec.structs.replace(bare, readiness=Readiness()), "de")
        for level in range(4):
            rehearsed = Rehearsed(at=NOW, level=level, well=False)
            document(msgspec.structs.replace(bare, readiness=Readiness(rehearsal=rehearsed)), "de")
    assert said - set(GERMAN) == set()
    for english, german in GERMAN.items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", german)), english


def test_a_host_reads_when_going_elsewhere_was_rehearsed_and_a_backup_restored() -> None:
    drawn = document(full_report(), "en")
    table = next(part for part in drawn.parts if isinstance(part, Table) and part.name == "Rehearsals and backups")
    assert dict(table.rows) == {
        "Last rehearsal of a move to another host": "2021-01-08 23:30 UTC",
        "What was done": "the network moved there and back",
        "What came of it": "It went well",
        "Members had to wait at most": "1,413 ms",
        "Last backup restored for trial and found whole": "2021-01-09 23:30 UTC",
        "When it was made": "2021-01-07 23:30 UTC",
        "Its database": "2,700 MB",
    }
    assert "1,413 ms" in as_html(drawn)
    pages = PdfReader(io.BytesIO(as_pdf(drawn))).pages
    assert "1,413 ms" in "".join(page.extract_text() for page in pages)
    assert msgspec.to_builtins(full_report())["readiness"]["backup"]["size"] == 2_700_000_000


async def _notice(db: Any, sender: str, *, minutes: int, states: dict[str, int], met: int | None = None) -> None:
    """A notice as it lies in the database; how it comes there is tested with the notices."""
    id, now = new_id(), clock.now()
    received = now - timedelta(minutes=minutes)
    await db.fetch(
        """INSERT INTO notices (id, reference, token, state, version, kind, door, form, language, sender_address, trust,
             received_at, due_at, met_at) VALUES ($1, $2, $3, $4, 1, 'host', 'lmtp', 'mail', 'en', $5, 'known', $6, $7, $8)""",
        id,
        f"FM-{id}",
        str(id),
        "answered" if met is not None else "open",
        sender,
        received,
        received + timedelta(days=1),
        received + timedelta(minutes=met) if met is not None else None,
    )
    number = 0
    for state, many in states.items():
        for _ in range(many):
            number += 1
            settled = received + timedelta(minutes=60) if state not in ("open", "hidden", "waiting") else None
            hidden = received + timedelta(minutes=5) if state in ("removed", "hidden") else None
            await db.fetch(
                """INSERT INTO notice_items (notice_id, number, written, what, post_id, account_id, state, found_at, hidden_at, settled_at)
                   VALUES ($1, $2, 'https://moot.example/@ada/1', 'post', $3, 1, $4, $5, $6, $7)""",
                id,
                number,
                new_id(),
                state,
                received,
                hidden,
                settled,
            )


async def test_what_became_of_a_senders_notices_is_told_to_that_sender_alone(db: Any, cast: Any) -> None:
    await _notice(db, "abuse@host.example", minutes=3_000, states={"removed": 18, "gone": 2}, met=30)
    await _notice(db, "trust@sub.host.example", minutes=100, states={"hidden": 3, "open": 1, "not_found": 1})
    await _notice(db, "abuse@otherhost.example", minutes=100, states={"open": 7})
    since = clock.now() - timedelta(days=30)
    report = await status_report(db, cast.dora, SETTINGS, since=since, sender="Host.example")
    theirs = report.theirs
    assert theirs is not None
    assert [sum(each.items.values()) for each in theirs.notices] == [5, 20]
    assert theirs.by_state == {"removed": 18, "gone": 2, "hidden": 3, "open": 1, "not_found": 1}
    assert (theirs.items, theirs.settled, theirs.out_of_sight) == (25, 21, 23)
    assert (theirs.hidden_p50, theirs.settled_p50) == (5.0, 60.0)
    assert (theirs.in_time, theirs.late) == (1, 0)
    assert len(report.deadlines) == 2
    one = (await status_report(db, cast.dora, SETTINGS, since=since, sender="abuse@host.example")).theirs
    assert one is not None
    assert one.items == 20
    assert (await status_report(db, cast.dora, SETTINGS, since=since)).theirs is None


async def test_the_report_counts_what_juries_did(db: Any, cast: Any, court: Any) -> None:
    post = await publish(court.desk, cast.ada, Draft(text="The ferry to the island will not sail again this year"))
    made = await court.report(cast.bert, cast.ada, post.id)
    await court.decide(Choice.BREAKS, made.case_ids[0], None)
    report = await status_report(
        db, cast.dora, SETTINGS, since=clock.now() - timedelta(days=1), plan="  More jurors.  "
    )
    assert report.figures.decided_by == {"jury": 1}
    assert (report.network, report.address, report.plan) == ("The Moot", "https://moot.example", "More jurors.")
    assert "More jurors." in as_html(document(report, "en"))


async def test_members_make_no_report_and_a_report_begins_in_the_past(db: Any, cast: Any) -> None:
    with pytest.raises(Forbidden):
        await status_report(db, cast.ada, SETTINGS, since=clock.now() - timedelta(days=1))
    with pytest.raises(Invalid):
        await status_report(db, cast.dora, SETTINGS, since=clock.now() + timedelta(days=1))
    with pytest.raises(Invalid):
        await status_report(db, cast.dora, SETTINGS, since=clock.now() - timedelta(days=1), plan="x" * 5_000)
