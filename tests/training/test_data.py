import gzip
import json

import pytest
from training.data import Example, NoData, Part

from training import data


def put(path, rows):
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


def row(text, source="edos", source_label="", violence=0, split="train", label_by="review", **labels):
    return {
        "id": text,
        "text": text,
        "lang": "en",
        "source": source,
        "labels": {"violence": violence, "hate": None, "offensive": None, **labels},
        "source_label": source_label,
        "label_by": label_by,
        "split": split,
    }


def test_corpora_are_read_without_what_may_not_be_shipped(tmp_path):
    rows = [
        row("kept", violence=1, hate=0),
        row("left out", source="tweeteval", source_label="hate:1"),
        row("kept too", source="tweeteval", source_label="irony:1", split="dev"),
        row("of unknown licence", source="somewhere"),
        row("unclear", violence=None),
    ]
    put(tmp_path / data.CORPORA, rows)
    put(tmp_path / data.UNCLEAR, [row("nobody knows", violence=None)])
    kept, too = data.corpora(tmp_path)
    assert (kept.text, kept.violence, kept.hate, kept.offence, kept.part) == ("kept", True, False, None, Part.TRAIN)
    assert (too.text, too.part) == ("kept too", Part.DEV)


def test_what_was_read_corrects_what_was_published(tmp_path):
    rows = [
        row("calm", label_by="source"),
        row("a call taken as harmless", label_by="source"),
        row("who can tell", label_by="source"),
        row("a call in the dev split", split="dev", label_by="source"),
        row("calm in the dev split", split="dev", label_by="source"),
        row("no call after all", violence=1, split="dev"),
        row("not read", label_by="source"),
    ]
    put(tmp_path / data.CORPORA, rows)
    put(tmp_path / data.UNCLEAR, [])
    said = [0, 1, None, 1, 0, 0]
    readings = tmp_path / "readings.jsonl"
    readings.write_text(
        "".join(json.dumps({"id": row["id"], "violence": one}) + "\n" for row, one in zip(rows, said, strict=False))
    )
    found = {one.text: (one.part, one.violence, one.read, one.kind) for one in data.corpora(tmp_path, readings)}
    assert found == {
        "calm": (Part.TRAIN, False, True, ""),
        "a call taken as harmless": (Part.TRAIN, True, True, data.MISSED),
        "a call in the dev split": (Part.DEV, True, True, data.MISSED),
        "calm in the dev split": (Part.DEV, False, True, ""),
        "no call after all": (Part.DEV, False, True, ""),
        "not read": (Part.TRAIN, False, False, ""),
    }


def test_what_cannot_be_told_is_learnt_from_as_likely_as_readers_found_it(tmp_path):
    put(tmp_path / data.CORPORA, [row("rather", label_by="source"), row("ungraded", violence=None)])
    unclear = [
        row("rather not", violence=None),
        row("of the dev split", violence=None, split="dev"),
        row("hardly", source="tweeteval", source_label="hate:1", violence=None),
    ]
    put(tmp_path / data.UNCLEAR, unclear)
    readings = tmp_path / "readings.jsonl"
    chances = {"rather": 0.67, "rather not": 0.33, "of the dev split": 0.5, "hardly": 0.5}
    lines = [{"id": text, "violence": None, "chance": chance} for text, chance in chances.items()]
    readings.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = data.corpora(tmp_path, readings)
    assert [(one.text, one.violence, one.likely, one.part) for one in found] == [
        ("rather", True, 0.67, Part.TRAIN),
        ("rather not", False, 0.33, Part.TRAIN),
    ]


def test_readings_name_rows_and_hold_no_text():
    for line in data.READINGS.read_text("utf-8").splitlines():
        reading = json.loads(line)
        assert reading.keys() - {"chance"} == {"id", "violence"}
        assert " " not in reading["id"]
        assert reading["violence"] in (0, 1, None)
        assert "chance" not in reading or (reading["violence"] is None and 0 <= reading["chance"] <= 1)


def test_a_folder_without_the_corpora_is_told_in_a_sentence(tmp_path):
    with pytest.raises(NoData, match=r"There is no incitement-dev\.jsonl\.gz in .*DATA_FOLDER"):
        data.corpora(tmp_path)


def test_a_pair_stays_together_and_a_seventh_or_so_is_kept_for_dev(tmp_path):
    for language in data.LANGUAGES:
        (tmp_path / language).mkdir()
    pairs = [{"kind": "threat", "violent": f"v{n}", "harmless": f"h{n}", "reply_to": "r"} for n in range(400)]
    (tmp_path / "en" / "threat.jsonl").write_text("\n".join(map(json.dumps, pairs)) + "\n\n")
    found = data.writing(tmp_path)
    parts = {one.text: one.part for one in found}
    assert len(parts) == 800
    assert all(parts[f"v{n}"] is parts[f"h{n}"] for n in range(400))
    assert 30 <= sum(parts[f"v{n}"] is Part.DEV for n in range(400)) <= 90
    assert {one.kind for one in found} == {"threat", "harmless threat"}
    assert parts == {one.text: one.part for one in data.writing(tmp_path)}


def test_the_writing_in_the_repository_is_whole():
    found = data.writing()
    for language in data.LANGUAGES:
        own = [one for one in found if one.language == language]
        violent = sum(one.violence for one in own)
        ordinary = sum(one.kind == "harmless ordinary" for one in own)
        assert violent * 2 + ordinary == len(own)
        assert violent >= 900
        assert ordinary >= 600


def test_unseen_writing_is_never_in_the_writing():
    unseen = {one.text.casefold() for one in data.unseen()}
    assert unseen
    assert not unseen & {one.text.casefold() for one in data.writing()}


def test_a_pair_that_nearly_says_what_an_unseen_post_says_is_left_out(tmp_path, monkeypatch):
    (tmp_path / "de").mkdir()
    (tmp_path / "en").mkdir()
    pairs = [
        {"kind": "threat", "violent": "I will find out where you park and slash you", "harmless": "Nice car"},
        {"kind": "threat", "violent": "i'll find out where you park, and SLASH you!!", "harmless": "Nice cars"},
        {"kind": "threat", "violent": "Say that again and I break your nose", "harmless": "Nice nose"},
    ]
    (tmp_path / "en" / "threat.jsonl").write_text("\n".join(map(json.dumps, pairs)))
    known = Example("I will find out where you park and slash you.", "en", "unseen", Part.DEV, True)
    monkeypatch.setattr(data, "unseen", lambda: [known])
    assert [one.text for one in data.writing(tmp_path)] == ["Say that again and I break your nose", "Nice nose"]
