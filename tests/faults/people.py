"""Those who write, and how what they wrote is brought: as Twilio, Postfix and a CRM bring it."""

from __future__ import annotations

import http.client
import itertools
import json
import random
import smtplib
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from handlers.providers.twilio import sign

ORIGIN = "https://optout.example.com"
ACCOUNT, TOKEN, API_KEY = "AC1", "a-token-for-the-faults", "a-key-of-the-crm"
SENDER, MAILBOX, AUTHSERV = "+12025550199", "optout@example.org", "mx.example.org"
AREAS = (201, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225,
         228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256)  # fmt: skip
STOPS = ("STOP", "pls stop txting me", "unsubscribe", "take me off this list")
START = "START"
TWILIO_TRIES = 4
"""`#rc=3&rp=5xx,ct,rt`: the first and three more, within 15 s; then Twilio gives up."""
TIMEOUT_S = 15.0


@dataclass(slots=True, kw_only=True)
class Message:
    """`event_id` is the carrier's own. `texts` are the answers in the response that was taken."""

    event_id: str
    text: str
    taken: bool = False
    tries: int = 0
    texts: int = 0

    @property
    def is_start(self) -> bool:
        return self.text == START


@dataclass(slots=True, kw_only=True)
class Person:
    """What one person wrote, in order: nobody writes again before the last one is answered."""

    carrier: str
    address: str
    messages: list[Message] = field(default_factory=list)


class Refused(Exception):  # noqa: N818 - the carrier's word
    """For good: a carrier would bounce it."""


def numbers(offset: int) -> Iterator[str]:
    """Numbers that nobody has; every second one, so that two carriers never share a person."""
    for index in itertools.count(offset, 2):
        area, rest = divmod(index, 100)
        yield f"+1{AREAS[area % len(AREAS)]}555{100 + rest:04d}"


class Carrier(threading.Thread, ABC):
    """Brings one message after the other until `enough` is set. `people` are those it spoke for."""

    name_ = ""

    def __init__(
        self, port: int, seed: int, people: Iterator[str], enough: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.people: list[Person] = []
        self.refused: list[str] = []
        self.given_up = 0
        self._port = port
        self._chance = random.Random(seed)
        self._addresses = people
        self._enough = enough
        self._late = threading.Event()

    def run(self) -> None:
        while not self._enough.is_set():
            person = Person(carrier=self.name_, address=next(self._addresses))
            self.people.append(person)
            for text in self._script():
                event_id = f"{self.name_}{self._chance.getrandbits(96):024x}"
                message = Message(event_id=event_id, text=text)
                person.messages.append(message)
                self._bring(person, message)
                if not message.taken:
                    break  # whoever got no answer does not write the next one
                self._late.wait(self._chance.uniform(0.01, 0.08))

    def give_up(self) -> None:
        """The run is over: what was not taken by now never will be."""
        self._late.set()

    def _script(self) -> Sequence[str]:
        return (self._chance.choice(STOPS),)

    def _bring(self, person: Person, message: Message) -> None:
        while not self._late.is_set():
            message.tries += 1
            try:
                message.taken = self._try(person, message)
            except Refused as refusal:
                self.refused.append(str(refusal))
                return
            except (OSError, http.client.HTTPException, smtplib.SMTPException):
                message.taken = False
            if message.taken:
                return
            if self._is_last(message.tries):
                break
            self._late.wait(self._chance.uniform(0.2, 1.0) * min(message.tries, 4))
        self.given_up += 1

    def _is_last(self, tries: int) -> bool:
        del tries
        return False

    @abstractmethod
    def _try(self, person: Person, message: Message) -> bool:
        """Whether it was taken.

        Raises:
            Refused: for good.
            OSError, HTTPException, SMTPException: nobody knows.
        """


class Twilio(Carrier):
    name_ = "SM"

    def _script(self) -> Sequence[str]:
        first, second = self._chance.choice(STOPS), self._chance.choice(STOPS)
        return self._chance.choice(
            ((first,), (first,), (first, second), (first, START, second), (first, START))
        )

    def _is_last(self, tries: int) -> bool:
        return tries == TWILIO_TRIES

    def _try(self, person: Person, message: Message) -> bool:
        form = {
            "MessageSid": message.event_id,
            "AccountSid": ACCOUNT,
            "From": person.address,
            "To": SENDER,
            "Body": message.text,
        }
        signature = sign(TOKEN, f"{ORIGIN}/webhooks/twilio", form)
        status, body = _post(
            self._port,
            "/webhooks/twilio",
            urlencode(form),
            {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"},
        )
        if 400 <= status < 500:
            raise Refused(f"twilio {status}")
        message.texts = body.count(b"<Message>") if status == 200 else 0
        return status == 200


class Crm(Carrier):
    """A company's system that reports opt-outs heard by phone, with a key, until it is told 2xx."""

    name_ = "crm"

    def _try(self, person: Person, message: Message) -> bool:
        heard = {"address": person.address, "words": message.text, "confirm": True}
        status, body = _post(
            self._port,
            "/v1/opt-outs",
            json.dumps({**heard, "sender": SENDER}),
            {
                "Authorization": f"Bearer {API_KEY}",
                "Content-Type": "application/json",
                "Idempotency-Key": message.event_id,
            },
        )
        if 400 <= status < 500:
            raise Refused(f"api {status} {body[:200]!r}")
        return status in (200, 201)


class Postfix(Carrier):
    """Keeps a mail in its queue and comes again until 250; a 5xx it would bounce."""

    name_ = "mail"

    def _try(self, person: Person, message: Message) -> bool:
        mail = (
            f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from=example.com\r\n"
            f"From: {person.address}\r\nTo: {MAILBOX}\r\nSubject: Re: news\r\n"
            f"Message-ID: <{message.event_id}@example.com>\r\n\r\n{message.text}\r\n"
        )
        try:
            with smtplib.SMTP("127.0.0.1", self._port, timeout=TIMEOUT_S) as smtp:
                smtp.sendmail(person.address, [MAILBOX], mail.encode())
        except smtplib.SMTPRecipientsRefused as refusal:
            code = next(iter(refusal.recipients.values()))[0]
            if code >= 500:
                raise Refused(f"smtp {code}") from None
            return False
        except smtplib.SMTPResponseException as refusal:
            if refusal.smtp_code >= 500:
                raise Refused(f"smtp {refusal.smtp_code}") from None
            return False
        return True


def mailboxes(offset: int) -> Iterator[str]:
    return (f"person{number}@example.com" for number in itertools.count(offset, 2))


def _post(port: int, path: str, body: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """The answer, if it came whole."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("POST", path, body.encode(), headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
