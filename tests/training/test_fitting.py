"""What needs scikit-learn, PyTorch or onnx is tried where `make model` has installed them."""

import random

import numpy as np
import pytest
from training.data import LANGUAGES, Example, Part

from folkmoot.moderation.screening import Category, Words
from folkmoot.moderation.screening.model.pieces import Pieces
from folkmoot.moderation.screening.normal import normalise

pytest.importorskip("sklearn")

from training import calibrate, data, linear, make

NASTY = ["we should smash", "we will smash", "go and smash", "somebody must smash"]
NICE = ["we should feed", "we will feed", "go and feed", "somebody must feed"]
THEM = ["the goblins", "the trolls", "every dragon", "the gnomes", "all ogres"]


def invented(count=600):
    rng = random.Random(1)
    found = []
    for n in range(count):
        violence = n % 5 == 0
        text = f"{rng.choice(NASTY if violence else NICE)} {rng.choice(THEM)} number {rng.randrange(99)}"
        part = Part.DEV if n % 3 == 0 else Part.TRAIN
        found.append(Example(text, LANGUAGES[n % 2], "invented", part, violence, hate=n % 7 < 3, read=True))
    return found


def test_the_tables_learn_and_ask_alike_here_and_there():
    examples = [one for one in invented() if one.language == "en"]
    normals = [normalise(one.text) for one in examples]
    rows = linear.matrix(normals)
    labels = np.array([one.violence for one in examples])
    fitted = linear.fit(rows, [labels], [np.ones(len(labels))], [1.0], 0)
    here = linear.ask(fitted, rows)[:, 0]
    there = [float(fitted.model().logits(linear.see(normal))[0]) for normal in normals]
    assert np.allclose(here, there, atol=1e-4)
    assert here[labels].min() > here[~labels].max()
    assert np.array_equal(fitted.weights, linear.fit(rows, [labels], [np.ones(len(labels))], [1.0], 0).weights)


def test_a_model_is_made_from_nothing_but_texts(tmp_path):
    examples = invented()
    arrays = make.tables({language: make.first_stage(examples, language, lambda line: None) for language in LANGUAGES})
    to = tmp_path / "made.folkmodel"
    digest = make.finish(arrays, examples, to, lambda line: None)
    assert digest == make.finish(arrays, examples, tmp_path / "again", lambda line: None)
    model = make.Model.open(to)
    limit = model.limits[Category.VIOLENCE]
    probability = model.assess(Words(text="somebody must smash the trolls", language="en")).probabilities
    assert probability[Category.VIOLENCE] >= limit.case
    probability = model.assess(Words(text="somebody must feed the trolls", language="en")).probabilities
    assert probability[Category.VIOLENCE] < limit.case


def test_what_cannot_be_told_stands_on_both_sides():
    untold = Example("who can tell", "en", "invented", Part.TRAIN, violence=False, chance=0.25)
    assert [make._weight(untold._replace(violence=so)) for so in (True, False)] == [1.0, 0.75]
    told = [one for one in invented(300) if one.part is Part.TRAIN]
    asked = linear.matrix([normalise("somebody must paint the trolls")])
    found = []
    for chance in (0.05, 0.95):
        graded = [untold._replace(text="somebody must paint the trolls", chance=chance)] * 40
        found.append(linear.ask(make.first_stage([*told, *graded], "en", lambda line: None), asked)[0, 0])
    assert found[0] < 0 < found[1]


def test_the_tables_learn_nothing_from_pairs_that_only_order_tells_apart():
    told = [one for one in invented(300) if one.part is Part.TRAIN]
    order = Example(
        "smash the goblins we should not", "en", "writing", Part.TRAIN, violence=False, kind="harmless everyday"
    )
    alone, beside, other = (
        make.first_stage([*told, *more], "en", lambda line: None).weights
        for more in ([], [order] * 20, [order._replace(kind="harmless threat")] * 20)
    )
    assert np.array_equal(alone, beside)
    assert not np.array_equal(alone, other)


