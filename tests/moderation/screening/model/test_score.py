import io
import json
import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.moderation.screening import score as scoring
from folkmoot.moderation.screening.finding import Category, Finding, Outcome

COMMAND = [sys.executable, "-m", "folkmoot.cli", "screen", "score", "--json-lines"]


def ask(*lines: bytes, processes: int = 1) -> list[dict]:
    to = io.BytesIO()
    scoring.score(io.BytesIO(b"".join(line + b"\n" for line in lines)), to, processes)
    return [json.loads(line) for line in to.getvalue().splitlines()]


def test_a_line_in_is_a_line_out():
    violent, calm = ask(
        b'{"text": "I will kill you tonight, I know where you live", "lang": "en"}',
        b'{"text": "I like my coffee black", "reply_to": "What do you drink?"}',
    )
    assert violent["outcome"] == "hold"
    assert violent["score"] > calm["score"]
    assert violent["because"][0]["words"]
    assert calm["outcome"] == "publish"
    assert {"violence", "hate"} <= calm["categories"].keys()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"", "this line is not JSON"),
        (b"{", "this line is not JSON"),
        (b"\xff\xfe", "this line is not UTF-8"),
        (b"[" * 100_000, "this line is not JSON"),
        (b"[]", 'this line is not an object with a "text"'),
        (b'{"text": 1}', 'this line is not an object with a "text"'),
        (b'{"text": "a", "lang": 1}', '"lang" is not a text'),
        (b'{"text": "a", "reply_to": {}}', '"reply_to" is not a text'),
    ],
    ids=range(8),
)
def test_a_bad_line_is_answered_and_the_next_one_too(line, error):
    bad, good = ask(line, b'{"text": "hello"}')
    assert bad == {"error": error}
    assert good["outcome"] == "publish"


@settings(max_examples=100)
@given(lines=st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=4))
def test_any_bytes_get_as_many_answers_as_lines(lines):
    assert len(ask(*lines)) == len(lines)


def test_a_failure_within_is_an_answer():
    def fail(words):
        raise RuntimeError("text of a post")

    assert json.loads(scoring.answer(b'{"text": "a"}', fail)) == {"error": "screening failed: RuntimeError"}


def test_every_answer_is_one_line_of_ascii():
    finding = Finding(
        outcome=Outcome.PUBLISH,
        category=None,
        probability=0.5,
        categories={Category.HATE: 0.5},
        because=(),
        versions={},
    )
    assert scoring.answer(b'{"text": "\\ud800\\u2028"}', lambda words: finding).count(b"\n") == 1


class Endless(io.RawIOBase):
    """A hundred lines of a megabyte, which counts what was asked of it."""

    def __init__(self):
        self.left, self.read_all = 100, threading.Event()

    def readline(self, most=-1):
        if not self.left:
            self.read_all.set()
            return b""
        self.left -= 1
        return b"x" * (1 << 20) + b"\n"


class Slow(io.BytesIO):
    """Takes the first answer only when everything was read, or a second has gone by."""

    def __init__(self, source):
        super().__init__()
        self.source, self.unread = source, None

    def write(self, data):
        if self.unread is None:
            self.source.read_all.wait(1)
            self.unread = self.source.left
        return super().write(data)


def test_long_lines_are_not_all_read_ahead():
    source = Endless()
    to = Slow(source)
    scoring.score(source, to, 1)
    most = scoring.WAITING_BYTES + scoring.BATCH_BYTES
    assert 100 - to.unread <= most // (1 << 20) + 2
    assert to.getvalue().count(b"\n") == 100


@pytest.mark.slow
def test_many_lines_keep_their_order_on_several_processes():
    lines = [json.dumps({"text": f"line {n}" if n % 7 else "I will kill you"}).encode() for n in range(700)]
    assert ask(*lines, processes=2) == ask(*lines, processes=1)


@pytest.mark.slow
def test_the_command_answers_before_the_input_ends():
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin
        assert process.stdout
        watch = threading.Timer(60, process.kill)
        watch.start()
        for _ in range(2):
            process.stdin.write(b'{"text": "good morning"}\n')
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["outcome"] == "publish"
        process.stdin.close()
        assert process.wait(30) == 0
        watch.cancel()
