"""The network as a place: its name, who may sign up, its rules, its announcements."""

from folkmoot.network.site import announcements
from folkmoot.network.site.house_rules import add_rule, change_rule, rules, withdraw_rule
from folkmoot.network.site.values import change_site, site_values
from folkmoot.network.site.views import AnnouncementView, Reaction, Registration, RuleView, SiteView

__all__ = [
    "AnnouncementView",
    "Reaction",
    "Registration",
    "RuleView",
    "SiteView",
    "add_rule",
    "announcements",
    "change_rule",
    "change_site",
    "rules",
    "site_values",
    "withdraw_rule",
]
