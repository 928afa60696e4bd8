from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot import clock
from folkmoot.errors import Invalid
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.accounts import rules
from folkmoot.network.accounts.views import Field

NOW = clock.now()


@pytest.mark.parametrize("name", ["a", "Ada_1815", "_", "x" * 30, "42"])
def test_a_name_of_letters_digits_and_underscores_is_fine(name: str) -> None:
    assert rules.complain_about_name(name) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "ERR_BLANK"),
        ("x" * 31, "ERR_TOO_LONG"),
        ("ada lovelace", "ERR_INVALID"),
        ("ada-l", "ERR_INVALID"),
        ("åda", "ERR_INVALID"),
        ("ada\n", "ERR_INVALID"),
        ("٣", "ERR_INVALID"),
        ("admin", "ERR_RESERVED"),
        ("API", "ERR_RESERVED"),
        ("Settings", "ERR_RESERVED"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_its_code(name: str, code: str) -> None:
    complaint = rules.complain_about_name(name)
    assert complaint is not None
    assert complaint[0] == code


@given(st.text(max_size=40))
def test_what_passes_as_a_name_fits_the_database(name: str) -> None:
    if rules.complain_about_name(name) is None:
        assert name.isascii()
        assert 1 <= len(name) <= 30
        assert rules.is_handle(name)


def test_reserved_names_could_be_names() -> None:
    assert all(rules.is_handle(name) and name == name.lower() for name in rules.RESERVED)


@pytest.mark.parametrize("email", [None, "", "ada@example.org", "a.b+c@sub.example.co.uk", "ada@localhost", "ä@bär.de"])
def test_an_address_may_be_left_out_or_right(email: str | None) -> None:
    assert rules.complain_about_email(email) is None


@pytest.mark.parametrize(
    "email", ["ada", "@example.org", "ada@", "a b@example.org", "a@b@c", "a@b\0", "a@..", "x" * 330]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    assert rules.complain_about_email(email) is not None


def test_everything_wrong_is_said_at_once() -> None:
    found = rules.complaints(
        name="api", password="short", email="x", agreed=False, reason="x" * 501, taken=False, email_taken=False
    )
    assert {field: complaint[0][0] for field, complaint in found.items()} == {
        "name": "ERR_RESERVED",
        "email": "ERR_INVALID",
        "password": "ERR_TOO_SHORT",
        "agreed": "ERR_ACCEPTED",
        "reason": "ERR_TOO_LONG",
    }
    assert "kept for the network" in rules.SignUpRefused(found).words


@given(st.text(max_size=30))
def test_a_refusal_can_always_be_said(sentence: str) -> None:
    assert sentence in rules.SignUpRefused({"name": [("ERR_INVALID", sentence)]}).words


def test_a_code_is_known_however_it_is_typed() -> None:
    code = rules.new_code()
    assert rules.is_code(code, code)
    assert rules.is_code(f" {code.lower().replace('-', ' ')} ", code)
    assert not rules.is_code(code[:-1], code)
    assert not rules.is_code("ü\ud800", code)
    assert len({rules.new_code() for _ in range(100)}) == 100


@pytest.mark.parametrize(("wanted", "spoken"), [("de-AT", "de"), ("en", "en"), ("fr", "en"), ("", "en"), ("DE", "de")])
def test_we_speak_the_nearest_language(wanted: str, spoken: str) -> None:
    assert rules.choose_locale(wanted) == spoken


def test_a_line_that_stays_stays_verified() -> None:
    before = (Field("Site", "https://ada.example", NOW), Field("Pronouns", "she", NOW))
    after = rules.check_fields([("Site", "https://ada.example"), ("", ""), ("Pronouns", "they")], before)
    assert after == (Field("Site", "https://ada.example", NOW), Field("Pronouns", "they", None))


@pytest.mark.parametrize("lines", [[("a", "b")] * 5, [("a" * 256, "b")], [("a", "b" * 256)], [("", "b")]])
def test_a_profile_has_four_short_lines(lines: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid):
        rules.check_fields(lines, [])


def test_somebody_must_be_left_to_run_the_network() -> None:
    rules.check_leaves_an_operator(1, [1, 2])
    rules.check_leaves_an_operator(3, [1])
    with pytest.raises(rules.LastOperator):
        rules.check_leaves_an_operator(1, [1])


@pytest.mark.parametrize(
    ("role", "uses", "days", "allowed"),
    [
        (Role.MEMBER, 1, 7, True),
        (Role.MEMBER, 25, 30, True),
        (Role.MEMBER, 26, 7, False),
        (Role.MEMBER, None, 7, False),
        (Role.MEMBER, 1, None, False),
        (Role.MEMBER, 1, 32, False),
        (Role.MEMBER, 0, 7, False),
        (Role.MEMBER, 1, -1, False),
        (Role.STEWARD, None, None, True),
        (Role.STEWARD, 0, None, False),
    ],
)
def test_members_invite_within_bounds(role: Role, uses: int | None, days: int | None, allowed: bool) -> None:
    expires_at = None if days is None else NOW + timedelta(days=days)
    viewer = Viewer(account_id=1, name="ada", role=role)
    if allowed:
        rules.check_invitation(viewer, uses, expires_at, NOW)
    else:
        with pytest.raises(Invalid):
            rules.check_invitation(viewer, uses, expires_at, NOW)


@pytest.mark.parametrize("language", [None, "", "de", "gsw", "zh-Hant", "pt-BR"])
def test_a_language_is_a_code_or_left_open(language: str | None) -> None:
    assert rules.check_language(language) == (language or None)


@pytest.mark.parametrize("language", ["German", "d", "de_AT", "de-", "de\n"])
def test_what_is_no_language_is_refused(language: str) -> None:
    with pytest.raises(Invalid):
        rules.check_language(language)
