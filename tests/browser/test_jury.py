"""A report in browsers: made, judged by a juror with the keyboard and the thumb, decided, explained and appealed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from village import OPERATOR

from folkmoot.moderation.cases import Choice
from folkmoot.moderation.jurors.practise import practice_cases
from folkmoot.moderation.transparency.log.verify import VerifiedProof, verify_proof

from .conftest import Visit
from .test_accessibility import violations

pytestmark = pytest.mark.slow

KEYS = {choice: str(number) for number, choice in enumerate(Choice, 1)}
WORDS = "The people on plot nine are liars, and soon everybody in the village will hear why from me"
MORE = "The ferry company is run by thieves and I say it as often as anybody wants to hear it"
SECOND = "odile"
JUROR = "marrow_mike"
PHONE = {"width": 390, "height": 844}


def newcomer(visit: Visit, name: str) -> Page:
    """Somebody nobody here knows."""
    page = visit("/sign-up")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", "rain on a tin roof")
    page.check("input[name=agreed]")
    page.click("main button.main")
    page.wait_for_url("**/settings/profile")
    return page


def publish(page: Page, text: str) -> str:
    page.goto("/compose")
    page.fill("[data-text]", text)
    page.click("[data-send]")
    page.wait_for_url(re.compile(r"/@\w+/\d+"))
    return page.url


def report(page: Page, address: str, comment: str = "") -> None:
    """By the menu of the post, under the first rule."""
    page.goto(address)
    page.locator("article.main .menu summary").click()
    page.get_by_role("link", name="Report this post").click()
    page.locator("input[name=what]").first.check()
    page.fill("textarea[name=comment]", comment)
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator("h2", has_text="It has arrived")).to_be_visible()


def practised(page: Page) -> None:
    """Through the practice cases by keyboard, with the right answers."""
    page.goto("/jury")
    page.get_by_role("button", name="I would like to help").click()
    known = {each.text["en"]: each.choice for each in practice_cases()}
    for _ in known:
        page.locator(".exhibit .words").wait_for()
        text = page.locator(".exhibit .words").inner_text()
        answer = next(choice for words, choice in known.items() if _letters(words) == _letters(text))
        page.keyboard.press(KEYS[answer])
        page.locator("[role=status] h2", has_text="Yes, that is it").wait_for()
        page.keyboard.press("Enter")
    page.wait_for_url("**/jury")


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text)


def passed_on_to(page: Page, words: str) -> None:
    """Pass on what other tests have left in the queue, up to the case in question."""
    page.wait_for_url("**/jury/case")
    while words not in page.locator("#exhibit").inner_text():
        seat = page.locator("form[data-ballots]").get_attribute("action")
        page.get_by_role("button", name="Pass").click()
        expect(page.locator(f'form[data-ballots][action="{seat}"]')).to_have_count(0)


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """What one test leaves to the next: where things are."""
    return {}


def test_a_case_from_report_to_appeal(visit: Visit, told: dict[str, str]) -> None:
    author, reporter = newcomer(visit, "loud_lou"), newcomer(visit, "quiet_quin")
    address = publish(author, WORDS)
    report(reporter, address, "He has said so to three people")
    reporter.goto("/settings/reports")
    expect(reporter.locator(".badge", has_text="being judged")).to_be_visible()
    assert violations(reporter) == []

    juror = visit("/jury", JUROR)
    practised(juror)
    juror.get_by_role("link", name="Take a case").click()
    passed_on_to(juror, "plot nine")
    assert "loud_lou" not in juror.locator("main").inner_text()
    assert violations(juror) == []
    juror.keyboard.press("1")
    juror.keyboard.press("2")
    juror.get_by_text("Nobody waits").wait_for()
    juror.keyboard.press("u")
    expect(juror.locator("#exhibit")).to_contain_text("plot nine")
    juror.keyboard.press("2")
    juror.get_by_text("You judged 1 case today").wait_for()

    # The second steward, and what a pair of them decides.
    steward = visit(f"/admin/accounts?q={SECOND}", OPERATOR)
    steward.locator("li.person .who a", has_text=SECOND).first.click()
    steward.select_option("select[name=role]", "steward")
    steward.get_by_role("button", name="Change the role").click()
    steward.goto("/admin/cases")
    steward.locator(".case-rows a", has_text="plot nine").click()
    told["case"] = steward.url
    expect(steward.get_by_text("He has said so to three people")).to_be_visible()
    assert steward.locator("table").count() == 0, "ballots stay unseen while the jury is out"
    steward.locator("#escalate summary").click()
    steward.fill("#escalate input[name=why]", "Needs a second pair of eyes")
    steward.get_by_role("button", name="Hand over").click()
    give_word(steward, "It calls neighbours liars")
    expect(steward.locator("[role=status]", has_text="second steward")).to_be_visible()
    assert violations(steward) == []
    second = visit(told["case"], SECOND)
    give_word(second, "So it does")
    expect(second.locator(".note", has_text="It broke a rule")).to_be_visible()
    expect(second.locator("td", has_text="breaks none")).to_be_visible()

    author.goto(address)
    author.get_by_role("link", name="Why, and how to appeal").click()
    expect(author.locator("h1")).to_contain_text("A post of yours was removed")
    shown = proven(author)
    assert set(shown.means) == {"case", "account"}
    assert violations(author) == []
    author.fill("textarea[name=text]", "It was meant for the theatre group, they know")
    author.get_by_role("button", name="Appeal").click()
    expect(author.get_by_text("Fresh jurors and a steward look at it")).to_be_visible()
    reporter.goto("/settings/reports")
    expect(reporter.locator(".badge", has_text="broke the rules")).to_be_visible()
    anybody = visit(address)
    assert anybody.locator("article.main").count() == 0
    anybody.goto("/transparency/log")
    expect(anybody.locator("li", has_text="A case was decided").first).to_contain_text("removed, by stewards")
    anybody.locator("summary", has_text="Entry").first.click()
    assert violations(anybody) == []


def proven(author: Page) -> VerifiedProof:
    """What the proof shows that a decision's author can download; it is there within seconds."""
    link = author.get_by_role("link", name="Download the proof")
    for _ in range(40):
        author.locator("#log summary").click()
        if link.count():
            break
        author.wait_for_timeout(500)
        author.reload()
    with author.expect_download() as kept:
        link.click()
    return verify_proof(Path(kept.value.path()).read_bytes())


