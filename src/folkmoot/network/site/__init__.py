"""The network as a place: its name, who may sign up, its rules, its announcements."""

from folkmoot.network.site import announcements
from folkmoot.network.site.backups import BackupsView, BackupView, backups
from folkmoot.network.site.house_rules import add_rule, change_rule, rules, withdraw_rule
from folkmoot.network.site.read_only import read_only, turn_off, turn_on
from folkmoot.network.site.readiness import Readiness, Rehearsed, Restored, readiness
from folkmoot.network.site.standby import StandbyView, find_standby
from folkmoot.network.site.values import change_site, site_values
from folkmoot.network.site.views import AnnouncementView, Reaction, ReadOnly, Registration, RuleView, SiteView

__all__ = [
    "AnnouncementView",
    "BackupView",
    "BackupsView",
    "Reaction",
    "ReadOnly",
    "Readiness",
    "Registration",
    "Rehearsed",
    "Restored",
    "RuleView",
    "SiteView",
    "StandbyView",
    "add_rule",
    "announcements",
    "backups",
    "change_rule",
    "change_site",
    "find_standby",
    "read_only",
    "readiness",
    "rules",
    "site_values",
    "turn_off",
    "turn_on",
    "withdraw_rule",
]
