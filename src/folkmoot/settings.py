"""Every setting there is, one line each: name, type, default, sentence. Read once at start and passed along.

Defaults run a whole network on one machine. A TOML file overrides them, the environment overrides the file
(`FOLKMOOT_<NAME>`, and `DATABASE_URL` as everybody calls it), and what the command line says overrides all.
"""

from __future__ import annotations

import difflib
import functools
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import SplitResult, urlsplit, urlunsplit

from folkmoot.errors import FolkmootError

T = TypeVar("T")

NOT_SETTINGS = {"CONFIG", "DEBUG", "SUPERVISED", "LISTENER", "GATE"}
"""Variables that begin with FOLKMOOT_ and steer the program rather than the network."""


HOST_ONLY = {
    "data", "host", "port", "web_processes", "database_url", "database_pool", "shared_buffers_mb", "storage_url",
    "storage_endpoint", "storage_region", "storage_access_key", "storage_secret_key", "trusted_proxies", "log_level",
    "log_format", "metrics", "cache_mb", "link_host", "link_port", "link_media_kbps", "public_addresses", "names_command",
    "storage_before", "storage_before_access_key", "storage_before_secret_key", "certificate_file", "certificate_key_file",
    "certificate_command",
}  # fmt: skip
"""What each host decides for itself. All else is the network's and travels with it (DATA/network.toml)."""


HOST_FILE = "host.toml"
"""In the data folder: what commands have written for this host. An operator's own file and variables go before."""


class WrongSetting(FolkmootError):
    """A setting cannot be used as it stands; the sentence names it, where it came from and what is expected."""

    sentence = "Setting {name} (from {source}) is {found}; expected {expected}."


class Secret:
    """A word that must not be shown: printing it in any way gives dots. `reveal()` where it is needed."""

    __slots__ = ("_word",)

    def __init__(self, word: str = "") -> None:
        self._word = word

    def reveal(self) -> str:
        """The word itself, to be handed to whoever asks for it and to no log."""
        return self._word

    def __bool__(self) -> bool:
        return bool(self._word)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._word == self._word

    def __hash__(self) -> int:
        return hash(self._word)

    def __repr__(self) -> str:
        return "••••••" if self._word else ""

    __str__ = __repr__


