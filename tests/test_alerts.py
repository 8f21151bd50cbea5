"""Alerts: what is raised and how often, who is told when, and that nothing is lost or told twice."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import pytest
from click.testing import CliRunner

from alerts_support import SECRET, mail_server, receiver, write_alerts
from conftest import SAMPLE, make_incident, sample_posts, store_posts
from pipeline.alerts import Alert, AlertBook, AlertConfig, Alerts, alert_file, load_config
from pipeline.alerts.book import Message, Raised
from pipeline.alerts.channels import NotSent, mail, send_webhook
from pipeline.alerts.config import LANGUAGES, NUMBERS, Quiet, Recipient, alerts_file
from pipeline.alerts.facts import MAX_CLAIM_CHARS, excerpt
from pipeline.alerts.feed import feed_file
from pipeline.alerts.outbox import Outbox
from pipeline.alerts.text import content, sentence
from pipeline.batch import republish, run_incident
from pipeline.cli.alerts import alerts as command
from pipeline.coalition import Coalition, Partner
from pipeline.correction.consensus import Answer
from pipeline.errors import UsageError
from pipeline.incident import Incident, find_incident
from pipeline.ledger import Ledger
from pipeline.ledger.drafts import Hand
from pipeline.ledger.statements import Statements
from pipeline.paths import CHECKOUT, DataDir
from pipeline.questions import ask
from pipeline.raw import CrawlSummary, RawWriter, new_crawl_id
from pipeline.records import Status, Triage
from pipeline.worker import WorkerBook, worker_file
from test_statements import complete

NOW = datetime(2026, 3, 16, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SOURCE = '\n[[sources]]\nname = "town"\nfamily = "feed"\nurl = "https://example.org/feed.xml"\n'
MEI = '[[people]]\nid = "mei"\nemail = "mei@example.org"\n'
ROOM = '[[people]]\nid = "room"\nlanguage = "zh-Hant"\nwebhook = "{url}"\n'
TOLD = {
    "claim_id": "c-1",
    "claim": "海港巷起火",
    "rank": 1,
    "top": 5,
    "recent": 9,
    "previous": 2,
    "n": 2,
    "source": "town",
    "why": "changed",
    "hours": 12,
    "statement": "s-1",
    "partner": "partner-a",
    "minutes": 30,
}


def alert(number: int = 1, *, urgent: bool = False, kind: str = "rank", **told: Any) -> Alert:
    key = f"fire/{kind}/{number}"
    return Alert(key, "fire", kind, kind, urgent, TOLD | told, NOW, alert_id=number)


def raise_for(book: AlertBook, *alerts: Alert, person: str = "mei", channel: str = "email") -> int:
    return book.raise_all(Raised(list(alerts)), {one.key: [(person, channel)] for one in alerts})


@pytest.fixture
def book(data: DataDir) -> AlertBook:
    return AlertBook(alert_file(data))


# -- the file --------------------------------------------------------------------------------------------------------


def test_the_sample_file_can_be_used_and_holds_every_kind(data: DataDir) -> None:
    data.root.mkdir()
    text = (CHECKOUT / "data" / "samples" / "alerts.toml").read_text(encoding="utf-8")
    alerts_file(data).write_text(text, encoding="utf-8")
    config = load_config(data)
    assert {rule.kind for rule in config.rules} == set(NUMBERS)
    assert [(p.id, p.language, p.channels) for p in config.people] == [
        ("mei", "zh-Hant", ("email",)),
        ("watch-room", "en", ("webhook",)),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[rules]]\nname = "a"\nwhen = "mood"', "when is 'mood'"),
        ('[[rules]]\nname = "a"\nwhen = "rank"', "top is None"),
        ('[[rules]]\nname = "a"\nwhen = "variant"\ntop = 3', "unknown top"),
        ('[[rules]]\nname = "a"\nwhen = "variant"\n[[rules]]\nname = "a"\nwhen = "crawl"', "twice"),
        ('[[people]]\nid = "mei"\nlanguage = "fr"', "language is 'fr'"),
        ('[[people]]\nid = "mei"\nrules = ["none"]', "no rule none"),
        ('[[people]]\nid = "mei"\nemail = "a@b.org\\nBcc: c@d.org"', "one line of text"),
        ('[[people]]\nid = "mei"\nemail = "a@b.org, c@d.org"', "one plain address"),
        ('[[people]]\nid = "mei"\nemail = "mei@example.org"', "no [smtp] block"),
        ('[[people]]\nid = "mei"\nwebhook = "http://10.0.0.7/x"', "private network"),
        ('[[people]]\nid = "mei"\nwebhook = "http://0x7f.1/"', "private network"),
        (
            '[[people]]\nid = "mei"\nquiet = { from = "22:00", to = "07:00", zone = "Mars/Base" }',
            "quiet is written",
        ),
        ('desk = "javascript:alert(1)"', "desk is"),
        ("group_minutes = true", "group_minutes is True"),
        ("nobody = 1", "unknown nobody"),
    ],
)
def test_a_wrong_file_names_the_place_and_the_fix(data: DataDir, text: str, told: str) -> None:
    data.root.mkdir()
    alerts_file(data).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        load_config(data)
    assert told in str(error.value)
    assert str(alerts_file(data)) in str(error.value)


def test_every_language_has_every_sentence_with_the_same_blanks() -> None:
    words = tomllib.loads((CHECKOUT / "pipeline" / "alerts" / "words.toml").read_text(encoding="utf-8"))
    assert tuple(words) == LANGUAGES
    for language in LANGUAGES:
        assert {k: blanks(v) for k, v in words[language].items()} == {
            k: blanks(v) for k, v in words["en"].items()
        }
    assert set(NUMBERS) <= set(words["en"])


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


# -- who is told when ------------------------------------------------------------------------------------------------


def test_quiet_hours_pass_midnight_on_the_persons_own_clock() -> None:
    quiet = Quiet(time(22), time(7), ZoneInfo("America/Los_Angeles"))
    assert quiet.holds(datetime(2026, 3, 16, 6, 0, tzinfo=UTC))  # 23:00 there
    assert quiet.holds(datetime(2026, 3, 16, 13, 59, tzinfo=UTC))
    assert not quiet.holds(datetime(2026, 3, 16, 14, 0, tzinfo=UTC))
    assert quiet.holds(datetime(2026, 12, 16, 14, 30, tzinfo=UTC)), "06:30 there in winter"


def test_the_first_goes_at_once_the_next_wait_urgent_ones_do_not(book: AlertBook) -> None:
    mei = Recipient("mei", email="mei@example.org", most_per_hour=2)
    outbox = Outbox(book, AlertConfig(people=(mei,)), lambda name: None)
    calm, urgent = alert(1), alert(2, urgent=True)
    assert outbox.chosen(mei, [calm, urgent], [], NOW) == [calm, urgent]
    assert outbox.chosen(mei, [calm, urgent], [NOW - 9 * MINUTE], NOW) == [urgent]
    assert outbox.chosen(mei, [calm, urgent], [NOW - 10 * MINUTE], NOW) == [calm, urgent]
    assert outbox.chosen(mei, [calm, urgent], [NOW - 40 * MINUTE, NOW - 20 * MINUTE], NOW) == []
    asleep = replace(mei, quiet=Quiet(time(0), time(23, 59), ZoneInfo("UTC")))
    assert outbox.chosen(asleep, [calm, urgent], [], NOW) == [urgent]


def test_partners_reminders_reach_that_partner_and_those_of_none() -> None:
    assert Recipient("a", partner="partner-a").wants("statement", "fire", "partner-a")
    assert not Recipient("a", partner="partner-a").wants("statement", "fire", "partner-b")
    assert Recipient("a").wants("statement", "fire", "partner-b")
    assert not Recipient("a", rules=("harm",)).wants("statement", "fire", None)
    assert not Recipient("a", incidents=("flood",)).wants("harm", "fire", None)


# -- mail ------------------------------------------------------------------------------------------------------------


def test_mail_is_grouped_and_each_alert_told_once(data: DataDir, book: AlertBook) -> None:
    with mail_server() as server:
        write_alerts(data, MEI, port=server.port)
        outbox = Outbox(book, load_config(data), lambda name: None)
        assert raise_for(book, alert(1)) == 1
        assert raise_for(book, alert(1)) == 0, "raised once"
        assert outbox.flush(NOW) == 1
        raise_for(book, alert(2), alert(3))
        assert outbox.flush(NOW + MINUTE) == 0
        assert outbox.flush(NOW + 10 * MINUTE) == 1
        assert outbox.flush(NOW + 60 * MINUTE) == 0
        assert server.subjects() == [
            "[Chengqing] fire: among the first 5 (now 1): “海港巷起火”",
            "[Chengqing] 2 alerts: fire",
        ]
        first, second = server.received
        assert first["To"] == "mei@example.org"
        assert first["Message-ID"] != second["Message-ID"]
        assert "https://desk.example.org/claim?incident=fire&claim=c-1" in first.get_content()
        assert [(s.waiting, s.sent) for s in book.alerts()] == [(0, 1)] * 3


def test_a_server_that_is_down_loses_nothing_and_one_that_refuses_is_told(
    data: DataDir, book: AlertBook
) -> None:
    with mail_server() as server:
        write_alerts(data, MEI, port=server.port)
        outbox = Outbox(book, load_config(data), lambda name: None)
        server.answer = "451 later"
        raise_for(book, alert(1))
        assert outbox.flush(NOW) == 0
        assert "451" in str(book.messages("sending")[0].error)
        raise_for(book, alert(2), alert(3))
        server.answer = "250 taken"
        assert outbox.flush(NOW + MINUTE / 2) == 0, "not before its time"
        assert outbox.flush(NOW + MINUTE) == 1
        assert outbox.flush(NOW + 11 * MINUTE) == 1, "what gathered meanwhile goes together"
        assert len(server.received) == 2
        server.answer = "550 no such person"
        raise_for(book, alert(4))
        outbox.flush(NOW + 30 * MINUTE)
        assert [m.state for m in book.messages()] == ["sent", "sent", "failed"]
        assert book.alerts()[0].failed == 1


def test_a_kill_after_the_server_took_it_sends_the_same_message_again_under_one_id(
    data: DataDir, book: AlertBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with mail_server() as server:
        write_alerts(data, MEI, port=server.port)
        raise_for(book, alert(1))
        with monkeypatch.context() as patch:
            patch.setattr(AlertBook, "tried", killed)
            with pytest.raises(Killed):
                Outbox(book, load_config(data), lambda name: None).flush(NOW)
        Outbox(AlertBook(alert_file(data)), load_config(data), lambda name: None).flush(NOW + MINUTE)
        Outbox(AlertBook(alert_file(data)), load_config(data), lambda name: None).flush(NOW + 2 * MINUTE)
        first, second = server.received
        assert first.as_bytes() == second.as_bytes()


def test_a_strangers_text_makes_no_header_and_no_line(data: DataDir) -> None:
    evil = "起火\r\nBcc: everybody@example.org\r\n\r\n\x1b[31m\u202eabc"
    made = content([alert(claim=excerpt(evil))], "en", None)
    message = Message("m-1", "mei", "email", made, "sending", 0, NOW, NOW, None, None)
    sent = mail(message, "mei@example.org", "desk@example.org")
    assert sent["Bcc"] is None
    assert b"\nBcc:" not in sent.as_bytes()
    assert "\x1b" not in made["text"]
    assert "\u202e" not in made["text"]
    forced = Message("m-1", "mei", "email", made | {"subject": evil}, "sending", 0, NOW, NOW, None, None)
    assert mail(forced, "mei@example.org", "desk@example.org")["Bcc"] is None


def test_an_excerpt_is_short_and_without_personal_data() -> None:
    assert len(excerpt("火" * 500)) == MAX_CLAIM_CHARS
    shown = excerpt("有消息找 415-555-0134 或 mei@example.org")
    assert "0134" not in shown
    assert "mei@" not in shown


# -- webhooks --------------------------------------------------------------------------------------------------------


def test_a_webhook_is_signed_and_sent_once(data: DataDir, book: AlertBook) -> None:
    with receiver() as server:
        write_alerts(data, ROOM.format(url=server.url))
        raise_for(book, alert(1), person="room", channel="webhook")
        outbox = Outbox(book, load_config(data), {"alert_webhook_room": SECRET}.get)
        assert [outbox.flush(NOW), outbox.flush(NOW + 20 * MINUTE)] == [1, 0]
        (headers, body), *more = server.posts
        assert more == []
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{wanted}"
        assert int(headers["webhook-timestamp"]) == NOW.timestamp()
        told = json.loads(body)
        assert told["alerts"][0]["text"] == "進入前 5 位（現為第 1 位）：「海港巷起火」"
        assert told["alerts"][0]["id"] == "fire/rank/1"


def test_a_webhook_is_not_sent_unsigned_follows_nothing_and_stays_out_of_private_networks(
    data: DataDir, book: AlertBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = content([alert()], "en", None)
    message = Message("m-1", "room", "webhook", made, "sending", 0, NOW, NOW, None, None)
    with receiver() as server:
        write_alerts(data, ROOM.format(url=server.url))
        raise_for(book, alert(1), person="room", channel="webhook")
        Outbox(book, load_config(data), lambda name: "short").flush(NOW)
        assert "alert_webhook_room" in str(book.messages()[0].error)
        server.status = 302
        with pytest.raises(NotSent, match="302"):
            send_webhook(message, server.url, SECRET, {"127.0.0.1"}, NOW)
        assert len(server.posts) == 1
        with pytest.raises(NotSent, match="private network"):
            send_webhook(message, server.url, SECRET, (), NOW)
        resolved = [(2, 1, 6, "", ("127.0.0.1", server.server_port))]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: resolved)
        with pytest.raises(NotSent, match=r"resolves to 127\.0\.0\.1"):
            send_webhook(message, f"http://hooks.example.org:{server.server_port}/", SECRET, (), NOW)
        assert len(server.posts) == 1


# -- what is raised --------------------------------------------------------------------------------------------------


def crawled(data: DataDir, at: datetime, end: str = "finished", new: int = 1) -> None:
    summary = CrawlSummary(new_crawl_id(at, "crawl"), "town", "test", at)
    summary.extra["new"] = new
    RawWriter(data, "fire", summary).finish(end, "the pages changed" if end != "finished" else None)
    manifest = data.raw("fire") / "town" / summary.crawl_id / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8")) | {"finished_at": at.isoformat()}
    manifest.write_text(json.dumps(told), encoding="utf-8")


def keys(data: DataDir, kind: str) -> list[str]:
    book = AlertBook(alert_file(data))
    return sorted(s.alert.key for s in book.alerts() if s.alert.kind == kind)


def look(data: DataDir, incident: Incident, now: datetime) -> int:
    return Alerts(data).look(incident, load_config(data), now)


def test_a_collection_that_fails_is_told_once_until_it_is_well_again(data: DataDir) -> None:
    fire = make_incident(data, "fire", SOURCE)
    assert look(data, fire, NOW) == 0, "a source that was never crawled is not silent"
    crawled(data, NOW)
    assert look(data, fire, NOW) == 0
    crawled(data, NOW + 10 * MINUTE, "changed", new=0)
    assert look(data, fire, NOW + 11 * MINUTE) == 1
    crawled(data, NOW + 20 * MINUTE, "unreachable", new=0)
    assert look(data, fire, NOW + 21 * MINUTE) == 0
    crawled(data, NOW + 30 * MINUTE)
    crawled(data, NOW + 40 * MINUTE, "refused", new=0)
    assert look(data, fire, NOW + 41 * MINUTE) == 1
    crawled(data, NOW + 50 * MINUTE, new=0)
    assert look(data, fire, NOW + 12 * 60 * MINUTE) == 0
    assert look(data, fire, NOW + 13 * 60 * MINUTE) == 1
    assert look(data, fire, NOW + 20 * 60 * MINUTE) == 0
    assert [key.split("/")[1] for key in keys(data, "silent")] == ["silence"]
    assert len(keys(data, "crawl")) == 2


def test_runs_that_fail_in_a_row_are_told_once(data: DataDir) -> None:
    fire = make_incident(data, "fire")
    turns = WorkerBook(worker_file(data))
    found = []
    for status in (
        "done",
        "failed",
        "failed",
        "stopped",
        "failed",
        "failed",
        "done",
        "failed",
        "failed",
        "failed",
    ):
        turns.end(turns.begin("fire", NOW, 0, NOW), status, NOW, {}, "")
        found.append(look(data, fire, NOW))
    assert found == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1]


def test_a_statement_reminds_those_who_have_not_answered(data: DataDir) -> None:
    fire = make_incident(data, "fire")
    partners = tuple(Partner(f"partner-{name}", {"en": name}) for name in "abc")
    coalition = Coalition({"en": "Coalition"}, partners)
    ann, bo = Hand("ann", "partner-a"), Hand("bo", "partner-b")
    ledger = Statements(data.ledger)
    draft = ledger.open("fire", complete(), ann, claim_id="c-1", now=NOW)
    ledger.approve(draft, bo)
    held = ledger.circulate(draft, coalition, ann, now=NOW)
    ledger.answer(held, Answer.CONSENT, ann, now=NOW)
    assert look(data, fire, NOW + 119 * MINUTE) == 0
    assert look(data, fire, NOW + 121 * MINUTE) == 2
    assert look(data, fire, NOW + 122 * MINUTE) == 0
    ledger.answer(held, Answer.CONSENT, bo, now=NOW)
    assert look(data, fire, NOW + 215 * MINUTE) == 1
    shown = AlertBook(alert_file(data)).alerts()[0].alert
    assert (shown.partner, shown.told["minutes"]) == ("partner-c", 25)
    assert look(data, fire, NOW + 300 * MINUTE) == 0


def test_the_list_is_told_once_in_three_languages_without_authors(sample: DataDir) -> None:
    incident = find_incident(sample, SAMPLE)
    with mail_server() as server:
        people = "".join(
            f'[[people]]\nid = "p-{n}"\nlanguage = "{language}"\nemail = "p{n}@example.org"\n'
            for n, language in enumerate(LANGUAGES)
        )
        write_alerts(sample, people, port=server.port)
        service = Alerts(sample)
        service.watch([incident], NOW)
        service.watch([incident], NOW + 11 * MINUTE)
        assert len(server.received) == 3, "one message each: whatever the first list raised goes together"
        ranked = [key for key in keys(sample, "rank") if key.startswith(f"{SAMPLE}/top/")]
        assert len(ranked) == 5
        bodies = {str(mail["To"]): mail.get_content() for mail in server.received}
        assert "among the first 5" in bodies["p0@example.org"]
        assert "进入前 5 位" in bodies["p1@example.org"]
        assert "進入前 5 位" in bodies["p2@example.org"]
        kept = alert_file(sample).read_bytes() + "".join(bodies.values()).encode()
        posts = sample_posts()
        assert not [post for post in posts if str(post.author_key).encode() in kept]
        top = {one["exemplar_text"] for one in ask(sample, SAMPLE, "select exemplar_text from claims", {})}
        assert not [text for text in top if len(text) > MAX_CLAIM_CHARS and text in bodies["p0@example.org"]]
    for language in LANGUAGES:
        feed = feedparser.parse(feed_file(sample, language).read_bytes())
        assert not feed.bozo
        shown = AlertBook(alert_file(sample)).alerts()
        assert [e.title for e in feed.entries] == [f"{SAMPLE}: {sentence(s.alert, language)}" for s in shown]


def test_growth_and_harm_of_the_list_are_told_once(sample: DataDir) -> None:
    incident, rules = (
        find_incident(sample, SAMPLE),
        {rule.kind: rule.numbers for rule in load_config(sample).rules},
    )
    republish(sample, SAMPLE)
    look(sample, incident, NOW)
    rows = ask(sample, SAMPLE, "select claim_id, growth, recent_voices, harm from ranked_claims", {})
    grown = {
        row["claim_id"]
        for row in rows
        if (row["growth"] or 0) >= math.log(rules["growth"]["times"])
        and (row["recent_voices"] or 0) >= rules["growth"]["voices"]
    }
    harmful = {row["claim_id"] for row in rows if (row["harm"] or 0) >= rules["harm"]["weight"]}
    assert len(grown) > 0 and len(harmful) > 0
    assert {key.split("/")[2] for key in keys(sample, "growth")} == grown
    assert {key.split("/")[2] for key in keys(sample, "harm")} == harmful
    shown = AlertBook(alert_file(sample)).alerts()
    assert {one.alert.urgent for one in shown if one.alert.kind == "harm"} == {True}
    assert look(sample, incident, NOW + timedelta(days=1)) == 0, "the list has not moved since"


def test_a_new_wording_of_a_claim_that_was_taken_up_is_told(data: DataDir) -> None:
    make_incident(data, "fire", SOURCE)
    incident = find_incident(data, "fire")
    posts = sample_posts()
    store_posts(data, "fire", posts[:150])
    run_incident(data, incident)
    look(data, incident, NOW)
    claim = ask(
        data, "fire", "select claim_id, exemplar_post_id from claims order by carrier_count desc limit 1", {}
    )
    claim_id, exemplar = claim[0].values()
    Ledger(data.ledger).decide(Triage("fire", claim_id, status=Status.IN_REVIEW), actor="mei")
    republish(data, "fire")
    look(data, incident, NOW)
    assert keys(data, "variant") == [], "the first look at a claim that was taken up only remembers"
    original = next(post for post in posts if post.post_id == exemplar)
    wording = replace(
        original, post_id="x:1", text=original.text + "，听说的", author_key="k-1", reposts=None
    )
    store_posts(data, "fire", [wording], source="more")
    run_incident(data, incident)
    held = ask(data, "fire", "select claim_id from claim_posts where post_id = 'x:1'", {})
    assert held == [{"claim_id": claim_id}]
    look(data, incident, NOW)
    look(data, incident, NOW)
    assert len(keys(data, "variant")) == 1


def test_the_command_lists_checks_and_looks(sample: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(sample.root))
    runner = CliRunner()
    told = json.loads(runner.invoke(command, ["now", SAMPLE, "--json"]).output)
    assert told["raised"] >= 5
    assert told["sent"] == 0
    rows = json.loads(runner.invoke(command, ["list", "--json", "--language", "zh-Hans"]).output)
    assert len(rows) == told["raised"]
    assert any(row["alert"].startswith("进入前 5 位") for row in rows)
    assert "8 rules, 0 people" in runner.invoke(command, ["check"]).output
