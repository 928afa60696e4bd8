from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot import clock
from folkmoot.errors import Forbidden
from folkmoot.network.access import rules
from folkmoot.network.access.rules import AppRefused, OAuthError
from folkmoot.network.access.viewer import COMMAND_LINE, Role, Viewer, is_covered

ICE_CUBES = "icecubesapp://"
IVORY = "com.tapbots.Ivory.10217:/request_token"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "ERR_BLANK"),
        ("short", "ERR_TOO_SHORT"),
        ("x" * 8, "ERR_INVALID"),
        ("Password123", "ERR_INVALID"),
        ("ADA_LOVELACE", "ERR_INVALID"),
        ("correct horse\0", "ERR_INVALID"),
        ("half \ud83d a pair", "ERR_INVALID"),
        ("correct horse " * 20, "ERR_TOO_LONG"),
    ],
)
def test_a_poor_password_is_refused_with_its_code(password: str, code: str) -> None:
    complaint = rules.complain_about_password(password, "ada_lovelace")
    assert complaint is not None
    assert complaint[0] == code


@pytest.mark.parametrize("password", ["correct horse", "ünïcödé ✓ pass", "a" * 255 + "b"])
def test_a_decent_password_is_taken(password: str) -> None:
    assert rules.complain_about_password(password, "ada") is None


@pytest.mark.parametrize(
    "uri",
    [
        ICE_CUBES,
        IVORY,
        rules.OUT_OF_BAND,
        "https://elk.zone/api/oauth/callback?x=1",
        "http://localhost:1234/cb",
        "myapp:cb",
    ],
)
def test_apps_of_every_kind_may_be_returned_to(uri: str) -> None:
    assert rules.may_redirect_to(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,hi",
        "vbscript:x",
        "/relative",
        "//host/path",
        "https://",
        "https:///path",
        "https://[bad",
        "https://host:port/",
        "https://host/#part",
        "https://host/ space",
        "java\nscript:alert(1)",
        " javascript:alert(1)",
        "",
        "https://host/\0",
        "x:",
    ],
)
def test_addresses_that_run_something_or_lead_nowhere_are_refused(uri: str) -> None:
    assert not rules.may_redirect_to(uri)


@given(st.text(max_size=60))
def test_no_address_at_all_makes_the_check_fail(uri: str) -> None:
    if rules.may_redirect_to(uri):
        assert not uri.lower().startswith(("javascript:", "data:", "vbscript:"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": [ICE_CUBES, "data:x"]}, "redirect_uris"),
        ({"scopes": ["read", "everything"]}, "scopes"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "no address"}, "website"),
    ],
)
def test_an_app_that_cannot_be_is_refused(changed: dict[str, object], field: str) -> None:
    wanted: dict[str, object] = {"name": "Ice Cubes", "redirect_uris": [ICE_CUBES], "scopes": ["read"], "website": None}
    with pytest.raises(AppRefused) as refused:
        rules.check_app(**(wanted | changed))  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("scope", "granted", "covered"),
    [
        ("read", {"read"}, True),
        ("read:statuses", {"read"}, True),
        ("read", {"read:statuses"}, False),
        ("write:statuses", {"read"}, False),
        ("write:follows", {"follow"}, True),
        ("read:mutes", {"follow"}, True),
        ("write:statuses", {"follow"}, False),
        ("admin:read:accounts", {"admin:read"}, True),
        ("admin:write:accounts", {"admin:read"}, False),
        ("admin:read", {"read"}, False),
        ("readiness", {"read"}, False),
    ],
)
def test_a_scope_is_covered_by_itself_and_by_those_above(scope: str, granted: set[str], covered: bool) -> None:
    assert is_covered(scope, granted) is covered


@given(st.sets(st.sampled_from(rules.SCOPES), min_size=1))
def test_an_app_may_always_ask_for_what_it_registered(scopes: set[str]) -> None:
    rules.check_scopes(sorted(scopes), scopes)


@pytest.mark.parametrize("wanted", [[], ["write"], ["read", "nonsense"]])
def test_asking_for_more_than_was_registered_is_refused(wanted: list[str]) -> None:
    with pytest.raises(OAuthError) as refused:
        rules.check_scopes(wanted, ["read"])
    assert refused.value.code == "invalid_scope"


def test_scopes_come_in_every_spelling() -> None:
    assert rules.parse_scopes(" read  write:statuses+follow,read ") == ["read", "write:statuses", "follow"]


def challenge_for(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def test_only_the_right_verifier_answers_a_challenge() -> None:
    verifier = "v" * 43
    assert rules.answers_challenge(verifier, challenge_for(verifier))
    assert rules.answers_challenge(None, None)
    assert not rules.answers_challenge("w" * 43, challenge_for(verifier))
    assert not rules.answers_challenge(None, challenge_for(verifier))
    assert not rules.answers_challenge(verifier, None)
    assert not rules.answers_challenge("ü" * 43, challenge_for(verifier))


@pytest.mark.parametrize(
    ("challenge", "method"), [("c" * 43, "plain"), ("c" * 43, None), (None, "S256"), ("c" * 42, "S256"), ("", "S256")]
)
def test_only_s256_is_taken(challenge: str | None, method: str | None) -> None:
    with pytest.raises(OAuthError):
        rules.check_challenge(challenge, method)


def test_pkce_may_be_left_out() -> None:
    rules.check_challenge(None, None)
    rules.check_challenge("c" * 43, "S256")


@pytest.mark.parametrize(
    ("approved", "suspended", "closed", "error"),
    [
        (True, False, False, None),
        (False, False, False, rules.PendingApproval),
        (True, True, False, rules.LoginDisabled),
        (False, True, False, rules.LoginDisabled),
        (True, False, True, rules.LoginDisabled),
    ],
)
def test_only_open_accounts_sign_in(
    approved: bool, suspended: bool, closed: bool, error: type[Forbidden] | None
) -> None:
    if error is None:
        rules.check_standing(approved=approved, suspended=suspended, closed=closed)
    else:
        with pytest.raises(error):
            rules.check_standing(approved=approved, suspended=suspended, closed=closed)


def test_a_session_nobody_uses_ends() -> None:
    now = clock.now()
    assert rules.is_session_live(now - timedelta(days=89), now)
    assert not rules.is_session_live(now - timedelta(days=90), now)


def test_an_operator_may_do_what_a_steward_may() -> None:
    Viewer(account_id=1, name="ada", role=Role.OPERATOR).check_role(Role.STEWARD)
    with pytest.raises(Forbidden):
        Viewer(account_id=1, name="ada", role=Role.STEWARD).check_role(Role.OPERATOR)


def test_the_command_line_is_recorded_as_no_account() -> None:
    assert COMMAND_LINE.actor is None
    assert COMMAND_LINE.traces == {"via": "command line"}
