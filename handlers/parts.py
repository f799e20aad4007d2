"""Where the parts are joined; every process and every test builds its own set here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial

from bot.answer_texts import AnswerTextError
from bot.decide.answers import Voice
from bot.model import Channel, Context, Intent, Reading
from bot.policy import Policy
from bot.reading import Words, read
from bot.wording import load_answers
from handlers import mailservices, policies, providers
from handlers.desk import Desk, Reader
from handlers.email.settings import MailSettings, mail_settings
from handlers.mail_service import MailService
from handlers.policy_file import PolicyFile, policy_of
from handlers.ports import Provider
from handlers.recorder import Routes
from handlers.settings import Faults, Settings, SettingsError
from handlers.slack.settings import SlackSettings, slack_settings
from storage import Store, open_store

SHORT = 40  # characters; longer texts hardly come twice
READINGS = 4096


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`close` drains the store; nothing acknowledged waits elsewhere."""

    settings: Settings
    policy: Policy
    voice: Voice
    store: Store
    desk: Desk
    providers: Mapping[str, Provider]
    mail_services: Mapping[str, MailService]
    slack: SlackSettings | None
    mail: MailSettings
    words: Words
    clock: Callable[[], datetime]

    def close(self) -> None:
        self.store.close()


def join(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> Parts:
    """Build the parts of one process.

    Raises:
        SettingsError: settings or `heed.toml` are wrong; one line for each fault.
        StoreError: the database does not open; its message says why.
    """
    faults = Faults()
    file = PolicyFile()
    with faults.gathered():
        file = policy_of(settings.env, demo=settings.demo)
        voice = voice_of(file, source=str(settings.config))
    with faults.gathered():
        found = providers.configured(settings, file.accounts)
    with faults.gathered():
        services = mailservices.configured(settings)
    with faults.gathered():
        slack = slack_settings(settings)
    with faults.gathered():
        mail = mail_settings(settings)
    faults.tell()
    words = operator_words(file)
    store = open_store(settings.store_url, secret_keys=settings.secret_key, clock=clock)
    policies.keep(store, file)
    desk = Desk(
        store=store,
        voice=voice,
        reader=reader(words),
        clock=clock,
        routes=Routes(
            review_channel=slack.review_channel if slack else "",
            providers={
                Channel.EMAIL: "smtp",
                Channel.SLACK: "slack",
                **{channel: next(iter(found), "") for channel in (Channel.SMS, Channel.WHATSAPP)},
            },
        ),
    )
    return Parts(
        settings=settings,
        policy=file.policy,
        voice=voice,
        store=store,
        desk=desk,
        providers=found,
        mail_services=services,
        slack=slack,
        mail=mail,
        words=words,
        clock=clock,
    )


def voice_of(file: PolicyFile, *, source: str) -> Voice:
    """The company's voice, with the operator's own texts in place of ours.

    Raises:
        SettingsError: a text lacks what it must say, or can never fit its channel.
    """
    try:
        answers = load_answers(file.answers, source=source)
    except AnswerTextError as fault:
        raise SettingsError(str(fault)) from None
    return Voice(policy=file.policy, answers=answers)


def operator_words(file: PolicyFile) -> Words:
    """The operator's lists, and what people call the topics and programs."""
    topics, programs = file.policy.topics, file.policy.programs
    return replace(
        file.words,
        topics={name: (topic.title, *topic.words) for name, topic in topics.items()},
        programs={name: (program.title, *program.words) for name, program in programs.items()},
    )


def reader(words: Words) -> Reader:
    """`bot.reading.read` with the operator's further words.

    Most people write the same few words, so short texts are read once and remembered, in memory
    only and without whose they were.
    """
    addressed = {one.sender for one in words.narrower}
    remembered = lru_cache(maxsize=READINGS)(partial(read, words=words))

    def read_words(
        text: str,
        *,
        channel: Channel,
        context: Context,
        choices: tuple[str, ...],
        lang: str | None,
        sender: str = "",
        at: datetime | None = None,
    ) -> Reading:
        own = sender if sender in addressed else ""
        fresh = partial(
            remembered.__wrapped__,
            text, channel=channel, context=context, choices=choices, lang=lang, sender=own,
        )  # fmt: skip
        if len(text) > SHORT:
            return fresh(at=at)
        found = remembered(
            text, channel=channel, context=context, choices=choices, lang=lang, sender=own
        )
        return fresh(at=at) if found.intent is Intent.LESS else found  # a day is told by the clock

    return read_words