def test_a_threshold_leaves_room_for_what_the_rules_take():
    scores = np.arange(1000.0)
    nobody, some = np.zeros(1000, dtype=bool), scores < 4
    assert (scores >= calibrate.threshold(scores, nobody, 0.01)).sum() == 10
    assert (scores >= calibrate.threshold(scores, some, 0.01)).sum() == 6


def test_two_languages_meet_at_the_limits():
    points = {
        "en": calibrate.Points(calibrate.Line(1.0, 0.0), 1.0, 2.0),
        "de": calibrate.Points(calibrate.Line(2.0, -1.0), -1.0, 0.5),
    }
    limits = calibrate.level(points)
    for own in points.values():
        curve = calibrate.curve(own, limits, -9.0, 9.0)
        assert curve.probability(own.case) == pytest.approx(calibrate.probability(limits.case))
        assert curve.probability(own.hold) == pytest.approx(calibrate.probability(limits.hold))
        assert curve.probability(own.hold + 1) > curve.probability(own.hold)


def test_words_are_cut_into_the_likeliest_pieces():
    pieces = Pieces(["▁", "▁sun", "day", "▁sunday", "s", "u"], [-5.0, -3.0, -3.0, -4.0, -6.0, -6.0])
    assert pieces.cut("sunday sunq", 10) == ([6, 4, 2], [0, 1, 1])
    assert pieces.cut("sunday sunq", 2) == ([6, 4], [0, 1])


def test_each_source_has_its_own_odds():
    pytest.importorskip("torch")
    from training import second

    pieces = Pieces(["▁", "s", "m"], [-1.0, -2.0, -2.0])
    corpora = [one for one in invented(300) if one.part is Part.TRAIN]
    own = [one._replace(source="writing", violence=n % 2 == 0) for n, one in enumerate(corpora)]
    odds = data.priors([*corpora, *own])
    assert odds["invented"] < -1
    assert odds["writing"] == pytest.approx(0, abs=0.1)
    ranks = {
        language: [one for one in corpora if one.language == language and not one.violence] for language in LANGUAGES
    }
    share = second.Share(hard=20, any=10, violent=2, varied=3)
    recipe = second.FRESH._replace(shares=dict.fromkeys(LANGUAGES, share), ours=1.0)
    assert data.priors([own[0]._replace(violence=True, chance=0.5)])["writing"] == 0
    texts = second.material([*corpora, *own], ranks, pieces, recipe, 1)
    assert len({text.prior for text in texts}) > 1
    violent = sum(one.violence for one in corpora)
    assert len(texts) == pytest.approx((2 * (30 + 2 * 3) + 2 * violent + len(own)) * 7 / 6, abs=4)
    assert texts == second.material([*corpora, *own], ranks, pieces, recipe, 1)
    fewer = second.material([*corpora, *own], ranks, pieces, recipe._replace(ours=0.5), 1)
    assert len(texts) - len(fewer) == pytest.approx(len(own) / 2 * 7 / 6, rel=0.3)
    alike = [one._replace(kind="everyday") for one in own]
    ordered = second.material([*corpora, *alike], ranks, pieces, recipe._replace(order=1), 1)
    assert len(ordered) - len(texts) == pytest.approx(len(own) * 7 / 6, abs=2)
    untold = corpora[0]._replace(text="s m", violence=False, chance=0.25)
    more = second.material([*corpora, *own, untold], ranks, pieces, recipe, 1)
    assert 3 <= sum(text.labels[0] == 0.25 for text in more) <= 6
    assert untold not in second.ranked([*corpora[:50], untold], 1)


