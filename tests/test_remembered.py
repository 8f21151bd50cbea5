"""What was worked out of a text is worked out once; a run that remembers gives what a run on nothing gives."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import SAMPLE, SAMPLE_FOLDER, sample_posts, store_posts
from pipeline import phrases, remembered, segment
from pipeline.batch import run_incident
from pipeline.incident import find_incident, save_incident_text
from pipeline.normalize import FORMS, fold, normalize, text_key
from pipeline.paths import DataDir
from pipeline.phrases import SPEECH, speech_flags, speech_of
from pipeline.remembered import Remembered, keys_of_texts
from pipeline.retention.derived import rebuild

LENGTH = pa.schema([("length", pa.int64())])
TEXTS = ["真的假的？", "警方辟谣：网传消息不实", "今天天气很好", "求辟谣", "真的假的？", ""]


class Counted:
    """Lengths of texts, and which of them were asked for."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.asked: list[str] = []

    def make(self, places: pa.Array) -> pa.Table:
        texts = [self.texts[place] for place in places.to_pylist()]
        self.asked += texts
        return pa.table([[len(text) for text in texts]], schema=LENGTH)


def asked_for(lake: Path, texts: list[str], decided_by: str = "code") -> list[str]:
    counted = Counted(texts)
    rows = Remembered(lake, "length", LENGTH, [decided_by]).rows(keys_of_texts(texts), counted.make)
    assert rows.schema == LENGTH and rows["length"].to_pylist() == [len(text) for text in texts]
    return counted.asked


def test_a_text_is_worked_on_once_whatever_comes_with_it(tmp_path: Path) -> None:
    assert asked_for(tmp_path, ["a", "bb", "a"]) == ["a", "bb"]
    assert asked_for(tmp_path, ["ccc", "bb", "a", "ccc"]) == ["ccc"]
    assert asked_for(tmp_path, ["bb"]) == []
    assert asked_for(tmp_path, []) == []


def test_other_code_makes_it_anew_and_takes_the_old_away(tmp_path: Path) -> None:
    asked_for(tmp_path, ["a", "bb"])
    old = set(remembered.files(tmp_path))
    assert asked_for(tmp_path, ["a"], "other code") == ["a"]
    assert not old & set(remembered.files(tmp_path))


def test_many_small_files_become_one_and_nothing_is_lost(tmp_path: Path) -> None:
    texts = ["x" * length for length in range(1, 25)]
    for text in texts:
        assert asked_for(tmp_path, [text]) == [text]
    assert len(remembered.files(tmp_path)) <= 17
    assert asked_for(tmp_path, texts) == []


def test_what_is_made_is_stored_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_AT_ONCE", 2)
    texts = ["a", "bb", "ccc", "dddd", "eeeee"]
    counted = Counted(texts)

    def stopped(places: pa.Array) -> pa.Table:
        if len(counted.asked) == 4:
            raise KeyboardInterrupt
        return counted.make(places)

    with pytest.raises(KeyboardInterrupt):
        Remembered(tmp_path, "length", LENGTH, ["code"]).rows(keys_of_texts(texts), stopped)
    assert asked_for(tmp_path, texts) == texts[4:]


def test_what_is_remembered_of_posts_is_what_is_made_of_them(tmp_path: Path) -> None:
    def posts(texts: list[str]) -> pa.Table:
        columns = {"post_id": [f"p:{n}" for n in range(len(texts))], "text": texts}
        return pa.table({**columns, "title": pa.array([None] * len(texts), pa.string())})

    kept = Remembered(tmp_path, "forms", FORMS, [])
    normalize(posts(TEXTS[:3]), remembered=kept)
    again = Remembered(tmp_path, "forms", FORMS, [])
    assert normalize(posts(TEXTS), remembered=again).equals(normalize(posts(TEXTS)))


def test_what_texts_say_is_remembered_and_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forms = fold(TEXTS)[0]
    texts = pa.table({"text_key": list(map(text_key, forms)), "match_text": forms})
    asks, corrects = speech_flags(texts["match_text"])
    assert asks.any() and corrects.any()
    for _ in range(2):
        said = speech_of(texts, Remembered(tmp_path, "speech", SPEECH, []))
        assert said.equals(speech_of(texts))
        assert said["asks"].to_pylist() == asks.tolist() and said["corrects"].to_pylist() == corrects.tolist()
    monkeypatch.setattr(phrases, "speech_flags", lambda forms: pytest.fail("heard again"))
    speech_of(texts, Remembered(tmp_path, "speech", SPEECH, []))


def tables_of(data: DataDir, name: str) -> dict[str, pa.Table]:
    run = run_incident(data, find_incident(data, name))
    files = {
        table: file
        for stage in run.stages
        for table, file in stage.files.items()
        if file.endswith(".parquet")
    }
    return {table: pq.read_table(data.lake(name) / file) for table, file in files.items()}


def test_a_run_with_new_posts_works_on_these_alone_and_gives_what_a_full_run_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (SAMPLE_FOLDER / f"{SAMPLE}.toml").read_text(encoding="utf-8")
    posts = sample_posts()
    cut: list[str] = []
    really = segment.cut
    joined, afresh = DataDir(tmp_path / "joined"), DataDir(tmp_path / "afresh")
    for data in (joined, afresh):
        save_incident_text(data.incident_file(SAMPLE), text)
    store_posts(joined, SAMPLE, posts[:-5], "first")
    run_incident(joined, find_incident(joined, SAMPLE))
    afresh.memory(SAMPLE).parent.mkdir(parents=True)
    shutil.copy(
        joined.memory(SAMPLE), afresh.memory(SAMPLE)
    )  # ids that people used; nothing else is handed on
    monkeypatch.setattr(segment, "cut", lambda texts, words=(): cut.extend(texts) or really(texts, words))
    for data in (joined, afresh):
        if data is joined:
            store_posts(data, SAMPLE, posts[-5:], "second")
        else:
            store_posts(data, SAMPLE, posts[:-5], "first")
            store_posts(data, SAMPLE, posts[-5:], "second")
    said = tables_of(joined, SAMPLE)
    assert len(cut) <= 5 < said["texts"].num_rows
    whole = tables_of(afresh, SAMPLE)
    assert {"claims", "claim_posts", "ranked_claims", "claim_hours"} < said.keys() == whole.keys()
    for name, table in said.items():
        assert table.equals(whole[name]), name


def test_a_purge_takes_what_is_remembered_and_remembers_only_what_stays(sample: DataDir) -> None:
    gone = "只在被删的帖子里"
    stale = Remembered(sample.lake(SAMPLE), "forms", LENGTH, ["of what goes"])
    stale.rows(keys_of_texts([gone]), Counted([gone]).make)
    cuts = rebuild(sample, SAMPLE)
    assert any(f"/{stale.folder.name}/" in one.file and one.sha256_after is None for one in cuts)
    assert not stale.folder.exists() or not list(stale.folder.iterdir())
    left = [
        pq.read_table(file, columns=["key"]).column("key").to_pylist()
        for file in remembered.files(sample.lake(SAMPLE))
    ]
    assert left and not any(keys_of_texts([gone])[0].as_py() in keys for keys in left)