def give_word(page: Page, why: str) -> None:
    page.locator("input[name=verdict][value=remove]").check()
    page.locator("select[name=rule] option").nth(1).wait_for(state="attached")
    page.select_option("select[name=rule]", index=1)
    page.fill("#decide textarea[name=why]", why)
    page.get_by_role("button", name="Give my word").click()


def test_a_stranger_reports_by_the_form_and_a_thumb_judges_without_scripts(visit: Visit, told: dict[str, str]) -> None:
    assert told, "the test above makes the juror"
    address = publish(newcomer(visit, "cross_cy"), MORE)
    stranger = visit(address, java_script_enabled=False, viewport=PHONE)
    stranger.locator("article.main .menu summary").click()
    stranger.get_by_role("link", name="Report this post").click()
    assert stranger.input_value("input[name=address_of_post]").endswith(address.rpartition("/")[2])
    stranger.fill("textarea[name=reasons]", "It accuses people of a crime they did not commit")
    stranger.check("input[name=good_faith]")
    stranger.get_by_role("button", name="Send the report").click()
    expect(stranger.locator(".wrong")).to_have_text("Give your name.")
    stranger.fill("input[name=name]", "Ada Lovelace")
    stranger.fill("input[name=email]", "ada@example.org")
    stranger.get_by_role("button", name="Send the report").click()
    expect(stranger.locator("h2", has_text="It has arrived")).to_be_visible()
    receipt = stranger.url

    thumb = visit("/jury/case", JUROR, java_script_enabled=False, viewport=PHONE)
    passed_on_to(thumb, "thieves")
    bar = thumb.locator(".ballots").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] == pytest.approx(PHONE["height"], abs=1)
    thumb.locator("summary.breaks").click()
    thumb.locator(".chooser.breaks .by-rule").first.click()
    expect(thumb.get_by_role("button", name="Take back my last answer")).to_be_visible()
    stranger.goto(receipt)
    expect(stranger.locator(".steps .now")).to_contain_text("Being judged")


def test_the_board_shows_what_waits_and_renews_itself(visit: Visit) -> None:
    steward = visit("/admin/board", OPERATOR)
    expect(steward.locator(".cases-table")).to_contain_text("thieves")
    expect(steward.locator("[data-live]")).to_be_visible()
    assert violations(steward) == []
    steward.get_by_role("link", name=re.compile("ferry company")).first.click()
    steward.locator("#raise summary").click()
    steward.fill("#raise input[name=why]", "Names a place and a time")
    steward.get_by_role("button", name="Call the stewards").click()
    steward.goto("/admin/board")
    alarm = steward.locator(".alarm-card", has_text="Names a place and a time")
    alarm.locator("summary").click()
    expect(alarm.locator(".letter")).to_contain_text("cross_cy")
    alarm.locator("input[name=answer]").fill("Rang the harbour police")
    alarm.get_by_role("button", name="Answered").click()
    expect(steward.locator(".alarm-card")).to_have_count(0)


@pytest.mark.parametrize("path", ["/admin/board", "/admin/cases", "/admin/cases/1"])
def test_members_do_not_see_the_board(visit: Visit, path: str) -> None:
    page = visit(path, JUROR)
    assert page.locator(".board, .case-rows, .case-columns").count() == 0


def test_who_is_suspended_reads_why_at_the_door(visit: Visit) -> None:
    newcomer(visit, "sour_sid")
    steward = visit("/admin/accounts?q=sour_sid", OPERATOR)
    steward.locator("li.person .who a", has_text="sour_sid").first.click()
    steward.fill("textarea[name=why]", "Sells followers")
    steward.get_by_role("button", name="Suspend the account").click()
    page = visit("/sign-in")
    page.fill("input[name=name]", "sour_sid")
    page.fill("input[name=password]", "rain on a tin roof")
    page.click("main button.main")
    expect(page.get_by_role("alert")).to_contain_text("This account is suspended")
