"""Who is asking, and how they prove it: passwords, browser sessions, apps and their tokens."""

from folkmoot.network.access.apps import (
    authorise,
    authorised_apps,
    check_request,
    client_token,
    find_app,
    get_app,
    issue_token,
    redeem,
    register_app,
    revoke_app,
    revoke_token,
    viewer_by_token,
)
from folkmoot.network.access.rules import SCOPES, OAuthError, check_scopes, parse_scopes
from folkmoot.network.access.sessions import (
    change_password,
    enter,
    revoke_session,
    sessions,
    set_password,
    sign_in,
    sign_out,
    viewer_by_session,
)
from folkmoot.network.access.viewer import COMMAND_LINE, Role, Viewer
from folkmoot.network.access.views import AppView, AuthorisedApp, IssuedToken, SessionView, TokenHolder

__all__ = [
    "COMMAND_LINE",
    "SCOPES",
    "AppView",
    "AuthorisedApp",
    "IssuedToken",
    "OAuthError",
    "Role",
    "SessionView",
    "TokenHolder",
    "Viewer",
    "authorise",
    "authorised_apps",
    "change_password",
    "check_request",
    "check_scopes",
    "client_token",
    "enter",
    "find_app",
    "get_app",
    "issue_token",
    "parse_scopes",
    "redeem",
    "register_app",
    "revoke_app",
    "revoke_session",
    "revoke_token",
    "sessions",
    "set_password",
    "sign_in",
    "sign_out",
    "viewer_by_session",
    "viewer_by_token",
]
