"""Every resource of the API: importing one declares its endpoints."""

from folkmoot.web.api import (
    accounts,
    apps,
    instance,
    media,
    notifications,
    openapi,
    profile,
    search,
    statuses,
    switched_off,
    tags,
    timelines,
)

RESOURCES = (
    accounts, apps, instance, media, notifications, openapi, profile, search, statuses, switched_off, tags, timelines,
)  # fmt: skip
