"""Accounts: who may do what, passwords that cannot be read back, sessions that end, guesses that get slow."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline import secrets
from pipeline.accounts import (
    FREE_FAILURES,
    FREE_FROM_ADDRESS,
    IDLE_SECONDS,
    LONGEST_WAIT,
    OPEN_SECONDS,
    TOUCH_SECONDS,
    Accounts,
    network_of,
)
from pipeline.accounts_samples import has_samples, make_samples, sample_password
from pipeline.cli.user import user
from pipeline.errors import SignInRefused, StoreError, UnknownName, UsageError
from pipeline.paths import CHECKOUT, DataDir
from pipeline.people import ALLOWED, AccountRole, Act, Person, may

PASSWORD = "quiet harbor lanterns"
MEI = Person("mei", "Mei 陈", AccountRole.MONITOR, "partner-a")


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """scrypt with a sixteenth of a megabyte: its strength is not what is tested here."""
    monkeypatch.setattr(secrets, "COST", 2**6)
    monkeypatch.setattr(secrets, "LANES", 1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Accounts:
    made = Accounts(tmp_path / "accounts.sqlite3", clock=clock)
    made.add(MEI, by="cli", password=PASSWORD)
    return made


def kinds(accounts: Accounts) -> list[str]:
    return [event.kind for event in reversed(accounts.events(""))]


def test_every_role_reads_and_only_those_who_should_decide_do() -> None:
    for role in AccountRole:
        assert may(Person("x", "X", role, "p"), Act.READ)
    deciders = {role for role in AccountRole if may(Person("x", "X", role, "p"), Act.TRIAGE)}
    assert deciders == {AccountRole.MONITOR, AccountRole.LEAD}
    signers = {role for role in AccountRole if may(Person("x", "X", role, "p"), Act.SIGN)}
    assert signers == {AccountRole.REVIEWER}
    keepers = {role for role in AccountRole if may(Person("x", "X", role, "p"), Act.ADMINISTER)}
    assert keepers == {AccountRole.ADMIN}
    assert not ALLOWED[AccountRole.ADMIN] & {Act.TRIAGE, Act.RULE, Act.SIGN, Act.RELEASE, Act.REVEAL}


def test_nobody_may_nothing_and_without_a_partner_nobody_signs() -> None:
    assert not any(may(None, act) for act in Act)
    assert not may(Person("x", "X", AccountRole.REVIEWER), Act.SIGN)
    assert set(ALLOWED) == set(AccountRole)
    assert set().union(*ALLOWED.values()) == set(Act), "an act that nobody may do is a mistake"


def test_the_right_password_opens_a_session(accounts: Accounts) -> None:
    token = accounts.sign_in(" Mei ", PASSWORD)
    assert accounts.person_of(token) == MEI
    assert accounts.person_of("x" * 43) is None and accounts.person_of(None) is None
    accounts.sign_out(token)
    assert accounts.person_of(token) is None
    assert kinds(accounts) == ["account_added", "signed_in", "signed_out"]


def test_neither_password_nor_token_stands_anywhere(accounts: Accounts, tmp_path: Path) -> None:
    token = accounts.sign_in("mei", PASSWORD)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert PASSWORD.encode() not in stored and token.encode() not in stored
    assert (tmp_path / "accounts.sqlite3").stat().st_mode & 0o077 == 0, "others on the machine cannot read it"
    assert PASSWORD not in json.dumps([event.payload for event in accounts.events("")])
    assert secrets.hashed_password(PASSWORD) != secrets.hashed_password(PASSWORD), "each with its own salt"


@pytest.mark.parametrize("password", ["", "short", "x" * 14, "x" * 257])
def test_a_password_has_a_length(accounts: Accounts, password: str) -> None:
    with pytest.raises(UsageError, match="15 to 256"):
        accounts.set_password("mei", password, by="cli")
    assert accounts.sign_in("mei", PASSWORD)


def test_a_session_ends_when_idle_and_after_a_shift(accounts: Accounts, clock: Clock) -> None:
    token = accounts.sign_in("mei", PASSWORD)
    clock.now += IDLE_SECONDS - 1
    assert accounts.person_of(token) is not None
    clock.now += 2
    assert accounts.person_of(token) is None, "looking alone keeps nothing open"
    token, begun = accounts.sign_in("mei", PASSWORD), clock.now
    while clock.now - begun + IDLE_SECONDS / 2 < OPEN_SECONDS:
        clock.now += IDLE_SECONDS / 2
        assert accounts.person_of(token, touch=True) is not None
    clock.now = begun + OPEN_SECONDS + 1
    assert accounts.person_of(token, touch=True) is None


def test_reading_writes_at_most_once_a_minute(accounts: Accounts, clock: Clock) -> None:
    token = accounts.sign_in("mei", PASSWORD)
    reader = Accounts(accounts.path, read_only=True, clock=clock)

    def seen() -> float:
        with accounts.connect() as connection:
            return float(connection.execute("select seen_at from session").fetchone()[0])

    begun = seen()
    clock.now += TOUCH_SECONDS - 1
    reader.person_of(token, touch=True)
    assert seen() == begun
    clock.now += 2
    reader.person_of(token, touch=True)
    assert seen() == clock.now


@pytest.mark.parametrize("change", ["password", "role", "disable"])
def test_a_change_ends_every_session_at_once(accounts: Accounts, change: str) -> None:
    token = accounts.sign_in("mei", PASSWORD)
    if change == "password":
        accounts.set_password("mei", "another few words here", by="ada")
    elif change == "role":
        accounts.set_role("mei", AccountRole.REVIEWER, "partner-b", by="ada")
    else:
        accounts.disable("mei", by="ada")
    assert accounts.person_of(token) is None
    event = accounts.events("")[0]
    assert event.actor == "ada" and event.payload["user_id"] == "mei"
    assert "password" not in event.payload


def test_a_disabled_account_stays_out_until_it_is_let_in(accounts: Accounts) -> None:
    accounts.disable("mei", by="cli")
    with pytest.raises(SignInRefused):
        accounts.sign_in("mei", PASSWORD)
    with pytest.raises(SignInRefused):
        accounts.open_session("mei", how="service")
    accounts.disable("mei", by="cli", disabled=False)
    assert accounts.person_of(accounts.sign_in("mei", PASSWORD)) == MEI


@pytest.mark.parametrize("name", ["mei", "nobody-here"])
def test_guesses_get_slower_and_slower(accounts: Accounts, clock: Clock, name: str) -> None:
    waits = []
    for _ in range(20):
        with pytest.raises(SignInRefused) as refused:
            accounts.sign_in(name, "wrong")
        waits.append(refused.value.wait)
        clock.now += refused.value.wait
    assert waits[:FREE_FAILURES] == [0] * FREE_FAILURES
    grown = [wait for wait in waits if wait]
    assert grown == sorted(grown) and grown[0] == 2 and max(grown) <= LONGEST_WAIT
    with pytest.raises(SignInRefused) as refused:
        accounts.sign_in(name, PASSWORD)
    assert refused.value.wait > 60, "even the right password waits"
    clock.now += refused.value.wait
    if name == "mei":
        assert accounts.sign_in(name, PASSWORD)
        with pytest.raises(SignInRefused) as again:
            accounts.sign_in(name, "wrong")
        assert again.value.wait == 0, "the right one wipes the slate"
    assert "sign_in_slowed" in kinds(accounts)


def test_guesses_at_once_gain_nothing(accounts: Accounts) -> None:
    looked_at = []

    def guess() -> None:
        try:
            Accounts(accounts.path, clock=accounts.clock).sign_in("mei", "wrong")
        except SignInRefused as refused:
            looked_at.append(refused.wait == 0)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) == 12 and sum(looked_at) <= FREE_FAILURES


def test_who_tries_many_names_from_one_address_waits_too(accounts: Accounts, clock: Clock) -> None:
    for number in range(FREE_FROM_ADDRESS):
        with pytest.raises(SignInRefused) as refused:
            accounts.sign_in(f"name-{number}", PASSWORD, "203.0.113.7")
        assert refused.value.wait == 0
    for name in ("another", "mei"):
        with pytest.raises(SignInRefused) as refused:
            accounts.sign_in(name, PASSWORD, "203.0.113.7")
        assert refused.value.wait > 0
    assert accounts.sign_in("mei", PASSWORD, "203.0.113.8"), "who comes from elsewhere is not held up"
    clock.now += LONGEST_WAIT
    assert accounts.sign_in("mei", PASSWORD, "203.0.113.7")
    with pytest.raises(SignInRefused):
        accounts.sign_in("yet-another", PASSWORD, "203.0.113.7")
    with pytest.raises(SignInRefused) as refused:
        accounts.sign_in("mei", PASSWORD, "203.0.113.7")
    assert refused.value.wait > 0, "one's own right password forgives no guesses at others"


def test_an_office_that_signs_in_often_is_not_locked_out(accounts: Accounts) -> None:
    for _ in range(2 * FREE_FROM_ADDRESS):
        assert accounts.sign_in("mei", PASSWORD, "203.0.113.9")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_attempts_are_counted_by_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_what_cannot_be_an_account_is_refused(accounts: Accounts) -> None:
    for person in (
        Person("Mei Chen", "x", AccountRole.VIEWER),
        Person("mei", "again", AccountRole.VIEWER),
        Person("../x", "x", AccountRole.VIEWER),
        Person("lok", " ", AccountRole.VIEWER),
        Person("lok", "Lok", AccountRole.REVIEWER),
        Person("lok", "Lok", AccountRole.LEAD, "No Such Form"),
    ):
        with pytest.raises(UsageError):
            accounts.add(person, by="cli", password=PASSWORD)
    with pytest.raises(UnknownName, match="chengqing user list"):
        accounts.disable("lok", by="cli")
    assert [account.person for account in accounts.everybody()] == [MEI]


def test_an_email_belongs_to_one_account(accounts: Accounts) -> None:
    ana = Person("ana", "Ana", AccountRole.REVIEWER, "partner-b")
    accounts.add(ana, by="cli", email="Ana@Partner.example")
    found = accounts.by_email("ana@partner.EXAMPLE")
    assert found and found.person == ana and not found.has_password
    with pytest.raises(SignInRefused):
        accounts.sign_in("ana", "")
    with pytest.raises(UsageError, match="taken"):
        accounts.add(Person("bo", "Bo", AccountRole.VIEWER), by="cli", email="ana@partner.example")


def test_the_log_of_accounts_cannot_be_rewritten(accounts: Accounts) -> None:
    with pytest.raises(StoreError, match="append-only"), accounts.writing() as connection:
        connection.execute("delete from event")
    with sqlite3.connect(accounts.path) as raw:
        raw.execute("drop trigger event_no_update")
        raw.execute("update event set actor = 'somebody else'")
    raw.close()
    with pytest.raises(StoreError, match="does not fit its chain"), accounts.connect() as connection:
        list(accounts.chained(connection))


def test_sample_accounts_are_marked_and_made_once(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    assert sample_password(data) is None and not has_samples(data)
    password, people = make_samples(data)
    again, _ = make_samples(data)
    assert again == password == sample_password(data) and len(password) >= secrets.MIN_PASSWORD_CHARS
    accounts = Accounts(data.accounts)
    assert all(account.sample for account in accounts.everybody())
    assert {person.role for person in people} >= {AccountRole.LEAD, AccountRole.VIEWER, AccountRole.ADMIN}
    assert accounts.person_of(accounts.sign_in(people[0].user_id, password)) == people[0]
    for person in people:
        accounts.disable(person.user_id, by="cli")
    assert not has_samples(data)


def test_the_commands_keep_accounts_and_never_take_a_password_as_an_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(tmp_path))
    runner, accounts = CliRunner(), DataDir(tmp_path).accounts

    def command(*told: str, typed: str | None = None) -> str:
        done = runner.invoke(user, list(told), input=typed, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    secret = f"{PASSWORD}\n"
    hostile = "Mei \x1b[31m<b>=1+1\u202e"
    command("add", "mei", "--name", hostile, "--role", "lead", "--password-stdin", typed=secret)
    shown = command("list")
    assert "lead" in shown and "\x1b" not in shown and "\u202e" not in shown and PASSWORD not in shown
    token = Accounts(accounts).sign_in("mei", PASSWORD)
    command("role", "mei", "reviewer", "--partner", "partner-b")
    assert Accounts(accounts).person_of(token) is None
    command("passwd", "mei", "--password-stdin", typed="another few words here\n")
    assert Accounts(accounts).sign_in("mei", "another few words here")
    command("disable", "mei")
    assert json.loads(command("list", "--json"))[0]["state"] == "disabled"
    command("enable", "mei")
    told = [row["what"] for row in json.loads(command("log", "--json"))]
    assert told[0] == "account_enabled" and told[-1] == "account_added"
    for made in user.commands.values():
        assert "--password" not in {name for param in made.params for name in param.opts}
    with pytest.raises(UsageError):
        command("add", "lok", "--password-stdin", typed="short\n")
    (tmp_path / "coalition.toml").write_bytes((CHECKOUT / "data/samples/coalition.toml").read_bytes())
    with pytest.raises(UsageError, match="no partner"):
        command("add", "lok", "--partner", "partner-x", "--password-stdin", typed=secret)
