"""Every resource of the API: importing one declares its endpoints."""

from folkmoot.web.api import (
    accounts,
    admin,
    apps,
    instance,
    media,
    notices,
    notifications,
    openapi,
    profile,
    push,
    reports,
    search,
    statuses,
    switched_off,
    tags,
    timelines,
)

RESOURCES = (
    accounts, admin, apps, instance, media, notices, notifications, openapi, profile, push, reports, search, statuses,
    switched_off, tags, timelines,
)  # fmt: skip