def _setting(default: T, sentence: str, *, least: int | None = None, most: int | None = None) -> T:
    made: T = field(default=default, metadata={"sentence": sentence, "least": least, "most": most})
    return made


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """What an operator may decide. Everything has a default that works on one machine."""

    data: Path = _setting(Path("data"), "Folder that holds everything worth keeping: database, media, keys.")
    host: str = _setting("127.0.0.1", "Address the web server listens on; 0.0.0.0 for every interface.")
    port: int = _setting(8000, "Port the web server listens on; 0 takes any free one.", least=0, most=65535)
    public_url: str = _setting(
        "", "Address members see, such as https://example.org; empty means http://localhost:PORT."
    )
    site_name: str = _setting("Folkmoot", "Name of the network.")
    site_description: str = _setting("", "One sentence about the network, shown to visitors.")
    contact_email: str = _setting("", "Where visitors, hosts and authorities reach the operator.")
    registration: Literal["open", "approval", "invitation"] = _setting(
        "open", "Who may sign up at first; the operator changes it later in the browser."
    )
    default_locale: str = _setting("en", "Language for visitors whose browser asks for none we speak: en or de.")
    web_processes: int = _setting(1, "Web processes; one uses one core and has its own cache.", least=1, most=256)
    database_url: str = _setting("", "Your own PostgreSQL 15 to 18 (postgresql://...); empty means the embedded one.")
    database_pool: int = _setting(8, "Database connections each process may hold.", least=1, most=500)
    shared_buffers_mb: int = _setting(128, "Memory the embedded PostgreSQL shares, in MB.", least=16, most=1048576)
    link_host: str = _setting("0.0.0.0", "Address on which this host answers its standby, once there is one.")
    link_port: int = _setting(
        7717, "Port for that; 0 never listens, for a host that only dials the other.", least=0, most=65535
    )
    link_media_kbps: int = _setting(
        0, "Most kilobytes a second of media copied over the link; 0 is unbounded.", least=0
    )
    move_silence_seconds: int = _setting(
        30, "Longest time nobody can post during a move; it is called off by itself after that.", least=2, most=600
    )
    rehearse_every: int = _setting(
        0, "Hours between rehearsals of a move on the real standby; 0 is never.", least=0, most=8760
    )
    rehearse_level: int = _setting(
        1,
        "What they do: 0 checks, 1 holds posts for an instant and compares, 2 starts a copy too, 3 moves there and back.",
        least=0,
        most=3,
    )
    public_addresses: tuple[str, ...] = _setting(
        (), "Addresses of this host that the network's name points to while it is the first, comma-separated."
    )
    names_command: str = _setting(
        "", "Command that points the network's name here after a move; it gets NAME, ADDRESSES and RECORDS."
    )
    certificate_file: str = _setting(
        "",
        "Certificate with its chain (PEM) of whatever ends TLS before this host; it goes to the standby with the keys.",
    )
    certificate_key_file: str = _setting("", "Its private key (PEM).")
    certificate_command: str = _setting(
        "", "Command of a standby that has its proxy read a certificate that came; it gets CERTIFICATE and KEY."
    )
    dns_server: str = _setting("", "Name server that takes updates (RFC 2136), host or host:port, for the same.")
    dns_zone: str = _setting("", "Zone the network's name is in; empty means all after its first dot.")
    dns_key_name: str = _setting("", "Name of the TSIG key for that server.")
    dns_key_secret: Secret = _setting(Secret(), "The key itself, in base64.")
    dns_key_algorithm: str = _setting("hmac-sha256", "How that key signs.")
    dns_ttl: int = _setting(60, "Seconds resolvers may remember the addresses.", least=1, most=604800)
    storage_url: str = _setting("", "Where media live: empty for DATA/media, or s3://bucket/prefix.")
    storage_endpoint: str = _setting("", "Address of an S3 provider other than Amazon.")
    storage_region: str = _setting("", "Region of the bucket, where the provider has regions.")
    storage_access_key: str = _setting("", "Access key of the bucket.")
    storage_secret_key: Secret = _setting(Secret(), "Secret key of the bucket.")
    storage_before: str = _setting(
        "", "Where media lived before, while they move: folder, or s3://bucket/prefix?endpoint=https://host."
    )
    storage_before_access_key: str = _setting("", "Access key of the bucket they lived in.")
    storage_before_secret_key: Secret = _setting(Secret(), "Secret key of the bucket they lived in.")
    backup_url: str = _setting(
        "", "Where backups go: a folder, or s3://bucket/prefix?endpoint=https://host; best at another provider."
    )
    backup_region: str = _setting("", "Region of the backups' bucket, where the provider has regions.")
    backup_access_key: str = _setting("", "Access key of the backups' bucket.")
    backup_secret_key: Secret = _setting(Secret(), "Secret key of the backups' bucket.")
    backup_every: int = _setting(24, "Hours between two backups; 0 makes none by itself.", least=0, most=8760)
    backup_full_every: int = _setting(7, "Days after which a backup is a full one again.", least=0, most=366)
    backup_verify_every: int = _setting(
        7, "Days between two trial restores; 0 makes none by itself.", least=0, most=366
    )
    backup_keep_daily: int = _setting(7, "Days of which one backup each is kept.", least=0, most=3660)
    backup_keep_weekly: int = _setting(4, "Weeks of which one backup each is kept.", least=0, most=520)
    backup_keep_monthly: int = _setting(6, "Months of which one backup each is kept.", least=0, most=120)
    backup_journal_every: int = _setting(
        10, "Seconds between two sendings of the database's journal: so much can be lost with this machine.", least=1
    )
    backup_keep_journal: int = _setting(7, "Days back to which every single second can be restored.", least=0, most=366)
    backup_spool_mb: int = _setting(
        1024, "Most of the journal that waits on this disk while the backups' storage is away, in MB.", least=64
    )
    backup_level: int = _setting(
        1, "How hard a backup packs: 0 not at all (quick, and twice to thrice as large), 9 slowly.", least=0, most=9
    )
    backup_throttle: int = _setting(0, "Most a backup by itself sends, in MB a second; 0 is without bound.", least=0)
    screening: Literal["full", "rules", "off"] = _setting(
        "full", "What reads texts before the public does: rules and model, rules alone, or nothing."
    )
    screening_without: tuple[Literal["pictures", "copies", "rules", "context"], ...] = _setting(
        (), "Stages of screening that are left out, comma-separated: pictures, copies, rules, context."
    )
    other_model_url: str = _setting(
        "", "Address of a moderation endpoint in OpenAI's form that is asked, too; texts are sent there. Empty: none."
    )
    other_model_key: Secret = _setting(Secret(), "Key for that endpoint.")
    other_model_seconds: int = _setting(2, "How long that endpoint may take for one text.", least=1, most=30)
    smtp_host: str = _setting("", "Your mail server; empty means that mail waits until there is one.")
    smtp_port: int = _setting(0, "Its port; 0 means 587, with implicit TLS 465, without TLS 25.", least=0, most=65535)
    smtp_tls: Literal["starttls", "implicit", "none"] = _setting(
        "starttls", "How the mail server is spoken to; none only where it is on this machine."
    )
    smtp_user: str = _setting("", "Name to sign in with at the mail server; empty means without.")
    smtp_password: Secret = _setting(Secret(), "Password to sign in with at the mail server.")
    smtp_from: str = _setting("", "Address our mail comes from; empty means contact_email.")
    former_domains: tuple[str, ...] = _setting(
        (), "Domains this network had before; notices may still name addresses under them. Comma-separated."
    )
    time_zone: str = _setting("UTC", "Time zone of the network, such as Europe/Berlin, for deadlines that name none.")
    notice_door: str = _setting(
        "", "Where mail for notices is taken, such as lmtp://127.0.0.1:2424 or smtp://127.0.0.1:2525. Empty: nowhere."
    )
    notice_recipients: tuple[str, ...] = _setting(
        (), "Addresses that door takes mail for, comma-separated; empty takes whatever your mail server hands over."
    )
    notice_mail_servers: tuple[str, ...] = _setting(
        (), "Names your own mail servers write into Authentication-Results; what they found is believed."
    )
    notice_mailbox_url: str = _setting(
        "", "A mailbox to fetch notices from, such as imaps://abuse%40example.org@mail.example.org/INBOX. Empty: none."
    )
    notice_mailbox_password: Secret = _setting(Secret(), "Password of that mailbox.")
    notice_mailbox_done: str = _setting(
        "", "Folder of that mailbox to move taken notices to; empty leaves them where they are, marked."
    )
    notice_mailbox_seconds: int = _setting(60, "Seconds between two looks into it.", least=5, most=86400)
    notice_dkim: bool = _setting(True, "Whether signatures of senders are checked, which asks the DNS for their keys.")
    alarm_webhook_url: Secret = _setting(
        Secret(), "Address of yours that is called when a life may be at risk; kept secret, as it often holds a key."
    )
    alarm_webhook_secret: Secret = _setting(Secret(), "What calls to that address are signed with.")
    outgoing_loopback: bool = _setting(
        False, "Whether push and webhooks may go to this machine itself, also without TLS: for tests."
    )
    post_length: int = _setting(1000, "Longest post, in characters.", least=1, most=100000)
    media_per_post: int = _setting(4, "Most media in one post.", least=0, most=32)
    upload_mb: int = _setting(16, "Largest upload, in MB.", least=1, most=4096)
    image_pixels: int = _setting(40_000_000, "Largest picture we decode, in pixels.", least=1, most=1_000_000_000)
    rate_limits: bool = _setting(True, "Whether requests are limited per account and address.")
    rate_limit_requests: int = _setting(300, "Requests one account or address may make in 5 minutes.", least=1)
    trusted_proxies: tuple[str, ...] = _setting(
        ("127.0.0.1", "::1"), "Addresses or networks whose X-Forwarded-For is believed, comma-separated."
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting("info", "Least important line to log.")
    log_format: Literal["auto", "json", "text"] = _setting("auto", "Form of the log; auto is text on a terminal.")
    metrics: bool = _setting(True, "Whether /metrics answers Prometheus, on loopback addresses only.")
    cache_mb: int = _setting(64, "Memory each web process may use for rendered posts and accounts, in MB.", least=0)

    @property
    def base_url(self) -> str:
        """The address members see, without a trailing slash."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def domain(self) -> str:
        """host[:port] of the address members see; the part after the @ of every account."""
        return urlsplit(self.base_url).netloc

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{each.name}={shown(self, each.name)}' for each in fields(self))})"


@dataclass(frozen=True, slots=True)
class Described:
    """One setting as a page or a table shows it."""

    name: str
    variable: str
    kind: str
    default: str
    sentence: str


def described() -> list[Described]:
    """Every setting in the order of this file, for `folkmoot settings` and docs/settings.md."""
    defaults = Settings()
    return [
        Described(
            each.name,
            f"FOLKMOOT_{each.name.upper()}",
            _expected(each.name),
            shown(defaults, each.name),
            each.metadata["sentence"],
        )
        for each in fields(Settings)
    ]


def shown(settings: Settings, name: str) -> str:
    """A setting's value in a form fit for a screen or a log: no secret, no password inside an address."""
    value = getattr(settings, name)
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return _without_password(text) if name.endswith("_url") else text


def load(
    path: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """The settings in force: defaults, then the TOML file, then the environment, then what the caller insists on.

    Raises WrongSetting with one sentence naming the setting, its source and what is expected.
    """
    return load_with_sources(path, environ, overrides)[0]


def load_with_sources(
    path: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> tuple[Settings, dict[str, str]]:
    """The settings in force, and for each name where its value came from."""
    environ = os.environ if environ is None else environ
    known = {each.name for each in fields(Settings)}
    values: dict[str, Any] = {}
    sources = dict.fromkeys(known, "default")

    def take(name: str, value: object, source: str, folder: Path) -> None:
        values[name] = _convert(name, value, source, folder)
        sources[name] = source

    file = find_file(path, environ)
    if file is not None:
        for name, value in _read(file).items():
            if name not in known:
                raise _unknown(name, file, known)
            take(name, value, str(file), file.parent)
    if environ.get("DATABASE_URL"):
        take("database_url", environ["DATABASE_URL"], "DATABASE_URL", Path.cwd())
    for name in sorted(known):
        variable = f"FOLKMOOT_{name.upper()}"
        if variable in environ:
            take(name, environ[variable], variable, Path.cwd())
    for name, value in (overrides or {}).items():
        if value is not None:
            take(name, value, f"--{name.replace('_', '-')}", Path.cwd())
    values.setdefault("data", Path.cwd() / "data")
    travelled = values["data"] / "network.toml"
    if travelled.is_file():
        for name, value in _read(travelled).items():
            if sources.get(name) == "default" and name not in HOST_ONLY:
                take(name, value, str(travelled), travelled.parent)
    written = values["data"] / HOST_FILE
    if written.is_file():
        for name, value in _read(written).items():
            if name not in known:
                raise _unknown(name, written, known)
            if sources[name] == "default":
                take(name, value, str(written), written.parent)
    return Settings(**values), sources


def travelling(settings: Settings) -> str:
    """The settings that belong to the network rather than to this host, where they are not the default; TOML, secrets too."""
    plain = Settings()
    lines = ["# From the host this network came from. Your own settings file and variables go before."]
    for each in fields(Settings):
        value = getattr(settings, each.name)
        if each.name not in HOST_ONLY and value != getattr(plain, each.name):
            value = value.reveal() if isinstance(value, Secret) else value
            lines.append(f"{each.name} = {json.dumps(value if isinstance(value, bool | int | tuple) else str(value))}")
    return "\n".join(lines) + "\n"


def find_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The TOML file to read: the one asked for, else folkmoot.toml in the working folder when there is one."""
    asked = path or (Path(environ["FOLKMOOT_CONFIG"]) if environ.get("FOLKMOOT_CONFIG") else None)
    if asked is not None:
        return asked.absolute()
    here = Path.cwd() / "folkmoot.toml"
    return here if here.is_file() else None


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like ours and are none: most likely a slip of the pen."""
    known = {f"FOLKMOOT_{each.name.upper()}" for each in fields(Settings)}
    known |= {f"FOLKMOOT_{name}" for name in NOT_SETTINGS}
    return sorted(name for name in environ if name.startswith("FOLKMOOT_") and name not in known)


def _read(file: Path) -> dict[str, Any]:
    import tomllib  # a fifth of the whole start of a command, and few have a file

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise FolkmootError(
            "The settings file {file} cannot be read: {reason}.", file=file, reason=error.strerror or error
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FolkmootError("The settings file {file} is not valid TOML: {reason}.", file=file, reason=error) from error


def _unknown(name: str, file: Path, known: set[str]) -> FolkmootError:
    near = difflib.get_close_matches(name, known, 1)
    return FolkmootError(
        "There is no setting {name} (in {file}){hint}; `folkmoot settings` lists them.",
        name=name,
        file=file,
        hint=f", did you mean {near[0]}?" if near else "",
    )


@functools.cache
def _types() -> dict[str, Any]:
    return get_type_hints(Settings)


def _bounds(name: str) -> tuple[int | None, int | None]:
    metadata = next(each for each in fields(Settings) if each.name == name).metadata
    return metadata["least"], metadata["most"]


def _expected(name: str) -> str:
    """What a setting takes, in words."""
    kind = _types()[name]
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(get_args(kind))
    if kind is int:
        least, most = _bounds(name)
        return "a whole number" + (f" from {least}" if least is not None else "") + (f" to {most}" if most else "")
    if allowed := _allowed(kind):
        return "a list of " + ", ".join(allowed)
    return {bool: "true or false", Path: "a folder", str: "text", Secret: "text (a secret)"}.get(
        kind, "a list of texts"
    )


def _allowed(kind: Any) -> tuple[str, ...]:
    """What may stand in a list; empty where that is any text."""
    return get_args(get_args(kind)[0]) if get_origin(kind) is tuple else ()


def _convert(name: str, value: object, source: str, folder: Path) -> object:
    kind = _types()[name]
    wrong = WrongSetting(
        name=name,
        source=source,
        found="not shown" if kind is Secret or name == "database_url" else repr(value),
        expected=_expected(name),
    )
    if kind is bool:
        word = str(value).strip().lower()
        if word not in ("true", "yes", "on", "1", "false", "no", "off", "0"):
            raise wrong
        return word in ("true", "yes", "on", "1")
    if kind is int:
        return _whole_number(name, value, wrong)
    if get_origin(kind) is tuple:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, Sequence) or not all(isinstance(part, str) for part in parts):
            raise wrong
        listed = tuple(part.strip() for part in parts if part.strip())
        if (allowed := _allowed(kind)) and not set(listed) <= set(allowed):
            raise wrong
        return listed
    if not isinstance(value, str | Path) or "\0" in str(value):
        raise wrong
    text = str(value).strip()
    if kind is Path:
        if not text:
            raise wrong
        return (folder / Path(text).expanduser()).absolute()
    if get_origin(kind) is Literal:
        if text.lower() not in get_args(kind):
            raise wrong
        return text.lower()
    if kind is Secret:
        return Secret(text)
    return _checked_text(name, text, source)


def _whole_number(name: str, value: object, wrong: WrongSetting) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise wrong
    try:
        number = int(value)
    except ValueError:
        raise wrong from None
    least, most = _bounds(name)
    if (least is not None and number < least) or (most is not None and number > most):
        raise wrong
    return number


def _checked_text(name: str, text: str, source: str) -> str:
    if name == "public_url" and text:
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
            raise WrongSetting(
                name=name, source=source, found=repr(text), expected="an address such as https://example.org, no path"
            )
        return text.rstrip("/")
    if name == "other_model_url" and text and not _is_endpoint(text):
        raise WrongSetting(
            name=name,
            source=source,
            found=repr(text),
            expected="an address such as https://example.org/v1/moderations, its port, if it has one, 1 to 65535",
        )
    if name == "notice_door" and text:
        parts = urlsplit(text)
        if parts.scheme not in ("lmtp", "smtp") or not parts.hostname or not _port_of(parts):
            raise WrongSetting(name=name, source=source, found=repr(text), expected="such as lmtp://127.0.0.1:2424")
    if name == "notice_mailbox_url" and text:
        parts = urlsplit(text)
        if parts.scheme not in ("imaps", "imap") or not parts.hostname or not parts.username:
            raise WrongSetting(
                name=name,
                source=source,
                found="something else",
                expected="imaps://NAME@HOST/FOLDER, an @ in the name written %40",
            )
        if parts.scheme == "imap" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise WrongSetting(
                name=name, source=source, found="imap://", expected="imaps://, since it leaves this machine"
            )
    if name == "time_zone" and not _is_time_zone(text):
        raise WrongSetting(name=name, source=source, found=repr(text), expected="a name such as Europe/Berlin")
    if name == "database_url" and text and not text.startswith(("postgresql://", "postgres://")):
        raise WrongSetting(
            name=name, source=source, found="something else", expected="an address that begins with postgresql://"
        )
    if name == "storage_before" and text and text != "folder" and not text.startswith("s3://"):
        raise WrongSetting(
            name=name, source=source, found=repr(text), expected="folder, or an address such as s3://bucket/prefix"
        )
    if name == "storage_url" and text and "://" not in text:
        raise WrongSetting(
            name=name, source=source, found=repr(text), expected="nothing, or an address such as s3://bucket/prefix"
        )
    return text


def _is_time_zone(name: str) -> bool:
    from zoneinfo import available_timezones  # a third of the start of a command, and few name a zone

    return name in available_timezones()


def _is_endpoint(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # no port, or no address in its brackets
        return False


def _port_of(parts: SplitResult) -> int:
    try:
        return parts.port or 0
    except ValueError:
        return 0


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if "password=" in parts.query:
        kept = [part if not part.startswith("password=") else "password=••••••" for part in parts.query.split("&")]
        parts = parts._replace(query="&".join(kept))
    if parts.password:
        parts = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":••••••@"))
    return urlunsplit(parts) if parts.scheme else url
