"""Report a post, or a profile, with an account or without one."""

from __future__ import annotations

from collections.abc import Sequence

from folkmoot.moderation.reports.views import Category, Receipt, ReportView
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.posts.desk import Desk


async def report(
    desk: Desk,
    viewer: Viewer,
    *,
    account_id: int,
    post_ids: Sequence[int] = (),
    category: Category = Category.OTHER,
    rule_ids: Sequence[int] = (),
    comment: str = "",
    life_at_risk: bool = False,
) -> ReportView:
    """Object to posts of an account, or without any to its profile. Each post's case is opened or joined at once.

    The same report again answers with the first one. `life_at_risk` raises an alarm with the stewards besides. Raises
    Missing for what the viewer may not see, and the errors of `rules`.
    """
    raise NotImplementedError


async def report_by_form(
    desk: Desk,
    *,
    address_of_post: str,
    reasons: str,
    name: str,
    email: str,
    is_exempt: bool,
    good_faith: bool,
    address: str,
    life_at_risk: bool = False,
) -> Receipt:
    """Object without an account, as Art. 16 of the Digital Services Act has it.

    `is_exempt` says that it is about the abuse of children, where nobody need give name and mail. `address` is that of
    the network connection, for limits. Raises Invalid with the field that is missing, and TooMany.
    """
    raise NotImplementedError
