"""How a message leaves: e-mail over SMTP, or a signed webhook. Both carry the message's id, so that a repeat is known.

The webhook follows the Standard Webhooks specification 1.0 (standardwebhooks.com): headers ``webhook-id``,
``webhook-timestamp`` and ``webhook-signature``, HMAC-SHA256 over ``id.timestamp.body``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import smtplib
import ssl
from collections.abc import Collection
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from pipeline.alerts.book import Message
from pipeline.alerts.config import Smtp
from pipeline.errors import ChengqingError, UsageError
from pipeline.escape import for_terminal
from pipeline.outgoing import connected, target

TIMEOUT_SECONDS = 15.0


class NotSent(ChengqingError):  # noqa: N818  it names what happened
    """A message did not leave; ``final`` says that trying again would not help."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


def mail(message: Message, to: str, sender: str) -> EmailMessage:
    """The message as an e-mail; headers hold one line each, whatever a stranger wrote."""
    host = sender.rpartition("@")[2]
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"] = sender, to
    made["Subject"] = for_terminal(str(message.content["subject"]))
    made["Date"] = format_datetime(message.made_at)
    made["Message-ID"] = f"<{message.message_id}@{host}>"
    made["Auto-Submitted"] = "auto-generated"
    made["Content-Language"] = str(message.content["language"])
    made.set_content(str(message.content["text"]), charset="utf-8", cte="base64")
    return made


def send_mail(message: Message, to: str, server: Smtp, password: str | None) -> None:
    """Hand the e-mail to the mail server; raises ``NotSent``."""
    made = mail(message, to, server.sender)
    if server.user and not password:
        raise NotSent(f"{server.host} wants {server.user} to sign in: put smtp_password into secrets.toml")
    try:
        with _connected(server) as connection:
            if server.user and password:
                connection.login(server.user, password)
            connection.send_message(made)
    except ssl.SSLCertVerificationError as error:
        raise NotSent(
            f"{server.host}:{server.port}: its certificate is not trusted ({error.verify_message}); "
            "mend the certificate or the name, or name your own authority in [smtp] as ca_file"
        ) from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise NotSent(f"{to}: refused with {codes}", final=all(c >= 500 for c in codes)) from error
    except smtplib.SMTPResponseException as error:
        told = f"{server.host}: {error.smtp_code} {error.smtp_error!r}"
        raise NotSent(
            told, final=isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"{server.host}:{server.port}: {error}") from error


def _trust(server: Smtp) -> ssl.SSLContext:
    """Names and certificates are always checked, against this machine's authorities or the one that is named."""
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise NotSent(
            f"ca_file {server.ca_file} cannot be used ({error}): name a PEM file of an authority"
        ) from error


def _connected(server: Smtp) -> smtplib.SMTP:
    context = _trust(server)
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        if server.security == "starttls":
            connection.starttls(context=context)
    except BaseException:
        connection.close()
        raise
    return connection


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """``v1,`` and the HMAC, as Standard Webhooks has it; ``secret`` may be written as ``whsec_`` and base64."""
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")


def send_webhook(message: Message, url: str, secret: str, allowed: Collection[str], now: datetime) -> None:
    """Post the message; raises ``NotSent``. Follows no redirect and connects to no private network."""
    body = json.dumps(dict(message.content), ensure_ascii=False, sort_keys=True).encode()
    timestamp = int(now.timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Chengqing alerts",
        "webhook-id": message.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message.message_id, timestamp, body),
    }
    host = urlsplit(url).hostname
    try:
        connection = connected(url, allowed, TIMEOUT_SECONDS)
        try:
            connection.request("POST", target(url), body, headers)
            status = connection.getresponse().status
        finally:
            connection.close()
    except UsageError as error:
        raise NotSent(str(error), final=True) from error
    except (OSError, http.client.HTTPException) as error:
        raise NotSent(f"{host}: {error}") from error
    if not 200 <= status < 300:
        raise NotSent(f"{host} answered {status}", final=status == 410)  # 410: it wants no more