def test_a_varied_text_is_still_what_it_was():
    pytest.importorskip("torch")
    from training import second

    rng = random.Random(1)
    call = Example(" ".join(map(str, range(30))), "en", "invented", Part.TRAIN, violence=True, hate=True)
    shorter = second.shortened(call, rng)
    assert (shorter.violence, shorter.hate) == (True, True)
    assert set(shorter.text.split()) < set(call.text.split())
    assert {second.shortened(call._replace(text="one"), rng).text for _ in range(50)} == {"one"}

    calm = call._replace(text="a calm text", violence=False)
    other = calm._replace(text="of another source", source="elsewhere")
    neighbours = second._Neighbours([calm, other])
    among = {neighbours.among(call, rng) for _ in range(40)}
    texts = [one.text.replace(calm.text, "calm").replace(call.text, "call") for one in among]
    assert set(texts) == {"call calm", "calm call", "calm calm call", "calm call calm", "call calm calm"}
    assert all(one.violence and one.hate is None for one in among)
    long = call._replace(text="x" * second.ROOM)
    assert neighbours.among(long, rng) == long
    assert second._Neighbours([calm._replace(text="x" * (second.SHORT + 1))]).among(call, rng) == call
    assert neighbours.among(call._replace(source="a third"), rng).text == call.text


def test_the_convolution_learns_and_asks_alike_here_and_there():
    torch = pytest.importorskip("torch")
    from folkmoot.moderation.screening.model.convolution import Convolution
    from training import convolution

    examples = [one for one in invented(300) if one.part is Part.TRAIN]
    spelt = sorted({word for one in examples for word in normalise(one.text).plain.split()})
    pieces = Pieces([f"▁{word}" for word in spelt], [-3.0] * len(spelt))
    words = np.random.default_rng(1).normal(0, 0.1, (len(spelt) + 3, 24)).astype(np.float32)
    arrays = convolution.taught(examples * 10, words, pieces, 1, lambda line: None)
    again = convolution.taught(examples * 10, words, pieces, 1, lambda line: None)
    assert all(np.array_equal(one, again[name]) for name, one in arrays.items())

    there = Convolution(arrays, lambda places: words[places], len(words))
    cut = [pieces.cut(normalise(text).plain, 64)[0] for text in ("somebody must smash the trolls", "we feed trolls")]
    violent, harmless = map(there.logit, cut)
    assert violent > harmless + 1

    scale = float(words.std())
    net = convolution._Net(torch.tensor(words / scale)).eval()
    of = {name: torch.tensor(one.astype(np.float32)) for name, one in arrays.items()}
    size = convolution.SIZE
    with torch.no_grad():
        net.into.weight.copy_(of[convolution.asked.INTO].T * scale)
        net.into.bias.copy_(of[convolution.asked.INTO_BIAS])
        net.kernel.weight.copy_(of[convolution.asked.KERNEL].reshape(3, size, size).permute(2, 1, 0))
        net.kernel.bias.copy_(of[convolution.asked.KERNEL_BIAS])
        net.out.weight.copy_(of[convolution.asked.OUT][None, :-1])
        net.out.bias.copy_(of[convolution.asked.OUT][-1:])
        here = [float(net(torch.tensor([places]), torch.ones(1, len(places)))[0]) for places in cut]
    assert here == pytest.approx([violent, harmless], abs=0.02)


def test_the_convolution_hears_our_violent_halves_and_hardly_their_twins():
    pytest.importorskip("torch")
    from training import convolution

    corpora = [one for one in invented(60) if one.part is Part.TRAIN]
    own = Example("text", "en", "writing", Part.TRAIN, violence=True, kind="threat")
    twin, ordinary = (own._replace(violence=False, kind=f"harmless {kind}") for kind in ("threat", "ordinary"))
    chosen = convolution._chosen([*corpora, *[own, twin, ordinary] * 500], random.Random(1))
    assert 200 < chosen.count(own) < 300
    assert 25 < chosen.count(twin) < 75
    assert chosen.count(ordinary) == 500
    violent = next(one for one in corpora if one.violence)
    assert chosen.count(violent) == convolution.VIOLENT * corpora.count(violent)
    assert convolution._chosen([own._replace(part=Part.DEV)] * 50, random.Random(1)) == []
