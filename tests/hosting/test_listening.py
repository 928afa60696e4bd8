"""The socket the web is reached at."""

from __future__ import annotations

import socket

import pytest

from folkmoot.hosting.listening import CannotListen, listen, listener


def test_a_taken_port_is_one_sentence_with_a_way_out() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(CannotListen) as refused:
            listen("127.0.0.1", port)
    assert f"Port {port} is in use" in refused.value.words
    assert "--port" in refused.value.words


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host"])
def test_an_address_of_another_machine_is_one_sentence(host: str) -> None:
    with pytest.raises(CannotListen, match="no address of this machine"):
        listen(host, 0)


def test_a_supervised_web_process_takes_the_socket_it_inherits() -> None:
    with listen("127.0.0.1", 0) as door:
        number = socket.socket.detach(door.dup())
        with listener("127.0.0.1", 1, {"FOLKMOOT_LISTENER": str(number)}) as inherited:
            assert inherited.getsockname() == door.getsockname()
