"""What tests of alerts share: a real mail server, a real webhook receiver, and people to tell."""

from __future__ import annotations

import email
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message as Mail
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from pipeline.alerts.config import alerts_file
from pipeline.paths import DataDir

SECRET = "a-secret-of-more-than-24-characters"


class MailServer:
    """A real SMTP server on a free port; ``answer`` may be set to refuse, ``before`` and ``after`` to meddle.

    With an authority it speaks TLS under ``name``: from the first byte, or (``starttls``) after it was asked to.
    With a ``login`` it takes mail only from whoever signs in with it.
    """

    def __init__(
        self,
        authority: trustme.CA | None = None,
        *,
        starttls: bool = False,
        name: str = "localhost",
        login: tuple[str, str] | None = None,
    ) -> None:
        self.received: list[Mail] = []
        self.answer = "250 taken"
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None
        self.login = login
        with socket.socket() as probe:  # the library wants to know the port before it binds
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        given: dict[str, Any] = {}
        if authority:
            speaks = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            authority.issue_cert(name).configure_cert(speaks)
            given = {"tls_context": speaks, "require_starttls": True} if starttls else {"ssl_context": speaks}
        if login:
            given |= {"authenticator": self._signed_in, "auth_require_tls": starttls}
        self._controller = _Controller(self, hostname="127.0.0.1", port=self.port, **given)

    def _signed_in(self, server: Any, session: Any, envelope: Any, mechanism: str, told: Any) -> AuthResult:
        ok = isinstance(told, LoginPassword) and self.login == (told.login.decode(), told.password.decode())
        return AuthResult(success=ok, handled=ok)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.before()
        if self.login and not session.authenticated:
            return "530 sign in first"
        if self.answer.startswith("250"):
            self.received.append(email.message_from_bytes(envelope.content, policy=default))
        self.after()
        return self.answer

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.received]

    def texts(self) -> str:
        return "\n".join(mail.get_content() for mail in self.received)


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """The library's own check speaks TLS with the server's context, which cannot be a client's."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as plain:
            if self.ssl_context is None:
                return
            speaks = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            speaks.check_hostname, speaks.verify_mode = False, ssl.CERT_NONE
            with speaks.wrap_socket(plain) as client:
                client.recv(1024)


@contextmanager
def mail_server(authority: trustme.CA | None = None, **more: Any) -> Iterator[MailServer]:
    server = MailServer(authority, **more)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Receiver(ThreadingHTTPServer):
    """A real HTTP server that keeps what is posted to it."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        super().__init__(("127.0.0.1", 0), _Posted)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?room=1"


class _Posted(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", self.server.url)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """No line per post."""


@contextmanager
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def write_alerts(data: DataDir, text: str, *, port: int = 25, group_minutes: int = 10) -> None:
    """An alerts file whose mail server is the test's, and the secret of everybody's webhook."""
    smtp = f'[smtp]\nhost = "127.0.0.1"\nport = {port}\nsender = "desk@example.org"\nsecurity = "none"\n'
    head = f'group_minutes = {group_minutes}\nallowed_hosts = ["127.0.0.1"]\ndesk = "https://desk.example.org/"\n'
    data.root.mkdir(exist_ok=True)
    alerts_file(data).write_text(head + smtp + text, encoding="utf-8")
    secrets = data.root / "secrets.toml"
    secrets.touch(0o600)
    secrets.write_text(f'alert_webhook_room = "{SECRET}"\n', encoding="utf-8")
