"""Two ends of a link on this machine: paired by a code, asked and answering both ways, whoever dials."""

from __future__ import annotations

import dataclasses
import gc
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from folkmoot.errors import FolkmootError
from folkmoot.hosting import state as states
from folkmoot.hosting.link import (
    CannotPair,
    CodeRefused,
    Facts,
    Link,
    LinkBroken,
    Stream,
    find_partner,
    join,
    keep_partner,
    make_code,
)
from folkmoot.hosting.link.code import ATTEMPTS, find_code, keep_code
from folkmoot.hosting.link.security import PAIRING, dial, secure
from folkmoot.hosting.link.stream import Message
from folkmoot.hosting.link.words import words_for

NOW = 1_800_000_000.0


def facts(data: Path, **changes: object) -> Facts:
    state = states.named(data)
    made = Facts(
        1, "1.2.0", "0010", 18, "x86_64", NOW, state.side, state.network, state.role, state.epoch, data.name, ""
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]  # a test's own words


class End:
    """A folder and its link."""

    def __init__(self, data: Path, role: states.Role) -> None:
        self.data = data
        (data / "run").mkdir(parents=True)
        states.write(data, states.State(role=role))
        self.changes: dict[str, object] = {}
        self.link = Link(data, lambda: facts(data, **self.changes))
        self.port = 0

    def listen(self) -> End:
        self.port = self.link.listen("127.0.0.1", 0)
        return self

    def join(self, other: End, word: str) -> str:
        def keep(partner: object, theirs: Facts) -> None:
            keep_partner(self.data, partner)  # type: ignore[arg-type]  # a Partner
            states.change(self.data, network=theirs.network, epoch=theirs.epoch)

        paired = self.link.pair_with(f"127.0.0.1:{other.port}", word, keep)
        return paired.words


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[tuple[End, End]]:
    """The one that carries the network, listening, and the one to follow it."""
    primary, standby = End(tmp_path / "primary", "primary").listen(), End(tmp_path / "standby", "standby")
    yield primary, standby
    primary.link.close()
    standby.link.close()


@pytest.fixture
def paired(ends: tuple[End, End]) -> tuple[End, End]:
    primary, standby = ends
    standby.join(primary, make_code(primary.data, time.time()).word)
    return ends


def test_a_code_makes_two_hosts_know_each_other(ends: tuple[End, End]) -> None:
    primary, standby = ends
    words = standby.join(primary, make_code(primary.data, time.time()).word)
    ours, theirs = find_partner(primary.data), find_partner(standby.data)
    assert ours is not None
    assert theirs is not None
    assert (ours.fingerprint, theirs.fingerprint) == (
        standby.link.identity.fingerprint,
        primary.link.identity.fingerprint,
    )
    assert words == words_for(ours.fingerprint, theirs.fingerprint)
    assert len(words.split()) == 4


def test_how_the_code_is_written_does_not_matter(ends: tuple[End, End]) -> None:
    primary, standby = ends
    word = make_code(primary.data, time.time()).word
    standby.join(primary, word.upper().replace("-", " ").replace("0", "O").replace("1", "L"))


def test_a_wrong_code_opens_nothing_and_five_of_them_close_the_right_one(ends: tuple[End, End]) -> None:
    primary, standby = ends
    word = make_code(primary.data, time.time()).word
    for left in range(ATTEMPTS - 1, -1, -1):
        with pytest.raises(CannotPair, match=f"not the code shown on the other host: look again; {left} more"):
            standby.join(primary, "aaaa-bbbb-cccc-dddd")
    with pytest.raises(CannotPair, match="too often"):
        standby.join(primary, word)
    assert find_partner(primary.data) is None
    assert find_partner(standby.data) is None


def test_without_a_code_on_the_other_host_nobody_comes_in(ends: tuple[End, End]) -> None:
    with pytest.raises(CannotPair, match="no code on the other host"):
        ends[1].join(ends[0], "")


def test_an_expired_code_opens_nothing(ends: tuple[End, End]) -> None:
    primary, standby = ends
    code = make_code(primary.data, time.time() - 3600)
    with pytest.raises(CannotPair, match="expired"):
        standby.join(primary, code.word)


