"""Every job by name, and all periodic work with its times: one list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from folkmoot.jobs.tools import Tools
from folkmoot.mail import jobs as mail
from folkmoot.moderation.cases import jobs as cases
from folkmoot.moderation.evidence import jobs as evidence
from folkmoot.moderation.evidence.forget import forget_found
from folkmoot.moderation.evidence.keep import seal_old
from folkmoot.moderation.findings import jobs as findings
from folkmoot.moderation.findings.refused import keep_refused
from folkmoot.moderation.notices import jobs as notices
from folkmoot.moderation.notices.forget import forget_letters
from folkmoot.moderation.paging import jobs as paging
from folkmoot.moderation.reports.letters import mail_outcome
from folkmoot.moderation.sanctions.letters import mail_statement
from folkmoot.moderation.transparency.log import jobs as public_log
from folkmoot.network.access import jobs as access
from folkmoot.network.accounts import jobs as accounts
from folkmoot.network.media import hash_old, sweep_loose, sweep_these
from folkmoot.network.polls import jobs as polls
from folkmoot.network.posts import jobs as posts
from folkmoot.network.push import jobs as push
from folkmoot.network.relations import jobs as relations
from folkmoot.network.site import jobs as site
from folkmoot.network.timelines import idle

JOBS: dict[str, Callable[..., Awaitable[Any]]] = {
    "mail.deliver": mail.deliver,
    "moderation.cases.enforce_rest": cases.enforce_rest,
    "moderation.cases.hide_rest": cases.hide_rest,
    "moderation.cases.recompute": cases.recompute,
    "moderation.cases.reweigh": cases.reweigh,
    "moderation.cases.score": cases.score,
    "moderation.cases.tell_reporters": cases.tell_reporters,
    "moderation.cases.text_changed": cases.text_changed,
    "moderation.findings.keep_refused": lambda tools, **arguments: keep_refused(tools.db, tools.storage, **arguments),
    "moderation.findings.remember_crops": lambda tools, **arguments: findings.remember_crops(
        tools.db, tools.storage, **arguments
    ),
    "moderation.findings.remember_crops_of_case": lambda tools, **arguments: findings.remember_crops_of_case(
        tools.db, tools.storage, **arguments
    ),
    "moderation.notices.take_up_rest": notices.take_up_rest,
    "moderation.transparency.log.tell": public_log.tell,
    "moderation.paging.hooks": paging.call_hooks,
    "moderation.paging.round": paging.round,
    "moderation.reports.mail_outcome": lambda tools, **arguments: mail_outcome(tools.db, tools.settings, **arguments),
    "moderation.sanctions.mail_statement": lambda tools, **arguments: mail_statement(
        tools.db, tools.settings, **arguments
    ),
    "network.accounts.erase": accounts.erase,
    "network.media.sweep_these": lambda tools, **arguments: sweep_these(tools.db, tools.storage, **arguments),
    "network.site.tell_staff": lambda tools, **arguments: site.tell_staff(tools.db, tools.settings, **arguments),
    "network.posts.deliver": lambda tools, **arguments: posts.deliver(tools.db, **arguments),
}
"""Deferred by `Transaction.defer` under these names, which are stored and so never change."""

OFTEN: dict[str, tuple[float, Callable[[Tools], Awaitable[Any]]]] = {
    "mail.deliver_due": (15, mail.deliver),
    "moderation.cases.take_up_findings": (5, lambda tools: cases.take_up_findings(tools.db)),
    "moderation.cases.work_clocks": (5, cases.work_clocks),
    "moderation.transparency.log.grow": (2, public_log.grow),
    "moderation.transparency.log.tell_moves": (60, public_log.tell_moves),
    "moderation.transparency.log.publish": (20, public_log.publish),
    "moderation.transparency.log.ask_witnesses": (30, public_log.ask_witnesses),
    "moderation.notices.work": (5, notices.work_notices),
    "moderation.notices.log_deletions": (10, notices.log_deletions),
    "moderation.paging.call_hooks": (10, paging.call_hooks),
    "moderation.paging.rounds": (10, paging.round),
    "network.gate.write_counts": (60, lambda tools: tools.gate.write_counts()),
    "network.posts.publish_scheduled": (5, lambda tools: posts.publish_scheduled(tools.db, tools.settings, tools.gate)),
    "network.polls.close_due": (10, lambda tools: polls.close_due_polls(tools.db)),
    "network.push.deliver": (2, lambda tools: push.deliver(tools.db, tools.settings)),
    "network.relations.remove_ended_mutes": (60, lambda tools: relations.remove_ended_mutes(tools.db)),
    "network.site.send_announcements": (10, lambda tools: site.send_announcements(tools.db, tools.settings)),
}
"""Seconds between two looks, and deed, for what mostly finds nothing to do: each worker does it without the queue, whose
way there and back costs ten times the look. Each may run twice, also at the same time."""

PERIODIC: dict[str, tuple[str, Callable[[Tools], Awaitable[Any]]]] = {
    "moderation.evidence.forget_found": ("13 3 * * *", lambda tools: forget_found(tools.db)),
    "moderation.evidence.seal_old": ("23 3 * * *", lambda tools: seal_old(tools.db)),
    "moderation.evidence.seal_pictures": ("43 4 * * *", evidence.seal_pictures),
    "moderation.cases.look_at_the_queue": ("*/5 * * * *", cases.look_at_the_queue),
    "moderation.cases.learn_by_night": ("7 3 * * *", cases.learn_by_night),
    "moderation.notices.forget_letters": ("33 3 * * *", lambda tools: forget_letters(tools.db)),
    "moderation.notices.amend": ("*/10 * * * *", notices.amend),
    "moderation.transparency.log.forget": ("57 3 * * *", public_log.forget),
    "network.timelines.rest": ("27 4 * * *", lambda tools: idle.rest(tools.db)),
    "network.posts.tidy": ("17 * * * *", lambda tools: posts.tidy(tools.db)),
    "network.media.hash_old": (
        "*/10 * * * *",
        lambda tools: hash_old(tools.db, tools.storage, tools.settings),
    ),
    "network.media.sweep_loose": ("37 4 * * *", lambda tools: sweep_loose(tools.db, tools.storage)),
    "network.push.tidy": ("7 4 * * *", lambda tools: push.tidy(tools.db)),
    "moderation.paging.tidy": ("52 4 * * *", paging.tidy),
    "mail.tidy": ("57 4 * * *", mail.tidy),
    "network.access.forget_old": ("47 4 * * *", access.forget_old),
}
"""Cron and deed, once for all workers. Each may run twice and may be late."""
