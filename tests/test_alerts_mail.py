"""Mail as it leaves: TLS that is checked, sign-in that is needed, and a sender that is killed at the worst moment."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from alerts_support import MailServer, mail_server, write_alerts
from pipeline.alerts import Alert, AlertBook, alert_file, load_config
from pipeline.alerts.book import Message, Raised
from pipeline.alerts.channels import NotSent, send_mail
from pipeline.alerts.config import Smtp, alerts_file
from pipeline.alerts.text import content
from pipeline.errors import UsageError
from pipeline.paths import DataDir

NOW = datetime(2026, 3, 16, 6, 0, tzinfo=UTC)
MEI = '[[people]]\nid = "mei"\nemail = "mei@example.org"\n'
LOGIN = ("desk", "a password of the desk")


def alert(number: int) -> Alert:
    told = {"claim_id": "c-1", "claim": "海港巷起火", "rank": number, "top": 5}
    return Alert(f"fire/top/{number}", "fire", "rank", "top", False, told, NOW)


def message() -> Message:
    made = content([alert(1)], "zh-Hant", None)
    return Message("m-1", "mei", "email", made, "sending", 0, NOW, NOW, None, None)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def pem(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def smtp(server: MailServer, security: str, ca_file: str | None, user: str | None = None) -> Smtp:
    return Smtp("localhost", server.port, "desk@example.org", security, user, ca_file)


def send(server: Smtp, password: str | None = None) -> None:
    send_mail(message(), "mei@example.org", server, password)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_leaves_over_tls_and_signs_in(authority: trustme.CA, pem: str, security: str) -> None:
    with mail_server(authority, starttls=security == "starttls", login=LOGIN) as server:
        send(smtp(server, security, pem, LOGIN[0]), LOGIN[1])
        assert [str(mail["To"]) for mail in server.received] == ["mei@example.org"]
        assert "海港巷起火" in server.texts()
        with pytest.raises(NotSent, match="535") as refused:
            send(smtp(server, security, pem, LOGIN[0]), "another password")
        assert "another password" not in str(refused.value)
        with pytest.raises(NotSent, match="530"):
            send(smtp(server, security, pem))
        with pytest.raises(NotSent, match="put smtp_password into"):
            send(smtp(server, security, pem, LOGIN[0]))
        assert len(server.received) == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_we_know_has_signed_is_refused(
    authority: trustme.CA, tmp_path: Path, security: str
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    with mail_server(authority, starttls=security == "starttls") as server:
        for known in (None, str(tmp_path / "other.pem")):
            with pytest.raises(NotSent, match="certificate is not trusted") as refused:
                send(smtp(server, security, known))
            assert "ca_file" in str(refused.value) and not refused.value.final
        with pytest.raises(NotSent, match="cannot be used"):
            send(smtp(server, security, str(tmp_path / "none.pem")))
        assert server.received == []


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_for_another_name_is_refused(authority: trustme.CA, pem: str, security: str) -> None:
    with mail_server(authority, starttls=security == "starttls", name="mail.example.org") as server:
        with pytest.raises(NotSent, match=r"not trusted .*not valid for 'localhost'"):
            send(smtp(server, security, pem))
        assert server.received == []


def test_a_server_that_offers_no_tls_gets_no_mail(pem: str) -> None:
    with mail_server() as server:
        with pytest.raises(NotSent, match="STARTTLS"):
            send(smtp(server, "starttls", pem))
        with pytest.raises(NotSent):
            send(smtp(server, "tls", pem))
        assert server.received == []


def test_a_password_is_never_configured_to_go_in_the_clear(data: DataDir) -> None:
    data.root.mkdir()
    alerts_file(data).write_text(
        '[smtp]\nhost = "localhost"\nsender = "desk@example.org"\nsecurity = "none"\nuser = "desk"\n',
        encoding="utf-8",
    )
    with pytest.raises(UsageError, match="in the clear"):
        load_config(data)


# -- killed ----------------------------------------------------------------------------------------------------------

FLUSH = """
import sys
from datetime import datetime
from pathlib import Path
from pipeline.alerts import AlertBook, alert_file, load_config
from pipeline.alerts.outbox import Outbox
from pipeline.paths import DataDir
data = DataDir(Path(sys.argv[1]))
Outbox(AlertBook(alert_file(data)), load_config(data), lambda name: None).flush(datetime.fromisoformat(sys.argv[2]))
"""


class Sender:
    """A process that sends, and may be killed while the server holds its mail."""

    def __init__(self, data: DataDir) -> None:
        self.data = data
        self.process: subprocess.Popen[bytes] | None = None

    def send(self, now: datetime) -> int:
        self.process = subprocess.Popen([sys.executable, "-c", FLUSH, str(self.data.root), now.isoformat()])
        return self.process.wait(60)

    def kill(self) -> None:
        limit = time.monotonic() + 30
        while self.process is None and time.monotonic() < limit:
            time.sleep(0.01)
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(0)


def once(act: Callable[[], None]) -> Callable[[], None]:
    """``act`` the first time only."""
    left = [act]

    def acted() -> None:
        if left:
            left.pop()()

    return acted


@pytest.mark.parametrize("taken", [False, True])
def test_a_killed_sender_loses_nothing_and_says_nothing_new_twice(data: DataDir, taken: bool) -> None:
    """Killed before the server takes the mail: it arrives once. Killed after: again under its id, byte for byte."""
    with mail_server() as server:
        write_alerts(data, MEI, port=server.port)
        book, sender = AlertBook(alert_file(data)), Sender(data)
        raised = Raised([alert(1), alert(2)])
        assert book.raise_all(raised, {one.key: [("mei", "email")] for one in raised.alerts}) == 2

        def refused() -> None:
            sender.kill()
            server.answer = "451 the sender is gone"

        if taken:
            server.after = once(sender.kill)
        else:
            server.before = once(refused)
        assert sender.send(NOW) == -signal.SIGKILL
        assert [m.state for m in book.messages()] == ["sending"]
        server.answer = "250 taken"
        for later in range(3):
            assert sender.send(NOW + timedelta(minutes=20 * (1 + later))) == 0
        assert len(server.received) == (2 if taken else 1)
        assert len({mail.as_bytes() for mail in server.received}) == 1
        assert [m.state for m in AlertBook(alert_file(data)).messages()] == ["sent"]
        assert not book.waiting()
