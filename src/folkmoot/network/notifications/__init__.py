"""What people are told: who answered, boosted, followed; and how far they have read."""

from folkmoot.network.notifications.notify import notify, unnotify
from folkmoot.network.notifications.read import (
    clear,
    dismiss,
    get_notification,
    listing,
    markers,
    set_markers,
    unread_count,
)
from folkmoot.network.notifications.views import Kind, Marker, NotificationView

__all__ = [
    "Kind",
    "Marker",
    "NotificationView",
    "clear",
    "dismiss",
    "get_notification",
    "listing",
    "markers",
    "notify",
    "set_markers",
    "unnotify",
    "unread_count",
]
