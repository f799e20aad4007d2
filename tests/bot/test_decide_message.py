"""What follows from a message: the decision table in its users' words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.decide import decide_message
from bot.model import (
    CHANNEL_SCOPE,
    EVERYTHING,
    AnswerKind,
    Assurance,
    Channel,
    Context,
    Conversation,
    Decision,
    EntryKind,
    Hold,
    InboundMessage,
    Intent,
    MessageKind,
    ProviderIntent,
    Question,
    Reading,
    ReviewCause,
    Scope,
    ScopeKind,
    SentMessage,
    Standing,
    Suppression,
    Verdict,
)
from bot.policy import AskReason, ConfirmedBy, Policy, Program, Sender, Topic, sender_key
from tests.kit import ANN, GB_ANN, NOW, POLICY, US, mail, reading, sms, voice

NEWSLETTER = Scope(ScopeKind.TOPIC, "newsletter")


def stopped(scope: Scope = CHANNEL_SCOPE, *flags: str, hold: Hold = Hold.STOPPED) -> Suppression:
    return Suppression(scope=scope, hold=hold, since=NOW, entry_id="e1", flags=frozenset(flags))


def decide(
    message: InboundMessage,
    read_as: Reading | Intent,
    *holds: Suppression,
    policy: Policy = POLICY,
    conversation: Conversation | None = None,
    last_send: SentMessage | None = None,
    recent_answers: int = 0,
    linked_everything: bool = False,
    last_opt_in_at: datetime | None = None,
) -> Decision:
    standing = Standing(
        suppressions=holds,
        conversation=conversation or Conversation(),
        last_send=last_send,
        recent_answers=recent_answers,
        linked_everything=linked_everything,
        last_opt_in_at=last_opt_in_at,
    )
    said = read_as if isinstance(read_as, Reading) else reading(read_as)
    return decide_message(message, said, standing, voice(policy), NOW)


def with_sender(**more: object) -> Policy:
    sender = Sender(id=US, channel=Channel.SMS, program="shoes", **more)  # type: ignore[arg-type]
    programs = {"shoes": Program(name="shoes", title="Acme Shoes")}
    return replace(POLICY, senders={sender_key(Channel.SMS, US): sender}, programs=programs)


def test_a_stop_blocks_the_channel_and_is_confirmed_once() -> None:
    decision = decide(sms("stop"), Intent.OPT_OUT)
    assert [(one.scope, one.hold) for one in decision.changes] == [(CHANNEL_SCOPE, Hold.STOPPED)]
    assert decision.entries[0].kind is EntryKind.OPTED_OUT
    assert decision.answer is not None
    assert decision.answer.kind is AnswerKind.OPTED_OUT
    assert decision.answer.confirmation
    assert decision.answer.expires_at == NOW + timedelta(minutes=5)
    assert "Acme" in decision.answer.text


def test_a_stop_that_adds_nothing_is_recorded_and_not_answered() -> None:
    decision = decide(sms("stop"), Intent.OPT_OUT, stopped())
    assert decision.outcome == "already_opted_out"
    assert decision.answer is None
    assert decision.changes == ()
    assert decision.entries[0].facts["repeats"] is True


def test_everything_is_more_than_the_channel() -> None:
    decision = decide(sms("stop all"), Intent.OPT_OUT_ALL, stopped())
    assert decision.changes[0].scope == EVERYTHING
    assert decision.answer is not None
    assert decision.answer.kind is AnswerKind.OPTED_OUT_ALL


def test_a_named_topic_is_all_that_stops() -> None:
    policy = replace(POLICY, topics={"newsletter": Topic(name="newsletter", title="Newsletter")})
    decision = decide(
        sms("no newsletter"), reading(Intent.OPT_OUT, scope=NEWSLETTER), policy=policy
    )
    assert decision.changes[0].scope == NEWSLETTER
    assert decision.answer is not None
    assert decision.answer.kind is AnswerKind.OPTED_OUT_SCOPE
    assert "Newsletter" in decision.answer.text


@pytest.mark.parametrize(
    ("message", "policy"),
    [
        (sms("stop", provider_replied=True, provider_intent=ProviderIntent.STOP), POLICY),
        (
            sms("stop", provider_keyword=True),
            with_sender(confirmed_by=ConfirmedBy.PROVIDER_KEYWORDS),
        ),
        (sms("pls no more"), with_sender(confirmed_by=ConfirmedBy.PROVIDER)),
        (sms("pls no more"), with_sender(confirmed_by=ConfirmedBy.NOBODY)),
        (mail("stop", assurance=Assurance.UNVERIFIED), POLICY),
        (mail("stop", kind=MessageKind.COMPLAINT), POLICY),
    ],
    ids=["provider-said-so", "its-keyword", "network", "nobody", "unproved-mail", "complaint"],
)
def test_heed_is_silent_where_it_must_not_speak_and_blocks_all_the_same(
    message: InboundMessage, policy: Policy
) -> None:
    decision = decide(message, Intent.OPT_OUT, policy=policy)
    assert decision.outcome == "opted_out"
    assert decision.changes[0].hold is Hold.STOPPED
    assert decision.answer is None


def test_free_words_to_a_default_filtered_number_are_ours_to_confirm() -> None:
    policy = with_sender(confirmed_by=ConfirmedBy.PROVIDER_KEYWORDS)
    decision = decide(sms("pls take me off"), Intent.OPT_OUT, policy=policy)
    assert decision.answer is not None
    assert "Acme Shoes" in decision.answer.text


def test_too_many_answers_in_a_day_look_like_a_loop() -> None:
    cap = POLICY.answers_a_day
    assert decide(sms("help"), Intent.HELP, recent_answers=cap).answer is None
    assert decide(sms("stop"), Intent.OPT_OUT, recent_answers=cap).answer is not None
    decision = decide(sms("stop"), Intent.OPT_OUT, recent_answers=5 * cap)
    assert decision.outcome == "opted_out"
    assert decision.answer is None


# --- the reason ----------------------------------------------------------------------------------


def test_the_reason_is_never_asked_in_a_text_to_plus_one() -> None:
    decision = decide(sms("stop"), Intent.OPT_OUT)
    assert decision.answer is not None
    assert decision.answer.question is Question.NONE
    assert decision.conversation is None or decision.conversation.asked is Context.NONE


def test_the_reason_is_asked_once_where_it_may_be() -> None:
    decision = decide(sms("stop", who=GB_ANN), Intent.OPT_OUT)
    assert decision.answer is not None
    assert decision.answer.question is Question.REASON
    assert decision.conversation is not None
    assert decision.conversation.asked is Context.REASON_ASKED
    assert decision.conversation.asked_until == NOW + timedelta(hours=24)


def test_a_reason_that_was_given_with_the_stop_is_not_asked_for() -> None:
    from bot.model import Reason

    decision = decide(
        sms("stop, too many", who=GB_ANN), reading(Intent.OPT_OUT, reason=Reason.TOO_MANY)
    )
    assert decision.answer is not None
    assert decision.answer.question is Question.NONE
    assert decision.entries[0].facts["reason"] == "too_many"


def test_an_operator_may_never_or_always_ask() -> None:
    never = decide(
        sms("stop", who=GB_ANN), Intent.OPT_OUT, policy=with_sender(ask_reason=AskReason.NEVER)
    )
    always = decide(sms("stop"), Intent.OPT_OUT, policy=with_sender(ask_reason=AskReason.ALWAYS))
    assert never.answer is not None
    assert never.answer.question is Question.NONE
    assert always.answer is not None
    assert always.answer.question is Question.REASON


def test_a_reason_is_kept_with_its_category_and_a_text_gets_no_second_message() -> None:
    asked = Conversation(asked=Context.REASON_ASKED)
    decision = decide(sms("too many", who=GB_ANN), Intent.REASON, stopped(), conversation=asked)
    assert decision.entries[0].kind is EntryKind.REASON_GIVEN
    assert decision.entries[0].words == "too many"
    assert decision.answer is None
    assert decision.conversation is not None
    assert decision.conversation.asked is Context.NONE


# --- the way back --------------------------------------------------------------------------------


def test_start_lifts_what_the_same_address_stopped() -> None:
    decision = decide(sms("start"), Intent.OPT_IN, stopped(), stopped(NEWSLETTER))
    assert decision.outcome == "opted_in"
    assert {(str(one.scope), one.hold) for one in decision.changes} == {
        ("channel", None),
        ("topic:newsletter", None),
    }
    assert decision.answer is not None
    assert decision.answer.kind is AnswerKind.OPTED_IN
    assert not decision.answer.confirmation


@pytest.mark.parametrize(
    ("start", "recorded"),
    [
        (sms("start"), NOW + timedelta(microseconds=1)),
        (sms("start", occurred_at=NOW - timedelta(minutes=30)), NOW - timedelta(minutes=20)),
    ],
    ids=["received-before-the-stop-was-committed", "sent-before-the-stop"],
)
def test_a_start_that_is_older_than_the_stop_lifts_nothing(
    start: InboundMessage, recorded: datetime
) -> None:
    stop = replace(stopped(), since=min(recorded, NOW), recorded_at=recorded)
    decision = decide(start, Intent.OPT_IN, stop)
    assert decision.changes == ()
    assert decision.review is not None
    assert decision.review.cause is ReviewCause.RESTART


def test_start_without_a_stop_changes_nothing_and_gets_help() -> None:
    decision = decide(sms("start"), Intent.OPT_IN)
    assert decision.changes == ()
    assert decision.answer is not None
    assert decision.answer.kind is AnswerKind.NOT_SUBSCRIBED


@pytest.mark.parametrize("flag", ["complaint", "erasure"])
def test_start_after_a_complaint_or_an_erasure_goes_to_a_person(flag: str) -> None:
    decision = decide(sms("start"), Intent.OPT_IN, stopped(CHANNEL_SCOPE, flag))
    assert decision.changes == ()
    assert decision.review is not None
    assert decision.review.cause is ReviewCause.RESTART


def test_start_does_not_undo_an_everything_said_elsewhere() -> None:
    decision = decide(sms("start"), Intent.OPT_IN, linked_everything=True)
    assert decision.changes == ()
    assert decision.review is not None


def test_a_mail_that_proves_nothing_may_stop_but_not_start() -> None:
    decision = decide(mail("start", assurance=Assurance.UNVERIFIED), Intent.OPT_IN, stopped())
    assert decision.changes == ()
    assert decision.answer is None


def test_yes_opts_in_only_where_we_offered_it() -> None:
    yes = reading(Intent.AMBIGUOUS, rule="keyword:yes")
    offer = SentMessage(sender=US, topic="", lang="en", sent_at=NOW, choices=("YES", "NO"))
    assert decide(sms("yes"), yes, stopped()).changes == ()
    assert decide(sms("yes"), yes, stopped(), last_send=offer).outcome == "opted_in"


def test_a_stop_sent_before_a_start_that_arrived_first_is_held_for_a_person() -> None:
    late = decide(
        sms("stop", occurred_at=NOW - timedelta(minutes=1)), Intent.OPT_OUT, last_opt_in_at=NOW
    )
    fresh = decide(
        sms("stop", occurred_at=NOW + timedelta(minutes=1)), Intent.OPT_OUT, last_opt_in_at=NOW
    )
    assert late.outcome == "held"
    assert late.review is not None
    assert late.review.cause is ReviewCause.LATE_STOP
    assert fresh.outcome == "opted_out"


# --- the unclear ones ----------------------------------------------------------------------------


def test_what_may_be_a_stop_is_blocked_until_a_person_decides() -> None:
    decision = decide(sms("hm"), reading(Intent.AMBIGUOUS, may_be_stop=True))
    assert [(one.scope, one.hold) for one in decision.changes] == [(CHANNEL_SCOPE, Hold.HELD)]
    assert decision.review is not None
    assert decision.review.holds == CHANNEL_SCOPE
    assert decision.review.due_at == NOW + POLICY.clocks.hold
    assert decision.answer is None


def test_what_is_no_stop_only_opens_a_review() -> None:
    decision = decide(sms("yes"), Intent.AMBIGUOUS)
    assert decision.changes == ()
    assert decision.review is not None
    assert decision.review.holds is None


def test_a_clear_word_settles_what_was_open() -> None:
    assert decide(sms("stop"), Intent.OPT_OUT).settles is Verdict.OPT_OUT
    held = stopped(hold=Hold.HELD)
    assert decide(sms("start"), Intent.OPT_IN, held).settles is Verdict.NOT_OPT_OUT


def test_a_doubt_about_somebody_already_blocked_asks_nobody() -> None:
    decision = decide(sms("hm"), reading(Intent.AMBIGUOUS, may_be_stop=True), stopped())
    assert decision.review is None


def test_a_wrong_number_is_blocked_and_the_profile_is_seen_to() -> None:
    decision = decide(sms("wrong number"), Intent.WRONG_NUMBER)
    assert decision.changes[0].flags == {"reassigned"}
    assert decision.review is not None
    assert decision.review.cause is ReviewCause.WRONG_NUMBER
    assert decision.answer is not None
    assert decision.answer.question is Question.NONE


def test_an_erasure_blocks_at_once_and_has_a_month() -> None:
    decision = decide(sms("delete my data"), Intent.ERASURE)
    assert decision.changes[0].hold is Hold.STOPPED
    assert decision.review is not None
    assert decision.review.due_at == NOW + timedelta(days=30)


PROMOTIONS = Scope(ScopeKind.TOPIC, "promotions")


def test_start_promotions_lifts_the_stop_of_promotions_alone() -> None:
    asks = reading(Intent.OPT_IN, scope=PROMOTIONS)
    decision = decide(sms("start promotions"), asks, stopped(PROMOTIONS), stopped(NEWSLETTER))
    assert [change.scope for change in decision.changes] == [PROMOTIONS]
    assert decision.entries[0].scope == PROMOTIONS


def test_start_promotions_under_a_stop_of_the_channel_is_for_a_person() -> None:
    asks = reading(Intent.OPT_IN, scope=PROMOTIONS)
    decision = decide(sms("start promotions"), asks, stopped())
    assert decision.changes == ()
    assert decision.review is not None
    assert decision.review.cause is ReviewCause.RESTART


def test_a_question_about_ones_own_data_goes_to_a_person_who_has_a_month() -> None:
    decision = decide(sms("what do you have on me"), reading(Intent.OTHER, privacy_request=True))
    assert decision.review is not None
    assert decision.review.cause is ReviewCause.PRIVACY
    assert decision.review.due_at == NOW + timedelta(days=30)
    assert (decision.changes, decision.answer) == ((), None)
    assert decision.entries[0].facts["privacy_request"] is True


def test_who_we_are_is_answered_at_once_and_the_rest_by_a_person() -> None:
    asks = reading(Intent.HELP, privacy_request=True)
    decision = decide(sms("where did you get my number"), asks)
    assert decision.answer is not None
    assert decision.answer.kind is AnswerKind.HELP
    assert decision.review is not None
    by_mail = decide(mail("where did you get my address"), asks)
    assert by_mail.answer is None
    assert by_mail.notices


@pytest.mark.parametrize("holds", [(), (stopped(),)])
def test_a_stop_that_also_asks_about_data_is_a_stop_and_a_question(
    holds: tuple[Suppression, ...],
) -> None:
    asks = reading(Intent.OPT_OUT, privacy_request=True)
    decision = decide(sms("stop. what do you have on me"), asks, *holds)
    assert decision.entries[0].kind is EntryKind.OPTED_OUT
    assert decision.review is not None
    assert decision.review.cause is ReviewCause.PRIVACY


def test_less_is_not_none() -> None:
    decision = decide(sms("too often, once a month is fine"), Intent.LESS)
    assert decision.changes == ()
    assert decision.review is not None
    assert decision.review.cause is ReviewCause.LESS


def test_help_is_given_and_changes_nothing() -> None:
    decision = decide(sms("help"), Intent.HELP)
    assert decision.entries[0].kind is EntryKind.HEARD
    assert decision.answer is not None
    assert decision.answer.kind is AnswerKind.HELP
    assert "help@example.com" in decision.answer.text


# --- nothing is dropped --------------------------------------------------------------------------


def test_everything_else_reaches_the_people() -> None:
    by_text = decide(sms("can I stop by at 5?"), Intent.OTHER)
    by_mail = decide(mail("do you have it in blue?"), Intent.OTHER)
    assert by_text.notices[0].facts["text"] == "can I stop by at 5?"
    assert by_mail.notices[0].raw is not None
    assert by_mail.changes == ()


def test_a_mail_that_could_not_be_read_is_held_for_a_person() -> None:
    decision = decide(mail("?", unread="took_too_long"), Intent.AMBIGUOUS)
    assert decision.outcome == "held"
    assert decision.notices[0].raw is not None


def test_a_text_longer_than_is_read_goes_to_a_person_unless_it_says_stop() -> None:
    assert decide(sms("a" * 9, cut=True), Intent.OTHER).outcome == "review"
    assert decide(sms("stop", cut=True), Intent.OPT_OUT).outcome == "opted_out"


def test_a_text_that_is_not_whole_protects_by_what_it_may_say_and_lifts_nothing() -> None:
    unclear = decide(sms("hm", cut=True), reading(Intent.AMBIGUOUS, may_be_stop=True))
    assert unclear.outcome == "held"
    start = decide(sms("start", cut=True), Intent.OPT_IN, stopped())
    assert (start.outcome, start.changes) == ("review", ())


def test_a_picture_alone_is_looked_at_by_a_person() -> None:
    decision = decide(sms("", media_count=1), Intent.OTHER)
    assert decision.review is not None
    assert decision.review.cause is ReviewCause.MEDIA


@pytest.mark.parametrize("intent", [Intent.OPT_OUT, Intent.ERASURE, Intent.OTHER])
def test_an_automatic_reply_never_opts_anyone_out(intent: Intent) -> None:
    decision = decide(mail("stop", kind=MessageKind.AUTO_REPLY), intent)
    assert decision.outcome == "auto_reply"
    assert decision.changes == ()
    assert decision.answer is None


def test_a_bounce_is_no_opt_out() -> None:
    assert decide(mail("", kind=MessageKind.BOUNCE), Intent.OPT_OUT).changes == ()


def test_no_fact_holds_the_persons_words_or_address() -> None:
    decision = decide(sms("my secret words, stop"), Intent.OPT_OUT)
    for entry in decision.entries:
        assert "secret" not in str(entry.facts)
        assert ANN.value not in str(entry.facts)
