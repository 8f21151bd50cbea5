"""What stands between a draft and its circulation: languages that disagree, bright lines, sources, doubts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.correction import document as d
from pipeline.correction.agreement import disagreements, stated
from pipeline.correction.brightlines import BrightLine, checked, fold, hits
from pipeline.correction.review import open_points
from pipeline.errors import DraftError
from pipeline.records import Rating


def one_line(**texts: str) -> d.Document:
    named = {language.replace("_", "-"): text for language, text in texts.items()}
    return d.Document("general", tuple(named), None, (d.Line("s1", d.Part.KNOWN, named),))


def kinds(**texts: str) -> set[str]:
    return {found.kind for found in disagreements(one_line(**texts))}


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Three people were hurt.", "三人受伤。"),
        ("Three people were hurt.", "３人受傷。"),
        ("On March 13 at 5:40 a.m. the fire began.", "火灾始于3月13日凌晨5时40分。"),
        ("The meeting is on 13 March at 7 pm.", "会议于三月十三日晚上七点举行。"),
        ("It costs 1,200 dollars.", "费用为一千二百美元。"),
        ("About 20 thousand families", "约两万户家庭"),
        ("Call (415) 555-0100 now.", "请致电415-555-0100。"),
        ("Call +1 415 555 0100 now.", "请拨打 415.555.0100"),
        ("30% of San Francisco", "三藩市的百分之三十"),
        ("Chinatown in Oakland", "屋崙的華埠"),
        ("No one was hurt; one more time: no one.", "无人受伤。"),
    ],
)
def test_two_notations_of_the_same_agree(english: str, chinese: str) -> None:
    assert kinds(en=english, zh_Hans=chinese) == set()


@pytest.mark.parametrize(
    ("english", "chinese", "kind"),
    [
        ("Three people were hurt.", "四人受伤。", "number"),
        ("It began on March 13.", "火灾始于3月14日。", "date"),
        ("It began at 5:40 a.m.", "火灾始于下午5时40分。", "clock"),
        ("Call 415-555-0100.", "请致电415-555-0101。", "phone"),
        ("In Oakland nobody was hurt.", "旧金山无人受伤。", "name"),
        ("The mayor of Oakland spoke.", "市长讲话了。", "name"),
    ],
)
def test_what_differs_is_found_and_named(english: str, chinese: str, kind: str) -> None:
    assert kind in kinds(en=english, zh_Hans=chinese)


def test_scripts_of_one_sentence_agree() -> None:
    assert (
        kinds(zh_Hans="警方称三人受伤，地点在旧金山唐人街", zh_Hant="警方稱三人受傷，地點在舊金山唐人街")
        == set()
    )


@given(st.text(max_size=80))
def test_reading_a_text_never_fails_and_agrees_with_itself(text: str) -> None:
    for language in ("en", "zh-Hans"):
        assert stated(text, language) == stated(text, language)


LINE = BrightLine(
    "b1",
    "partner-b",
    "police",
    {"en": ("ICE", "illegal alien"), "zh-Hans": ("偷渡客",)},
    (r"黑\s*帮",),
    why="we say 'undocumented'",
)


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "The ICE raid did not happen", "ICE"),
        ("en", "an ILLEGAL  Alien was seen", "ILLEGAL  Alien"),
        ("en", "ｉｌｌｅｇａｌ ａｌｉｅｎ", "ｉｌｌｅｇａｌ ａｌｉｅｎ"),
        ("zh-Hant", "傳言說是偷渡客做的", "偷渡客"),
        ("zh-Hans", "传言说是偷\u200b渡 客做的", "偷\u200b渡 客"),
        ("yue-Hant", "話係黑幫", "黑幫"),
    ],
)
def test_a_bright_line_is_found_in_any_dress(language: str, text: str, found: str) -> None:
    document = d.Document("general", (language,), None, (d.Line("s1", d.Part.KNOWN, {language: text}),))
    (hit,) = hits(document, [LINE])
    assert (hit.found, hit.partner) == (found, "partner-b")
    assert text[hit.start : hit.end] == found


def test_a_latin_term_is_a_whole_word() -> None:
    assert hits(one_line(en="The police said that prices rise. No choice."), [LINE]) == []


@pytest.mark.parametrize("wrong", [{"en": ("",)}, {"en": ("…",)}, {"zh-Hans": ("x" * 300,)}])
def test_a_term_that_cannot_be_searched_is_refused(wrong: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(DraftError, match="cannot be searched"):
        checked(BrightLine("b", "p", "t", wrong))


def test_a_pattern_that_cannot_be_read_is_refused_and_none_can_hang() -> None:
    with pytest.raises(DraftError, match="pattern"):
        checked(BrightLine("b", "p", "t", patterns=("(a",)))
    evil = BrightLine("b", "p", "t", patterns=("(a+)+$",))
    assert hits(one_line(en="a" * 1900 + "b"), [evil]) == []


@given(st.text(max_size=60))
def test_folding_keeps_places_inside_the_text(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.places)
    assert all(0 <= place < len(text) for place in folded.places)
    assert list(folded.places) == sorted(folded.places)


def test_open_points_name_everything_that_is_missing_and_nothing_once_it_is_settled() -> None:
    draft = d.Document("general", ("en", "zh-Hans"))
    for part in (d.Part.TITLE, d.Part.KNOWN, d.Part.CIRCULATES, d.Part.CIRCULATES):
        draft = d.add_line(draft, part)
    assert [p.kind for p in open_points(draft)].count("no_text") == 8
    assert {"told_twice", "no_rating", "no_source"} <= {p.kind for p in open_points(draft)}
    draft = d.remove_line(draft, draft.lines[-1].line_id)
    for line in draft.lines:
        draft = d.write(draft, line.line_id, "en", "Three people are safe.")
        draft = d.propose(draft, line.line_id, "zh-Hans", "三人平安，ICE没有来。", d.Doubt.MACHINE)
        assert "doubt_machine" in {p.kind for p in open_points(draft)}
        draft = d.confirm(draft, line.line_id, "zh-Hans")
    draft = d.add_source(draft, "https://example.org/fire", "Fire Department")
    known = next(line for line in draft.lines if line.part is d.Part.KNOWN)
    draft = d.cite(draft, known.line_id, ["e1"])
    draft = d.Document(draft.situation, draft.languages, Rating.INACCURATE, draft.lines, draft.sources)
    points = open_points(draft, [LINE])
    assert {p.kind for p in points} == {"differs_name", "bright_line"}
    assert open_points(draft, [LINE], frozenset(p.mark for p in points)) == []


def test_editing_one_language_marks_its_siblings_and_their_explanations_no_longer_hold() -> None:
    draft = one_line(en="Three people.", zh_Hans="四人。")
    (before,) = [p for p in open_points(draft) if p.kind == "differs_number"]
    draft = d.write(draft, "s1", "en", "Five people.")
    assert draft.line("s1").doubts == {"zh-Hans": d.Doubt.STALE}
    (after,) = [p for p in open_points(draft, (), frozenset({before.mark})) if p.kind == "differs_number"]
    assert after.mark != before.mark


@given(st.lists(st.tuples(st.sampled_from(["en", "zh-Hans"]), st.text(max_size=20)), max_size=6))
def test_a_document_survives_its_bytes(edits: list[tuple[str, str]]) -> None:
    draft = d.add_line(d.Document("general"), d.Part.KNOWN)
    for language, text in edits:
        try:
            draft = d.write(draft, "s1", language, text)
        except DraftError:
            continue
    again = d.from_json(d.to_json(draft))
    assert again == draft
    assert d.digest(again) == d.digest(draft)
