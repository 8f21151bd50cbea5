"""From alerts to messages: grouped, held back in quiet hours and above the rate, stored, sent, tried again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from pipeline.alerts.book import Alert, AlertBook, Message
from pipeline.alerts.channels import NotSent, send_mail, send_webhook
from pipeline.alerts.config import AlertConfig, Recipient
from pipeline.alerts.text import content
from pipeline.errors import UsageError

GIVE_UP = timedelta(days=3)
LONGEST_WAIT = timedelta(hours=1)
SECRET_CHARS = 24
Secret = Callable[[str], str | None]


class Outbox:
    """Sends what waits; one per process, called from one thread."""

    def __init__(self, book: AlertBook, config: AlertConfig, secret: Secret) -> None:
        self.book, self.config, self.secret = book, config, secret
        self.people = {person.id: person for person in config.people}

    def flush(self, now: datetime) -> int:
        """Make the messages that are due and try those that wait; returns how many went out."""
        sending = self.book.messages("sending")
        busy = {(message.person, message.channel) for message in sending}
        recent = self.book.messages(since=now - timedelta(hours=1))
        for (person_id, channel), alerts in self.book.waiting().items():
            person = self.people.get(person_id)
            if person is None or channel not in person.channels or (person_id, channel) in busy:
                continue  # a message that cannot leave yet lets the next ones gather
            mine = [m.made_at for m in recent if (m.person, m.channel) == (person_id, channel)]
            chosen = self.chosen(person, alerts, mine, now)
            if chosen:
                sending.append(self._make(person, channel, chosen, now))
        return sum(self._try(message, now) for message in sending if message.next_at <= now)

    def chosen(
        self, person: Recipient, alerts: Sequence[Alert], made: Sequence[datetime], now: datetime
    ) -> list[Alert]:
        """Which alerts go into a message now; ``made`` are the person's messages of the last hour on the channel.

        The first goes at once; what follows within the grouping time waits for it to end. Urgent ones wait for
        neither that nor quiet hours. The rate holds for all: what it holds back is sent later, together.
        """
        if len(made) >= person.most_per_hour:
            return []
        urgent = [alert for alert in alerts if alert.urgent]
        if person.quiet is not None and person.quiet.holds(now):
            return urgent
        grouping = any(now - moment < self.config.group for moment in made)
        return urgent if grouping else list(alerts)

    def _make(self, person: Recipient, channel: str, alerts: Sequence[Alert], now: datetime) -> Message:
        """Store the message under an id that follows from what is in it."""
        told = "\n".join([person.id, channel, *(alert.key for alert in alerts)])
        message_id = "m-" + hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        made = content(alerts, person.language, self.config.desk)
        self.book.make(message_id, person.id, channel, made, alerts, now)
        return Message(message_id, person.id, channel, made, "sending", 0, now, now, None, None)

    def _try(self, message: Message, now: datetime) -> bool:
        try:
            self._send(message, now)
        except NotSent as error:
            over = error.final or now - message.made_at >= GIVE_UP
            wait = min(timedelta(minutes=1 << min(message.attempts, 10)), LONGEST_WAIT)
            state = "failed" if over else "sending"
            self.book.tried(message, state, next_at=now + wait, error=str(error))
            return False
        self.book.tried(message, "sent", next_at=now, sent_at=now)
        return True

    def _send(self, message: Message, now: datetime) -> None:
        person = self.people.get(message.person)
        if person is None or message.channel not in person.channels:
            raise NotSent(f"{message.person} is no longer told by {message.channel}", final=True)
        if message.channel == "email" and person.email and self.config.smtp:
            send_mail(message, person.email, self.config.smtp, self.secret("smtp_password"))
        elif message.channel == "webhook" and person.webhook:
            secret = self.webhook_secret(person)
            send_webhook(message, person.webhook, secret, self.config.allowed_hosts, now)

    def webhook_secret(self, person: Recipient) -> str:
        """The secret that signs a person's webhook; an alert never leaves unsigned."""
        name = f"alert_webhook_{person.id.replace('-', '_')}"
        found = self.secret(name)
        if found is None or len(found) < SECRET_CHARS:
            raise NotSent(
                f"secret {name} is missing or shorter than {SECRET_CHARS} characters: put it in secrets.toml"
            )
        return found


def secret_of(data_secret: Callable[[str], str | None]) -> Secret:
    """Secrets whose file cannot be used make a message wait, not the worker fail."""

    def get(name: str) -> str | None:
        try:
            return data_secret(name)
        except UsageError as error:
            raise NotSent(str(error)) from error

    return get