def test_a_used_code_opens_nothing_to_another_host_and_the_same_one_may_repeat(
    paired: tuple[End, End], tmp_path: Path
) -> None:
    primary, standby = paired
    code = find_code(primary.data)
    assert code is not None
    thief = End(tmp_path / "thief", "standby")
    with pytest.raises(CannotPair, match="used already"):
        thief.join(primary, code.word)
    standby.join(primary, code.word)
    assert find_partner(primary.data).fingerprint == standby.link.identity.fingerprint  # type: ignore[union-attr]  # there


def test_somebody_in_the_middle_is_found_by_both(ends: tuple[End, End], tmp_path: Path) -> None:
    primary, standby = ends
    word = make_code(primary.data, time.time()).word
    middle = Link(_folder(tmp_path / "middle"), lambda: facts(tmp_path / "middle"))
    door = socket.create_server(("127.0.0.1", 0))

    def pass_on() -> None:
        caught, _ = door.accept()
        caught.recv(8)
        near = secure(caught, middle.identity, None, as_server=True)
        far = dial(f"127.0.0.1:{primary.port}")
        far.sendall(PAIRING)
        join(near, secure(far, middle.identity, None, as_server=False))

    thread = threading.Thread(target=pass_on)
    thread.start()
    try:
        with pytest.raises(CannotPair, match="not the code"):
            standby.link.pair_with(f"127.0.0.1:{door.getsockname()[1]}", word, lambda partner, theirs: None)
    finally:
        thread.join()
        door.close()
        middle.close()
    assert find_partner(primary.data) is None
    assert find_partner(standby.data) is None


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_one_who_is_gone_before_the_handshake_leaves_nothing_open(ends: tuple[End, End]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        caller = socket.create_connection(door.getsockname())
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # ends with a reset
        near, _ = door.accept()
        caller.close()
        select.select([near], [], [], 10)
        with pytest.raises(LinkBroken):
            secure(near, ends[0].link.identity, None, as_server=True)
        gc.collect()  # whatever were left open would be complained of


@pytest.mark.parametrize(
    ("theirs", "sentence"),
    [
        ({"postgres": 17}, "has PostgreSQL 17"),
        ({"version": "1.1.9"}, "install 1.2.0 or newer"),
        ({"schema": "0009"}, "schema 0009"),
        ({"now": NOW + 3600}, "differ by 3600 seconds"),
        ({"network": "another"}, "belongs to another network"),
        ({"machine": "aarch64"}, "is a aarch64 machine"),
        ({"wire": 2}, "same language"),
    ],
)
def test_who_does_not_fit_is_told_why_and_may_try_again_with_the_same_code(
    ends: tuple[End, End], theirs: dict[str, object], sentence: str
) -> None:
    primary, standby = ends
    code = make_code(primary.data, time.time())
    standby.changes = theirs
    with pytest.raises(CannotPair, match=sentence):
        standby.join(primary, code.word)
    assert find_partner(primary.data) is None
    assert find_code(primary.data) == code
    standby.changes = {}
    standby.join(primary, code.word)


def test_only_the_pinned_certificate_opens_the_link(paired: tuple[End, End], tmp_path: Path) -> None:
    primary, standby = paired
    stranger = End(tmp_path / "stranger", "standby")
    keep_partner(stranger.data, find_partner(standby.data))  # type: ignore[arg-type]  # knows where, and whom to expect
    with pytest.raises(LinkBroken):
        stranger.link.ask("echo")
    (primary.data / "link" / "partner.json").unlink()
    with pytest.raises(LinkBroken):
        standby.link.ask("echo")


def echo(body: Message) -> Message:
    return {"heard": body}


@pytest.fixture(params=["the one who asks dials", "the other one dials"])
def asking(paired: tuple[End, End], request: pytest.FixtureRequest) -> tuple[End, End]:
    """Who asks and who answers, over a link that only the standby can dial."""
    primary, standby = paired
    standby.link.start()
    return (standby, primary) if request.param == "the one who asks dials" else (primary, standby)


def test_either_side_asks_whoever_dials(asking: tuple[End, End]) -> None:
    asks, answers = asking
    answers.link.verb("echo", echo)
    for number in range(20):
        assert asks.link.ask("echo", number=number) == {"heard": {"number": number}}
    assert asks.link.heard_ago is not None


def test_a_refusal_comes_over_with_its_words(asking: tuple[End, End]) -> None:
    asks, answers = asking

    def refuse(body: Message) -> Message:
        raise FolkmootError("Not {when}.", when="today")

    answers.link.verb("refuse", refuse)
    with pytest.raises(FolkmootError, match=r"Not today\."):
        asks.link.ask("refuse")
    with pytest.raises(FolkmootError, match="knows no such request"):
        asks.link.ask("nonsense")


def test_who_asks_from_a_past_epoch_is_told_the_present_one(asking: tuple[End, End]) -> None:
    asks, answers = asking
    answers.link.verb("echo", echo)
    answers.link.verb("facts", echo, any_epoch=True)
    states.change(answers.data, epoch=2, home="https://new.example")
    learnt: list[tuple[int, str]] = []
    asks.link.on_newer_epoch = lambda epoch, home: learnt.append((epoch, home))
    with pytest.raises(FolkmootError, match=r"epoch 2, it lives at https://new\.example"):
        asks.link.ask("echo")
    assert asks.link.ask("facts") == {"heard": {}}
    assert set(learnt) == {(2, "https://new.example")}


def test_who_belongs_to_another_network_is_refused(asking: tuple[End, End]) -> None:
    asks, answers = asking
    answers.link.verb("echo", echo)
    states.change(asks.data, network="another")
    with pytest.raises(FolkmootError, match="another network"):
        asks.link.ask("echo")


def test_streams_carry_bytes_whole_both_ways(asking: tuple[End, End]) -> None:
    asks, answers = asking
    sent = bytes(range(256)) * 8192

    def mirror(stream: Stream, hello: Message) -> None:
        stream.write(stream.read(len(sent)))

    answers.link.channel("mirror", mirror)
    stream = asks.link.open("mirror")
    near, far = socket.socketpair()
    with near, far:
        threading.Thread(target=join, args=(Stream(far), stream)).start()
        threading.Thread(target=near.sendall, args=(sent,)).start()
        assert Stream(near).read(len(sent)) == sent


def test_more_streams_at_once_than_spare_connections(asking: tuple[End, End]) -> None:
    asks, answers = asking
    answers.link.channel("hold", lambda stream, hello: stream.write(stream.read(1)))
    streams = [asks.link.open("hold") for _ in range(9)]
    for stream in streams:
        stream.write(b"x")
    assert [stream.read(1) for stream in streams] == [b"x"] * 9
    for stream in streams:
        stream.close()


def test_a_link_that_was_cut_comes_back_by_itself(asking: tuple[End, End]) -> None:
    asks, answers = asking
    answers.link.verb("echo", echo)
    assert asks.link.ask("echo") == {"heard": {}}
    answers.link._hang_up()
    assert until(lambda: asks.link.ask("echo", timeout=2) == {"heard": {}})


def test_a_partner_that_does_not_answer_in_time_is_one_sentence(paired: tuple[End, End]) -> None:
    primary, standby = paired
    over = threading.Event()
    primary.link.verb("slow", lambda body: {"waited": over.wait(5)})
    with pytest.raises(LinkBroken, match="does not answer"):
        standby.link.ask("slow", timeout=0.2)
    over.set()


def test_without_a_partner_nothing_is_asked(ends: tuple[End, End]) -> None:
    with pytest.raises(LinkBroken, match="pair the two"):
        ends[0].link.ask("echo")


def test_a_code_in_use_is_kept_while_it_lasts(ends: tuple[End, End]) -> None:
    primary, _ = ends
    code = make_code(primary.data, time.time())
    assert primary.link.may_pair
    keep_code(primary.data, dataclasses.replace(code, used_by="somebody"))
    assert not primary.link.may_pair
    with pytest.raises(CodeRefused, match="used already"):
        raise CodeRefused("The code was used already")


def _folder(data: Path) -> Path:
    (data / "run").mkdir(parents=True)
    return data


def until(true: Callable[[], bool], seconds: float = 60) -> bool:
    """Wait until it is so; trouble with the link counts as not yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if true():
                return True
        except LinkBroken:
            pass
        time.sleep(0.05)
    return False
