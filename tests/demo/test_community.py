"""The demo's words and pictures: complete, in order, fit to be published."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import BytesIO

import msgspec
import pytest
from PIL import Image

from folkmoot.demo import Community, Member, NotACommunity, Post, load, moment
from folkmoot.demo.community import check_members, check_posts
from folkmoot.demo.pictures import SCENES, avatar, draw, header

MORNING = datetime(2031, 3, 9, 0, 0, tzinfo=UTC)
EVENING = datetime(2031, 3, 9, 23, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def community() -> Community:
    return load()


def test_the_village_is_of_a_size_to_know_everyone(community: Community):
    assert 20 <= len(community.members) <= 40
    assert len(community.posts) >= 300
    assert Counter(member.role for member in community.members) == {"operator": 1, "steward": 2, "member": 29}
    assert {member.handle for member in community.members} == {post.by for post in community.posts}


def test_both_languages_have_about_half(community: Community):
    for values in ([m.locale for m in community.members], [p.lang for p in community.posts]):
        share = Counter(values)["de"] / len(values)
        assert 0.4 < share < 0.6
    assert {"ar", "he"} <= {post.lang for post in community.posts}


@pytest.mark.parametrize("now", [MORNING, EVENING])
def test_whenever_the_demo_starts_answers_come_after_questions_and_nothing_in_the_future(
    community: Community, now: datetime
):
    said = {post.key: moment(post.at, now) for post in community.posts}
    for post in community.posts:
        assert now - timedelta(days=22) < said[post.key] < now
        if post.reply_to:
            assert said[post.reply_to] < said[post.key]
        if post.edited:
            assert said[post.key] < moment(post.edited.at, now) < now


def test_threads_go_deep_and_posts_stay_short(community: Community):
    depth: dict[str, int] = {}
    answers = {post.key: post.reply_to for post in community.posts}

    def below(key: str) -> int:
        parent = answers[key]
        depth.setdefault(key, 0 if parent is None else below(parent) + 1)
        return depth[key]

    assert max(below(post.key) for post in community.posts) >= 7
    assert all(len(post.text) <= 1_000 for post in community.posts)


def test_there_is_something_of_everything(community: Community):
    posts = community.posts
    assert sum(len(post.boosted_by) for post in posts) >= 60
    assert sum(len(post.favourited_by) for post in posts) >= 400
    assert sum(post.poll is not None for post in posts) >= 10
    assert sum(post.edited is not None for post in posts) >= 10
    assert sum(bool(post.pictures) for post in posts) >= 35
    assert {post.visibility for post in posts} == {"public", "unlisted", "followers", "direct"}
    assert any(post.warning for post in posts)
    assert any(post.pinned for post in posts)
    assert any(post.bookmarked_by for post in posts)
    assert all((community.follows, community.requests, community.mutes, community.blocks))
    assert len(community.rules) == 7
    assert len(community.announcements) == 3
    ends = [moment(post.poll.ends, MORNING) > MORNING for post in posts if post.poll]
    assert set(ends) == {True, False}


def test_calls_for_violence_come_from_four_and_look_alikes_from_the_others(community: Community):
    harsh = [post for post in community.posts if post.nature not in (None, "lookalike")]
    assert Counter(post.lang for post in harsh) == {"en": 8, "de": 6}
    hostile = {post.by for post in harsh}
    assert len(hostile) == 4
    alike = [post for post in community.posts if post.nature == "lookalike"]
    assert len(alike) >= 14
    assert not hostile & {post.by for post in alike}


def test_nobody_follows_where_they_only_asked_or_are_blocked(community: Community):
    follows = {(tie.by, tie.to) for tie in community.follows}
    assert len(follows) == len(community.follows)
    assert not follows & {(tie.by, tie.to) for tie in community.requests}
    for tie in community.blocks:
        assert (tie.by, tie.to) not in follows
        assert (tie.to, tie.by) not in follows


def test_every_picture_can_be_drawn_and_is_described(community: Community):
    pictures = [picture for post in community.posts for picture in post.pictures]
    assert {picture.draw for picture in pictures} == set(SCENES)
    assert all(len(picture.alt) > 40 for picture in pictures)


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_is_a_large_jpeg(name: str):
    picture = Image.open(BytesIO(draw(name, 1)))
    assert picture.format == "JPEG"
    assert 1_000 <= max(picture.size) <= 1_600


def test_the_same_seed_draws_the_same_picture():
    assert draw("busmap", 3) == draw("busmap", 3) != draw("busmap", 4)


def test_every_member_has_a_face_of_their_own(community: Community):
    faces = {avatar(member.handle) for member in community.members}
    assert len(faces) == len(community.members)
    assert Image.open(BytesIO(avatar("a_stranger"))).size == (400, 400)


def test_a_header_is_wide():
    assert Image.open(BytesIO(header("mara"))).size == (1500, 500)


ANNA = Member(handle="anna", name="Anna", bio="", locale="en", joined="-9d 10:00")
FIRST = Post(key="first", by="anna", at="-2d 10:00", text="Hello", topic="tests")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"by": "bert"}, '"bert" does not live here'),
        ({"text": "Hello @bert"}, '"bert" does not live here'),
        ({"reply_to": "none"}, 'answers "none", which nobody wrote'),
        ({"reply_to": "first", "at": "-2d 09:00"}, 'answers "first" before that is written'),
        ({"reply_to": "first", "at": "-2d 10:00"}, 'answers "first" before that is written'),
        ({"at": "yesterday"}, '"yesterday" is no time'),
        ({"at": "-1d 25:00"}, '"-1d 25:00" is no time'),
        ({"at": "-10d 10:00"}, "had not joined yet"),
        ({"text": "x" * 1_001}, "longer than 1000"),
        ({"visibility": "direct"}, "mentions nobody"),
    ],
)
def test_a_mistake_in_a_post_is_named(change: dict[str, str], complaint: str):
    wrong = msgspec.structs.replace(FIRST, key="second", **change)
    with pytest.raises(NotACommunity) as error:
        check_posts([FIRST, wrong], [ANNA], [])
    assert 'tests.toml, post "second"' in str(error.value)
    assert complaint in str(error.value)


def test_an_hour_ago_cannot_answer_yesterday_evening():
    """Just after midnight, yesterday evening may be less than an hour ago."""
    late = msgspec.structs.replace(FIRST, at="-1d 23:30")
    answer = Post(key="second", by="anna", at="-1h", text="Well", reply_to="first", topic="tests")
    with pytest.raises(NotACommunity, match="before that is written"):
        check_posts([late, answer], [ANNA], [])


def test_a_mistake_in_a_member_is_named():
    with pytest.raises(NotACommunity, match='member "anna": knows "bert"'):
        check_members([msgspec.structs.replace(ANNA, follows=("bert",))])
