"""Accounts: joining, being found, saying who one is, being shut out, leaving."""

from folkmoot.network.accounts.invitations import find_invitation, invite, list_invitations, revoke_invitation
from folkmoot.network.accounts.leave import close, close_for
from folkmoot.network.accounts.pictures import hidden_pictures, hide_pictures, show_pictures
from folkmoot.network.accounts.profile import get_preferences, note_activity, update_preferences, update_profile
from folkmoot.network.accounts.reading import (
    find_account,
    find_by_name,
    find_for_staff,
    get_account,
    list_accounts,
    load_accounts,
    waiting,
)
from folkmoot.network.accounts.rules import SignUpRefused
from folkmoot.network.accounts.sign_up import create_account, operator_code, sign_up
from folkmoot.network.accounts.staff import approve, change_role, reject, restore, suspend
from folkmoot.network.accounts.views import AccountView, Field, Invitation, Preferences, ProfilePicture, StaffView

__all__ = [
    "AccountView",
    "Field",
    "Invitation",
    "Preferences",
    "ProfilePicture",
    "SignUpRefused",
    "StaffView",
    "approve",
    "change_role",
    "close",
    "close_for",
    "create_account",
    "find_account",
    "find_by_name",
    "find_for_staff",
    "find_invitation",
    "get_account",
    "get_preferences",
    "hidden_pictures",
    "hide_pictures",
    "invite",
    "list_accounts",
    "list_invitations",
    "load_accounts",
    "note_activity",
    "operator_code",
    "reject",
    "restore",
    "revoke_invitation",
    "show_pictures",
    "sign_up",
    "suspend",
    "update_preferences",
    "update_profile",
    "waiting",
]
