"""Every page there is."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from folkmoot.web.pages import about, account, admin, assets, auth, home, live, media, news, oauth, post, search, settings

HANDLERS: Sequence[HTTPRouteHandler] = (
    # reading
    home.home,
    home.local,
    home.hashtag,
    home.follow_tag,
    home.unfollow_tag,
    home.bookmarks,
    home.favourites,
    home.messages,
    home.list_announcements,
    home.dismiss_announcement,
    news.show_notifications,
    news.clear,
    search.search,
    live.live,
    # posts
    post.find_post,
    post.show_history,
    post.list_reactors,
    post.ask_before_delete,
    post.change,
    post.compose,
    post.send,
    post.upload,
    post.do_with_post,
    # people
    account.requests,
    account.relate,
    account.ask_before,
    account.profile,
    account.profile_tab,
    # the door
    auth.ask_in,
    auth.sign_in,
    auth.sign_out,
    auth.ask_up,
    auth.sign_up,
    auth.look,
    oauth.ask,
    oauth.decide,
    # oneself
    settings.menu,
    settings.settings,
    settings.profile,
    settings.save_profile,
    settings.preferences,
    settings.save_preferences,
    settings.password,
    settings.save_password,
    settings.sessions,
    settings.end_session,
    settings.apps,
    settings.revoke_app,
    settings.blocks,
    settings.invitations,
    settings.invite,
    settings.revoke_invitation,
    settings.ask_to_delete,
    settings.delete,
    # running it
    admin.admin,
    admin.list_accounts,
    admin.show_account,
    admin.decide,
    admin.list_announcements,
    admin.announce,
    admin.change_announcement,
    admin.withdraw_announcement,
    admin.list_rules,
    admin.add_rule,
    admin.change_rule,
    admin.withdraw_rule,
    admin.show_site,
    admin.change_site,
    # the network itself
    about.about,
    about.privacy,
    about.offline,
    about.manifest,
    assets.serve_static,
    assets.favicon,
    assets.service_worker,
    media.serve_media,
)
