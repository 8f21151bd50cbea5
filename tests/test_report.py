"""The impact report: figures that can be checked by hand, intervals that admit what is not known, three languages."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pypdf
import pytest
from click.testing import CliRunner

from conftest import SAMPLE, make_incident, sample_posts, store_posts
from pipeline.batch import republish, run_incident
from pipeline.cli import cli
from pipeline.coalition import Coalition, Partner
from pipeline.correction import document as d
from pipeline.correction.consensus import Answer
from pipeline.errors import DraftError
from pipeline.ledger import Ledger
from pipeline.ledger.drafts import Hand
from pipeline.ledger.set_aside import SetAside
from pipeline.ledger.statements import Statements
from pipeline.moments.keep import Lists
from pipeline.paths import DataDir
from pipeline.questions import ask
from pipeline.raw import CrawlSummary, RawWriter, new_crawl_id
from pipeline.records import Rating, Status, Triage
from pipeline.release.typeset import families
from pipeline.report.charts import around as hourly
from pipeline.report.charts import bars, timeline
from pipeline.report.figures import Figure, Figures, measure
from pipeline.report.forms import claims_csv, figures_csv, html, left_out, pdf
from pipeline.report.places import Places, placed
from pipeline.report.reach import CONTROLS, around, effects
from pipeline.report.sheet import LANGUAGES, Sheet, sheet, shown, words
from pipeline.report.statistics import Estimate, bootstrap_ratio, chapman, middle, wilson

AT = datetime(2026, 3, 15, 23, tzinfo=UTC)
MADE = datetime(2026, 4, 1, tzinfo=UTC)


def test_wilson_agrees_with_the_published_example_and_admits_that_nothing_is_known() -> None:
    found = wilson(15, 148)  # Newcombe 1998, Table I, method 3: 0.0624 to 0.1605
    assert (round(found.low or 0, 4), round(found.high or 0, 4)) == (0.0624, 0.1605)
    assert wilson(0, 0).value is None


def test_chapman_counts_what_two_catches_missed() -> None:
    found = chapman(10, 15, 5)
    assert found.value == pytest.approx(11 * 16 / 6 - 1)
    assert found.low is not None and found.high is not None
    assert 20 <= found.low < found.value < found.high
    assert chapman(10, 15, 0).value is None, "without a claim found both ways nothing can be said"


def test_few_claims_give_no_interval_and_equal_claims_equal_ones() -> None:
    few, many = bootstrap_ratio([-0.5] * 4), bootstrap_ratio([-1.0, -0.5, 0.0, 0.5, -0.2, -0.8])
    assert few.value == pytest.approx(math.exp(-0.5)) and few.low is None
    assert many == bootstrap_ratio([-1.0, -0.5, 0.0, 0.5, -0.2, -0.8])
    assert many.low is not None and many.high is not None and many.value is not None
    assert many.low < many.value < many.high
    assert middle([1, 2, 9]).value == 2 and middle([]).value is None


def _reach(claim: str, before: int, after: int, **more: Any) -> dict[str, Any]:
    row = {"incident": "i", "corrected_id": "c", "claim_id": claim, "watched": True, "before": before}
    by_hour = {-1: before, 0: after}
    return row | {"after": after, "by_hour": by_hour, "first_at": AT, "other_corrected_at": None} | more


def test_a_corrected_claim_is_held_against_similar_ones_that_nobody_corrected() -> None:
    own = _reach("c", 10, 2, other_corrected_at=AT)
    others = [_reach(f"u{n}", 10, 10) for n in range(CONTROLS)]
    far = [_reach("tiny", 1, 90), _reach("huge", 900, 1), _reach("ours", 10, 0, other_corrected_at=AT)]
    logs, before, after = effects([own, *others, *far])
    assert logs == [pytest.approx(math.log(2.5 / 10.5))] and (before, after) == (10, 2)
    assert effects([own, *far]) == ([], 10, 2), "without a similar claim there is no comparison"
    assert effects([own | {"watched": False}, *others]) == ([], 0, 0)
    hours = {hour: (ours, theirs) for hour, ours, theirs in around([own, *others, *far])}
    assert (hours[-1], hours[0], hours[1]) == ((10, 10), (2, 10), (0, 0)) and len(hours) == 12
    assert around([own, *far]) == ()


def _released(data: DataDir, claim: str) -> None:
    partners = tuple(Partner(p, {"en": p}) for p in ("partner-a", "partner-b"))
    draft = d.Document("general", ("en",), Rating.INACCURATE)
    draft = d.add_source(d.add_line(d.add_line(draft, d.Part.TITLE), d.Part.KNOWN), "https://example.org/x")
    for line in draft.lines:
        draft = d.write(draft, line.line_id, "en", "No one was hurt.")
    rooms, hand = Statements(data.ledger), Hand("ann", "partner-a")
    opened = rooms.open(SAMPLE, d.cite(draft, "s2", ["e1"]), hand, claim_id=claim, now=AT)
    rooms.approve(opened, Hand("bo", "partner-a"))
    circulated = rooms.circulate(opened, Coalition({"en": "C"}, partners), hand, now=AT)
    for by in (hand, Hand("cy", "partner-b")):
        rooms.answer(circulated, Answer.CONSENT, by, now=AT)
    rooms.release(circulated, hand, now=AT)


@pytest.fixture(scope="module")
def worked(sample_template: DataDir, tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """The sample incident with twelve judged claims of the first twenty, and a correction of one further down."""
    data = DataDir(tmp_path_factory.mktemp("worked") / "data")
    shutil.copytree(sample_template.root, data.root, symlinks=True)
    republish(data, SAMPLE)
    ranked = ask(data, SAMPLE, "select claim_id from ranked_claims order by rank limit 12", {})
    ledger = Ledger(data.ledger)
    for place, row in enumerate(ranked):
        status = Status.NOT_OURS if place % 4 == 3 else Status.ANSWERED
        ledger.decide(
            Triage(SAMPLE, row["claim_id"], status=status), actor="mei", now=AT - timedelta(hours=1)
        )
    told = """
        select cp.claim_id from claim_posts as cp inner join posts as p using (post_id)
        inner join ranked_claims as r using (claim_id)
        where cp.role in ('carries', 'repeats') and p.posted_at < $at
            and p.posted_at >= $at - to_hours(6) and r.rank > 20
        group by cp.claim_id order by count(*) desc, cp.claim_id limit 1
    """
    told_most = str(ask(data, SAMPLE, told, {"at": AT})[0]["claim_id"])
    before = AT - timedelta(hours=1)
    ledger.decide(Triage(SAMPLE, told_most, status=Status.ANSWERED), actor="mei", now=before)
    _released(data, told_most)
    republish(data, SAMPLE)
    left = ask(data, SAMPLE, "select claim_id from ranked_claims order by rank desc limit 2", {})
    room = SetAside(data.ledger)
    room.say(SAMPLE, [*(row["claim_id"] for row in left), ranked[0]["claim_id"]], "no hands", actor="mei")
    ledger.decide(Triage(SAMPLE, left[0]["claim_id"], status=Status.NEW, note="after all"), actor="mei")
    return data


@pytest.fixture(scope="module")
def figures(worked: DataDir) -> Figures:
    return measure(worked, [SAMPLE])


def _value(figures: Figures, key: str) -> float | None:
    found = figures.get(key)
    assert found is not None, key
    return found.estimate.value


def test_the_figures_are_those_of_the_warehouse(worked: DataDir, figures: Figures) -> None:
    counted = ask(worked, SAMPLE, "select count(*) as n, sum(post_count)::bigint as posts from claims", {})[0]
    assert (_value(figures, "seen"), _value(figures, "posts")) == (counted["n"], counted["posts"])
    asks = ask(worked, SAMPLE, "select count(*) as n from claim_posts where asks", {})[0]["n"]
    assert _value(figures, "asked") == asks
    assert (_value(figures, "judged"), _value(figures, "confirmed")) == (12, 0.75)
    assert (_value(figures, "triaged"), _value(figures, "corrected")) == (13, 1)
    assert _value(figures, "set_aside") == 1, "one is answered already, one was taken up since"
    assert _value(figures, "triaged_to_corrected") == 60
    assert _value(figures, "estimated_total") is None, "nobody passed anything on: not zero, unknown"
    spread = sum(f.estimate.value or 0 for f in figures.of("spread") if f.key == "platform")
    assert spread == counted["posts"]


class _Shown:
    """One list as the time machine keeps it."""

    def __init__(self, number: int, shown_at: datetime, ranks: dict[str, int]) -> None:
        self.number, self.shown_at = number, shown_at
        self.table = pa.table({"claim_id": list(ranks), "rank": list(ranks.values())})

    def read(self) -> tuple[pa.Table, dict[str, str]]:
        return self.table, {}


def test_the_honesty_meter_goes_by_the_list_that_people_had(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _Shown(1, AT, {"c-old": 3, "c-2": 25, "c-3": 1})
    second = _Shown(2, AT + timedelta(hours=1), {"c-1": 30, "c-2": 2, "c-3": 1})
    monkeypatch.setattr(Lists, "shown", lambda self: [first, second])
    places = Places(data, SAMPLE, {"c-old": "c-1"})
    asked = [
        ("c-1", "c-old", AT + timedelta(minutes=5), 30),
        ("c-2", "c-2", AT + timedelta(minutes=5), 2),
        ("c-3", None, None, 1),
        ("c-4", "c-4", AT - timedelta(minutes=5), 7),
    ]
    rows = [dict(zip(("claim_id", "triaged_as", "triaged_at", "rank"), one, strict=True)) for one in asked]
    told = {row["claim_id"]: (row["judged_rank"], row["was_top"]) for row in placed(rows, places)}
    assert told == {"c-1": (3, True), "c-2": (25, True), "c-3": (1, True), "c-4": (7, True)}


def test_tellings_around_the_correction_are_counted_by_hand_too(worked: DataDir, figures: Figures) -> None:
    counted = """
        select count(*) filter (where p.posted_at < $at) as before, count(*) filter (where p.posted_at >= $at) as after
        from claim_posts as cp inner join posts as p on p.post_id = cp.post_id
        where cp.claim_id = (select claim_id from releases) and cp.role in ('carries', 'repeats')
            and p.posted_at >= $at - to_hours(6) and p.posted_at < $at + to_hours(6)
    """
    row = ask(worked, SAMPLE, counted, {"at": AT})[0]
    assert (_value(figures, "tellings_before"), _value(figures, "tellings_after")) == (
        row["before"],
        row["after"],
    )
    assert row["before"] > 0
    assert (_value(figures, "released"), _value(figures, "compared")) == (1, 1)
    assert sum(own for hour, own, _ in figures.around if hour < 0) == row["before"]
    assert sum(own for hour, own, _ in figures.around if hour >= 0) == row["after"]


def test_times_that_run_backward_are_counted_and_not_averaged(figures: Figures) -> None:
    """The sample was collected after people are said to have decided: no median of negative minutes."""
    assert _value(figures, "backward") == 13
    assert _value(figures, "detected_to_triaged") is None
    assert all((f.estimate.value or 0) >= 0 for f in figures.of("speed"))


def test_what_could_not_be_read_is_told_by_source(data: DataDir) -> None:
    two = "".join(
        f'[[sources]]\nname = "{name}"\nfamily = "feed"\nurl = "https://{name}.example.org/feed.xml"\n'
        for name in ("town", "harbor", "never")
    )
    incident = make_incident(data, "fire", two)
    store_posts(data, "fire", sample_posts()[:40], source="town")
    for end, refusals in (("finished", 0), ("changed", 2), ("stopped", 1)):
        summary = CrawlSummary(new_crawl_id(AT + timedelta(hours=refusals), "harbor"), "harbor", "test", AT)
        summary.refusals = refusals
        RawWriter(data, "fire", summary).finish(end)
    run_incident(data, incident)
    told = {(f.key, f.about): f.estimate.value for f in measure(data, ["fire"]).of("blind")}
    assert (told["sources_named", ""], told["sources_read", ""]) == (3, 2)
    assert (told["refused", "harbor"], told["bad_crawls", "harbor"]) == (3, 1)
    assert ("refused", "town") not in told and ("bad_crawls", "town") not in told
    later = {f.key for f in measure(data, ["fire"], datetime(2030, 1, 1, tzinfo=UTC)).of("blind")}
    assert not {"refused", "bad_crawls"} & later, "crawls of another period"


@pytest.mark.parametrize(
    ("low", "high", "key"),
    [(0.2, 0.8, "less"), (0.8, 1.3, "unclear"), (1.2, 3.0, "more"), (None, None, "unknown")],
)
def test_the_short_text_claims_no_more_than_the_interval(
    figures: Figures, low: float | None, high: float | None, key: str
) -> None:
    kept = tuple(f for f in figures.figures if f.key != "ratio")
    ratio = Figure("reach", "ratio", Estimate(1.0, low, high, 9), "ratio")
    for language in LANGUAGES:
        told = _sheet(replace(figures, figures=(*kept, ratio)), language).short
        assert words(language)[f"short_reach_{key}"].format(ratio="1.00") in told
        assert words(language)["short_missed_unknown"] in told
        assert not any("{" in sentence for sentence in told)


def test_a_period_takes_only_its_claims(worked: DataDir, figures: Figures) -> None:
    split = AT - timedelta(days=1)
    early, late = measure(worked, [SAMPLE], None, split), measure(worked, [SAMPLE], split)
    assert (_value(early, "seen") or 0) + (_value(late, "seen") or 0) == _value(figures, "seen")
    assert len(early.claims) and all(row["first_at"] < split for row in early.claims)


def needs_chinese_font() -> None:
    try:
        families()
    except DraftError as error:
        pytest.skip(str(error))


def _sheet(figures: Figures, language: str, title: str = "海港巷火災") -> Sheet:
    return sheet(figures, (title,), language, MADE)


def test_every_word_stands_in_all_three_languages() -> None:
    keys = [set(words(language)) for language in LANGUAGES]
    assert keys[0] == keys[1] == keys[2]
    same = {k for k in keys[0] if words("zh-Hans")[k] == words("en")[k] and not k.startswith("platform")}
    assert same == {"script"}, "a template without words"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_is_a_page_and_a_pdf_with_the_same_values(figures: Figures, language: str) -> None:
    needs_chinese_font()
    one = _sheet(figures, language)
    page, printed = html(one), pdf(one)
    for section in one.sections:
        assert section.title in page
        for line in section.lines:
            assert f"<td>{line.value}</td>" in page
    text = "".join(leaf.extract_text() for leaf in pypdf.PdfReader(io.BytesIO(printed)).pages)
    assert words(language)["section_honesty"] in text and "75%" in text.replace(" ", "")
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


def test_a_title_cannot_become_markup(figures: Figures) -> None:
    needs_chinese_font()
    page = html(_sheet(figures, "en", "<script>alert(1)</script>"))
    assert "<script" not in page
    assert pdf(_sheet(figures, "en", '#panic("x") $ ` <a>'))[:5] == b"%PDF-"
    assert "<b>" not in bars([("<b>", 3)], "<i>") and "<i>" not in timeline([], "<i>")
    assert "<b>" not in hourly([(-1, 2.0, 1.0), (0, 0.0, 0.0)], ("<b>", "x"), "<i>")


def test_csv_has_plain_numbers_and_no_words_of_strangers(worked: DataDir, figures: Figures) -> None:
    rows = list(csv.DictReader(io.StringIO(figures_csv(figures, "zh-Hans").decode("utf-8-sig"))))
    confirmed = next(row for row in rows if row["key"] == "confirmed")
    assert (float(confirmed["value"]), confirmed["n"]) == (0.75, "12")
    assert next(row for row in rows if row["key"] == "estimated_total")["value"] == ""
    told = claims_csv(figures).decode("utf-8-sig")
    texts = ask(
        worked, SAMPLE, "select exemplar_text as text from claims where length(exemplar_text) > 5", {}
    )
    assert texts and not any(row["text"] in told for row in texts)
    listed = {row["claim_id"] for row in csv.DictReader(io.StringIO(told))}
    many = ask(worked, SAMPLE, "select claim_id from claims where author_count >= 5", {})
    assert (
        listed == {row["claim_id"] for row in many}
        and left_out(figures) == len(figures.claims) - len(listed) > 0
    )
    assert all(row["first_at"].endswith(":00:00+00:00") for row in csv.DictReader(io.StringIO(told)))


def test_unknown_is_said_and_never_zero() -> None:
    assert shown(None, "count", words("en")) == "unknown"
    assert shown(0, "count", words("en")) == "0"
    assert (
        shown(90, "minutes", words("en")) == "90 min"
        and shown(180, "minutes", words("zh-Hans")) == "3.0 小时"
    )


def test_the_command_writes_every_form(worked: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(worked.root))
    folder = worked.root / "out"
    done = CliRunner().invoke(cli, ["report", SAMPLE, "--to", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    assert {f["figure"] for f in json.loads(done.stdout)} >= {"seen", "ratio", "confirmed", "estimated_total"}
    names = {f"report.{language}.{form}" for language in LANGUAGES for form in ("html", "pdf")}
    names |= {f"figures.{language}.csv" for language in LANGUAGES} | {"claims.csv"}
    assert {path.name for path in folder.iterdir()} == names
