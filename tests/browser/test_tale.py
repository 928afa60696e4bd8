"""The whole tale, through the front door: a call for violence and what became of it; and a wrong verdict put right.

Everybody has a browser of their own: author, reporters, jurors who signed up and practised, two stewards.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from village import OPERATOR

from folkmoot.moderation.cases import Choice
from folkmoot.moderation.jurors.practise import practice_cases

from .conftest import Visit
from .test_accessibility import violations
from .test_jury import KEYS, newcomer, publish, report

pytestmark = pytest.mark.slow

CALL, CALLER = "let a single one of those traitors walk out", "plain_pete"
"""Of the demo, from the days before screening."""
QUESTION = "Honest question for the stewards: is 'pay her a visit' enough for a red? In my league I'd send him off for the tone alone."
"""Talks about such a post, and breaks no rule."""
JURORS = (
    "layla_h",
    "rook_and_roll",
    "nightshift_nia",
    "flour_hour",
    "robo_otters",
    "yarn_bombs",
    "fixit_fran",
    "captain_bram",
    "wingbeat",
    "plot_17",
    "parzelle_neun",
    "turm_emil",
    "schraubzwinge",
    "birgit_alt2",
    "sternwarte_jo",
)
"""Members who have nothing to do with anybody in it."""


class Jurors:
    """Volunteers, each in a browser of their own, who come as they are wanted."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.all: list[Page] = []

    def take(self, number: int) -> Page:
        while len(self.all) <= number:
            self.all.append(self._practised(self.visit("/jury", JURORS[len(self.all)])))
        return self.all[number]

    def _practised(self, page: Page) -> Page:
        """Through the practice cases by the forms of the pages, with the right answers."""
        page.locator("form[action='/jury/volunteer'] button").first.click()
        page.wait_for_url("**/jury/practise")
        token = page.locator("input[name=form_token]").first.input_value()
        known = {each.name: each.choice for each in practice_cases()}
        for _ in known:
            text = page.request.get("/jury/practise").text()
            found = re.search(r'name="name" value="([^"]+)"', text)
            assert found is not None
            answer = {"form_token": token, "name": found[1], "choice": known[found[1]].value}
            assert page.request.post("/jury/practise", form=answer).ok
        page.goto("/jury")
        expect(page.locator("main a[href='/jury/case']")).to_be_visible()
        return page

    def judge(self, number: int, words: str, choice: Choice) -> bool:
        """Find the case among those that are put to this juror, and answer it by keyboard; whether it was put to them."""
        page = self.take(number)
        page.goto("/jury/case")
        while page.locator("#exhibit").count():
            seat = page.locator("form[data-ballots]").get_attribute("action")
            found = words in page.locator("#exhibit").inner_text()
            if found:
                assert CALLER not in page.locator("main").inner_text()
                page.keyboard.press(KEYS[choice])
                if choice is Choice.BREAKS:
                    page.keyboard.press("1")
            else:
                page.keyboard.press("p")
            expect(page.locator(f'form[data-ballots][action="{seat}"]')).to_have_count(0)
            if found:
                return True
        return False


@pytest.fixture
def jurors(visit: Visit) -> Jurors:
    return Jurors(visit)


def own(page: Page, who: str, words: str) -> str:
    """The address of somebody's post."""
    page.goto(f"/@{who}")
    post = page.locator("article", has_text=words).first
    address = post.locator(f"a[href*='/@{who}/']").first.get_attribute("href")
    assert address is not None
    return address


def gone(page: Page, address: str) -> bool:
    page.goto(address)
    return page.locator("article.main").count() == 0


def decide(jurors: Jurors, words: str, choice: Choice, *, first: int = 0) -> int:
    """Have jurors answer alike until nobody is asked any more; how many it took."""
    for number in range(first, len(JURORS)):
        if not jurors.judge(number, words, choice):
            return number - first
    raise AssertionError("the jury does not come to an end")


def reasons(page: Page, address: str) -> None:
    """From the post to the reasons, as its author goes."""
    page.goto(address)
    page.get_by_role("link", name="Why, and how to appeal").click()


def test_a_call_for_violence_is_taken_down_and_a_wrong_verdict_put_right(visit: Visit, jurors: Jurors) -> None:
    reporter, anybody = newcomer(visit, "watchful_wyn"), visit("/")
    call = own(reporter, CALLER, CALL)
    report(reporter, call, "They name a place and a time")
    assert gone(anybody, call), "what is probably a threat waits out of sight"

    sat = decide(jurors, CALL, Choice.BREAKS)
    assert sat >= 2
    assert gone(anybody, call)
    reporter.goto("/settings/reports")
    expect(reporter.locator(".badge", has_text="broke the rules")).to_be_visible()

    author = visit("/notifications", CALLER)
    expect(author.locator("main")).to_contain_text("Something was decided about what you wrote")
    reasons(author, call)
    facts = author.locator("section[aria-labelledby=facts]")
    expect(facts).to_contain_text("No threats and no calls for violence, open or veiled.")
    expect(facts).to_contain_text("drawn by lot")
    expect(facts).to_contain_text("It decided nothing")
    expect(facts).to_contain_text("May post a little")
    assert violations(author) == []
    author.goto("/compose")
    expect(author.locator(".note.warning")).to_contain_text("for followers or those you mention")
    reasons(author, call)
    author.fill("textarea[name=text]", "I meant with their tails between their legs")
    author.get_by_role("button", name="Appeal").click()
    expect(author.get_by_text("Fresh jurors and a steward look at it")).to_be_visible()

    # Another case, and a jury that takes a question about a threat for one.
    asker = newcomer(visit, "asking_ash")
    question = publish(asker, QUESTION)
    report(reporter, question)
    sat = decide(jurors, QUESTION, Choice.BREAKS)
    assert sat >= 2
    assert gone(anybody, question)
    reasons(asker, question)
    asker.fill("textarea[name=text]", "I asked whether such a line is enough. I did not write it.")
    asker.get_by_role("button", name="Appeal").click()
    expect(asker.get_by_text("Fresh jurors and a steward look at it")).to_be_visible()

    assert not jurors.judge(0, QUESTION, Choice.FINE), "who sat in the first instance does not sit in the second"
    fresh = decide(jurors, QUESTION, Choice.REPORTS, first=sat)
    assert fresh >= 2
    steward = visit("/admin/cases?show=appealed", OPERATOR)
    steward.locator(".case-rows a", has_text="enough for a red").click()
    steward.locator("input[name=verdict][value=keep]").check()
    steward.fill("#decide textarea[name=why]", "A question about a post, and no threat")
    steward.get_by_role("button", name="Give my word").click()
    expect(steward.locator(".note", has_text="It is within the rules")).to_be_visible()

    assert not gone(anybody, question)
    expect(anybody.locator("article.main")).to_contain_text(QUESTION)
    asker.goto("/decisions")
    asker.locator("a[href^='/decisions/']").first.click()
    expect(asker.get_by_text("nothing counts against you")).to_be_visible()
    assert violations(asker) == []
    asker.goto("/compose")
    assert asker.locator(".note.warning").count() == 0, "the strike is void"
    reporter.goto("/settings/reports")
    expect(reporter.locator(".badge", has_text="within the rules")).to_be_visible()
    assert gone(anybody, call), "the other appeal is still open, and what was taken down stays down"
