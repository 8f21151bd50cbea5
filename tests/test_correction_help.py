"""What helps to write a correction: templates, conversion of scripts, advice, and the machine hook."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.correction import document as d
from pipeline.correction import machine as m
from pipeline.correction.advice import FILE, Advice, Exposure, advise, thresholds
from pipeline.correction.lockstep import converted, in_step
from pipeline.correction.templates import begin, hint, template, templates
from pipeline.errors import DraftError


def test_every_template_tells_the_rumor_once_between_facts_and_hints_in_three_languages() -> None:
    assert templates()[0].id == "general"
    for found in templates():
        parts = [slot.part for slot in found.slots]
        assert parts.count(d.Part.CIRCULATES) == 1
        assert parts.index(d.Part.KNOWN) < parts.index(d.Part.CIRCULATES) < parts.index(d.Part.KNOWN_AGAIN)
        assert "sks.to" in found.order_from
        for slot in found.slots:
            assert set(slot.hints) == set(found.names) == {"en", "zh-Hans", "zh-Hant"}
            assert not slot.texts or set(slot.texts) == set(d.Document("x").languages)


def test_a_draft_begins_with_the_lines_of_its_situation() -> None:
    draft = begin("fire")
    assert [line.part for line in draft.lines] == [slot.part for slot in template("fire").slots]
    assert "911" in draft.lines[-1].texts["yue-Hant"]
    assert "fire department" in hint("fire", 1, d.Part.KNOWN, "en")
    with pytest.raises(DraftError, match="there are: general"):
        begin("flood")


def test_a_broken_template_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("name = 1\n[[lines]]\npart = 'nonsense'\n")
    with pytest.raises(DraftError, match=r"x\.toml"):
        templates(tmp_path)


@pytest.mark.parametrize(
    ("source", "target", "region", "text", "made"),
    [
        ("zh-Hans", "zh-Hant", "us", "旧金山警方的信息", "三藩市警方的訊息"),
        ("zh-Hans", "zh-Hant", "tw", "软件里的信息", "軟體裡的資訊"),
        ("zh-Hans", "zh-Hant", "hk", "街上的人群", "街上的人羣"),
        ("zh-Hant", "zh-Hans", "us", "三藩市的訊息", "旧金山的信息"),
        ("zh-Hans", "yue-Hant", "us", "他们不是目的地的居民", "佢哋唔係目的地嘅居民"),
    ],
)
def test_conversion_of_scripts_and_phrases(
    source: str, target: str, region: str, text: str, made: str
) -> None:
    assert converted(text, source, target, region) == made


def test_conversion_fills_what_is_empty_or_stale_and_never_what_a_person_settled() -> None:
    draft = d.add_line(d.Document("general"), d.Part.KNOWN)
    draft = d.write(draft, "s1", "zh-Hans", "没有人受伤。")
    proposed = in_step(draft, "s1")
    assert proposed.line("s1").texts["zh-Hant"] == "沒有人受傷。"
    assert proposed.line("s1").texts["yue-Hant"] == "冇人受傷。"
    assert set(proposed.line("s1").doubts.values()) == {d.Doubt.CONVERTED}
    assert "en" not in proposed.line("s1").texts
    settled = d.confirm(proposed, "s1", "zh-Hant")
    settled = replace(
        settled,
        lines=(replace(settled.line("s1"), texts={**settled.line("s1").texts, "zh-Hant": "無人受傷。"}),),
    )
    assert in_step(settled, "s1").line("s1").texts["zh-Hant"] == "無人受傷。"
    again = in_step(d.write(settled, "s1", "zh-Hans", "两人受伤。"), "s1")
    assert again.line("s1").texts["zh-Hant"] == "兩人受傷。"


QUIET = Exposure(posts=3, recent_posts=1, previous_posts=1, platforms=1, engagement=5, corrections=0)


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({}, Advice.WATCH),
        ({"harm": 3}, Advice.PREPARE),
        ({"posts": 40, "platforms": 3}, Advice.RESPOND),
        ({"posts": 40}, Advice.PREPARE),
        ({"posts": 40, "platforms": 3, "corrections": 20}, Advice.WATCH),
        ({"posts": 40, "platforms": 3, "corrections": 20, "harm": 3}, Advice.RESPOND),
        ({"recent_posts": 8, "previous_posts": 2, "posts": 10, "harm": 2}, Advice.RESPOND),
        ({"recent_posts": 8, "previous_posts": 7, "posts": 15 - 1, "harm": 0}, Advice.WATCH),
    ],
)
def test_advice_follows_the_thresholds_and_says_why(change: dict[str, int], advice: Advice) -> None:
    advised = advise(replace(QUIET, **change), thresholds())
    assert advised.advice is advice
    assert len(advised.reasons) == 5


def test_a_threshold_that_is_no_number_names_file_and_place(tmp_path: Path) -> None:
    path = tmp_path / "advice.toml"
    path.write_text(FILE.read_text(encoding="utf-8").replace("share = 0.30", 'share = "much"'))
    with pytest.raises(DraftError, match=r"\[answered\] share wants a number"):
        thresholds(path)


class _Stub(http.server.BaseHTTPRequestHandler):
    """Stands in for a language model, which cannot be had here: it says what it was asked."""

    asked: list[dict[str, object]]
    answer = "三人平安。"

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if self.answer == "redirect":
            self.send_response(302)
            self.send_header("Location", "http://example.org/")
            self.end_headers()
            return
        body = json.dumps({"choices": [{"message": {"content": self.answer}}]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stub() -> Iterator[tuple[m.Machine, type[_Stub]]]:
    handler = type("Handler", (_Stub,), {"asked": []})
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield m.Machine(f"http://127.0.0.1:{server.server_port}/v1", "local"), handler
    server.shutdown()
    server.server_close()


def drafted() -> d.Document:
    draft = d.add_source(
        d.add_line(d.Document("general"), d.Part.KNOWN), "https://sf-fire.example/1", "", "Three are safe."
    )
    return d.write(draft, "s1", "en", "Three people are safe.")


def test_the_machine_proposes_and_its_words_wait_for_a_person(stub: tuple[m.Machine, type[_Stub]]) -> None:
    machine, handler = stub
    draft = m.translate(machine, drafted(), "s1", "en", "zh-Hans")
    assert draft.line("s1").texts["zh-Hans"] == "三人平安。"
    assert draft.line("s1").doubts == {"zh-Hans": d.Doubt.MACHINE}
    assert "Three people are safe." in json.dumps(handler.asked)


def test_without_evidence_the_machine_writes_nothing(stub: tuple[m.Machine, type[_Stub]]) -> None:
    machine, handler = stub
    with pytest.raises(DraftError, match="nothing without evidence"):
        m.compose(machine, drafted(), "s1", "en")
    assert handler.asked == []
    m.compose(machine, d.cite(drafted(), "s1", ["e1"]), "s1", "zh-Hant")
    assert "Three are safe." in json.dumps(handler.asked)
    assert "sf-fire.example" not in json.dumps(handler.asked), "the quote is sent, not where it was found"


@pytest.mark.parametrize("answer", ["", "redirect"])
def test_an_unusable_answer_is_said(stub: tuple[m.Machine, type[_Stub]], answer: str) -> None:
    machine, handler = stub
    handler.answer = answer
    with pytest.raises(DraftError, match="write it yourself"):
        m.translate(machine, drafted(), "s1", "en", "zh-Hans")


@pytest.mark.parametrize(
    "url", ["https://api.example.org/v1", "http://10.0.0.5/v1", "http://localhost.example.org"]
)
def test_the_hook_is_off_by_default_and_never_leads_off_this_machine(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.delenv("CHENGQING_MACHINE_URL", raising=False)
    assert m.Machine.from_environment() is None
    monkeypatch.setenv("CHENGQING_MACHINE_URL", url)
    with pytest.raises(DraftError, match="leads off this machine"):
        m.Machine.from_environment()
