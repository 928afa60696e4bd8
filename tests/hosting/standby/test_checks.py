"""What a standby asks of the world around it: certificate, names, mail. Real sockets on this machine."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from folkmoot.errors import Unavailable
from folkmoot.hosting.link.identity import open_identity
from folkmoot.hosting.standby import secrets
from folkmoot.hosting.standby.checks import certificate, mail, names
from folkmoot.settings import Settings, load, travelling


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[int]:
    """The port of a server that shows a certificate nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(open_identity(tmp_path).file)
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            caught, _ = door.accept()
            try:
                context.wrap_socket(caught, server_side=True).close()
            except OSError:
                caught.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield door.getsockname()[1]
        thread.join()


def unused() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_a_certificate_nobody_vouches_for_is_in_the_way(shown: int) -> None:
    found = certificate("https", "moot.example", shown)
    assert found.well is False
    assert "not valid for moot.example" in found.words


def test_nobody_before_the_standbys_web_is_in_the_way(shown: int) -> None:
    assert certificate("https", "moot.example", unused()).well is False
    certificate("https", "moot.example", shown)


@pytest.mark.parametrize("host", ["localhost", "192.0.2.7", "::1", ""])
def test_a_network_without_a_name_has_none_to_change(host: str) -> None:
    assert names(host).well is None
    assert certificate("http", host).well is None


def test_a_mail_server_is_reached_or_named() -> None:
    assert mail(Settings()).well is None
    with socket.create_server(("127.0.0.1", 0)) as door:
        there = Settings(smtp_host="127.0.0.1", smtp_port=door.getsockname()[1])
        assert mail(there).well is True
    gone = mail(there)
    assert gone.well is False
    assert "127.0.0.1 cannot be reached" in gone.words


def test_the_networks_settings_travel_and_the_hosts_do_not(tmp_path: Path) -> None:
    first = load(None, {"FOLKMOOT_SITE_NAME": 'The "Moot"', "FOLKMOOT_PORT": "81", "FOLKMOOT_SMTP_PASSWORD": "x y"})
    secrets.keep(tmp_path, {secrets.SETTINGS: travelling(first)})
    there = load(None, {"FOLKMOOT_DATA": str(tmp_path)})
    assert (there.site_name, there.port, there.smtp_password.reveal()) == ('The "Moot"', 8000, "x y")
    assert load(None, {"FOLKMOOT_DATA": str(tmp_path), "FOLKMOOT_SITE_NAME": "Ours"}).site_name == "Ours"


@pytest.mark.parametrize("name", ["../x", "keys/../../x", "keys/.hidden", "hosting.json", "keys/", "keys/a/b"])
def test_a_secret_goes_nowhere_but_into_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unavailable):
        secrets.keep(tmp_path, {name: "x"})
    assert list(tmp_path.rglob("x")) == []


def test_secrets_are_compared_without_being_shown() -> None:
    ours, theirs = {"keys/a": "1", "keys/b": "2"}, {"keys/a": "1", "keys/b": "3", "keys/c": "4"}
    nonce = "fresh"
    assert secrets.differing(secrets.digests(ours, nonce), secrets.digests(theirs, nonce)) == ["keys/b", "keys/c"]
    assert secrets.digests(ours, nonce) != secrets.digests(ours, "another")
