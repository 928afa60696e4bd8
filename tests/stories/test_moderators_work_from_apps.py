"""Reports and accounts from an app: Mastodon.py's own calls, against a whole network."""

from __future__ import annotations

from typing import Any

import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonError

pytestmark = pytest.mark.slow

WORDS = "The people on plot nine are liars, and soon everybody in the village will hear why from me"


@pytest.fixture
def app(network: Any) -> Any:
    """An app in somebody's hands: `app(name, role)`."""
    opened: list[Mastodon] = []

    def open_app(name: str, role: str = "member") -> Mastodon:
        token = network.command("account", "create", name, "--role", role, "--token")
        made = Mastodon(access_token=token, api_base_url=network.address, version_check_mode="none")
        opened.append(made)
        return made

    yield open_app
    for each in opened:
        each.session.close()


def test_a_report_is_made_read_and_answered_in_apps(network: Any, app: Any) -> None:
    steward, second = app("stella", "steward"), app("stan", "steward")
    author, reporter = app("bert"), app("cleo")
    post = author.status_post(WORDS)
    made = reporter.report(author.me(), status_ids=[post.id], comment="He names them", category="other")
    assert made.action_taken is False
    (found,) = steward.admin_reports(resolved=False)
    assert (found.id, found.comment, found.target_account.username) == (made.id, "He names them", "bert")
    assert [each.id for each in found.statuses] == [post.id]
    assert steward.admin_report(made.id).account.username == "cleo"
    assert steward.admin_report_assign(made.id).assigned_account is None
    assert steward.admin_report_unassign(made.id).id == made.id
    with pytest.raises(MastodonError, match="answered by deciding their case"):
        steward.admin_report_resolve(made.id)
    with pytest.raises(MastodonError):
        reporter.admin_reports()
    assert second.admin_reports(resolved=True) == []


def test_accounts_are_found_suspended_and_restored_in_apps(app: Any) -> None:
    operator, member = app("olga", "operator"), app("bert")
    (found,) = operator.admin_accounts_v2(username="bert", status="active")
    assert (found.username, found.suspended) == ("bert", False)
    assert operator.admin_account(found.id).id == found.id
    operator.admin_account_moderate(found.id, "suspend", text="Sells followers")
    with pytest.raises(MastodonError, match="disabled"):
        member.account_verify_credentials()
    assert [each.id for each in operator.admin_accounts_v2(status="suspended")] == [found.id]
    assert operator.admin_account_unsuspend(found.id).suspended is False
    with pytest.raises(MastodonAPIError):
        operator.admin_account_moderate(found.id, "silence")
    with pytest.raises(MastodonError):
        member.admin_accounts_v2()
