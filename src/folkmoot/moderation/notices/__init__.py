"""Demands from outside, with their deadlines: from a host, a store, an authority, anyone."""

from folkmoot.moderation.notices.clocks import change_clock, drop_clock, list_clocks
from folkmoot.moderation.notices.confirm import (
    ask_for_time,
    carry_out_order,
    confirm,
    hide_all,
    refuse,
    reopen,
    reply,
    take,
)
from folkmoot.moderation.notices.name_more import name_more
from folkmoot.moderation.notices.read import find_id, get_notice, list_notices, on_board, shown, shown_by_key
from folkmoot.moderation.notices.receive import Received, house, receive
from folkmoot.moderation.notices.rules import Clock, Kind, Trust
from folkmoot.moderation.notices.states import ItemState, State
from folkmoot.moderation.notices.views import NoticeLine, NoticeView, SenderView, Shown

__all__ = [
    "Clock",
    "ItemState",
    "Kind",
    "NoticeLine",
    "NoticeView",
    "Received",
    "SenderView",
    "Shown",
    "State",
    "Trust",
    "ask_for_time",
    "carry_out_order",
    "change_clock",
    "confirm",
    "drop_clock",
    "find_id",
    "get_notice",
    "hide_all",
    "house",
    "list_clocks",
    "list_notices",
    "name_more",
    "on_board",
    "receive",
    "refuse",
    "reopen",
    "reply",
    "shown",
    "shown_by_key",
    "take",
]
