"""What a device shows of a notification, in the language of its owner."""

from __future__ import annotations

from folkmoot.network.notifications import Kind

BODY_MOST = 140

_TITLES: dict[str, dict[str, str]] = {
    "en": {
        Kind.MENTION: "{name} mentioned you",
        Kind.BOOST: "{name} boosted your post",
        Kind.FAVOURITE: "{name} likes your post",
        Kind.FOLLOW: "{name} follows you",
        Kind.FOLLOW_REQUEST: "{name} asks to follow you",
        Kind.POLL: "A poll has ended",
        Kind.POST: "{name} wrote a post",
        Kind.EDIT: "{name} changed a post",
        Kind.SIGN_UP: "{name} has joined",
        Kind.MODERATION_WARNING: "A decision about you",
        Kind.PROFILE_DECISION: "A decision about your profile",
        Kind.REPORT_OUTCOME: "Your report was decided",
        Kind.ALARM: "A life may be at risk",
        "announcement": "Announcement",
    },
    "de": {
        Kind.MENTION: "{name} hat dich erwähnt",
        Kind.BOOST: "{name} hat deinen Beitrag geteilt",
        Kind.FAVOURITE: "{name} gefällt dein Beitrag",
        Kind.FOLLOW: "{name} folgt dir",
        Kind.FOLLOW_REQUEST: "{name} möchte dir folgen",
        Kind.POLL: "Eine Umfrage ist zu Ende",
        Kind.POST: "{name} hat einen Beitrag geschrieben",
        Kind.EDIT: "{name} hat einen Beitrag geändert",
        Kind.SIGN_UP: "{name} ist dabei",
        Kind.MODERATION_WARNING: "Eine Entscheidung über dich",
        Kind.PROFILE_DECISION: "Eine Entscheidung über dein Profil",
        Kind.REPORT_OUTCOME: "Über deine Meldung ist entschieden",
        Kind.ALARM: "Es kann um ein Leben gehen",
        "announcement": "Ankündigung",
    },
}
_NEWS = {"en": "Something new", "de": "Etwas Neues"}
_BODIES = {
    "en": {
        Kind.MODERATION_WARNING: "The reasons, and how to appeal.",
        Kind.PROFILE_DECISION: "See what and why.",
        Kind.REPORT_OUTCOME: "See what became of it.",
        Kind.ALARM: "Case {case} waits for a steward now.",
    },
    "de": {
        Kind.MODERATION_WARNING: "Die Gründe, und wie du Einspruch erhebst.",
        Kind.PROFILE_DECISION: "Sieh nach, was und warum.",
        Kind.REPORT_OUTCOME: "Sieh nach, was daraus wurde.",
        Kind.ALARM: "Fall {case} wartet jetzt auf dich.",
    },
}


def title(kind: str, locale: str, name: str = "") -> str:
    """The first line."""
    spoken = locale if locale in _TITLES else "en"
    return _TITLES[spoken].get(kind, _NEWS[spoken]).format(name=name)


def body(kind: str, locale: str, text: str = "", case_id: int | None = None) -> str:
    """The words below it: the post's, or ours where there is none."""
    spoken = locale if locale in _BODIES else "en"
    ours = _BODIES[spoken].get(kind)  # type: ignore[call-overload]  # a Kind is its word
    if ours is not None:
        return str(ours.format(case=f"{(case_id or 0) % 1_000_000:06d}"))
    line = " ".join(text.split())
    return line if len(line) <= BODY_MOST else line[: BODY_MOST - 1].rstrip() + "…"
