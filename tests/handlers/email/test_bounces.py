"""Bounces of many mail systems: whom they name, and whether it is for good."""

from __future__ import annotations

import pytest

from bot.model import MessageKind
from handlers.email.parse import parse_mail

HEAD = "From: {sender}\nTo: bounces@example.net\nSubject: {subject}\n"
ORIGINAL = "From: Shop <offers@example.net>\nTo: ann@example.org\nSubject: 20% off\nMessage-ID: <m1@example.net>\n"


def _plain(sender: str, subject: str, body: str, extra: str = "") -> bytes:
    head = HEAD.format(sender=sender, subject=subject) + extra
    return f"{head}\n{body}".replace("\n", "\r\n").encode()


def _report(status: str, *, text: str = "See below.", original: str = ORIGINAL) -> bytes:
    return (
        (
            HEAD.format(
                sender="Mail Delivery <MAILER-DAEMON@mx.example.com>", subject="Undeliverable"
            )
            + 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            f"--b\n\n{text}\n\n--b\nContent-Type: message/delivery-status\n\n{status}\n"
            f"--b\nContent-Type: text/rfc822-headers\n\n{original}\n--b--\n"
        )
        .replace("\n", "\r\n")
        .encode()
    )


FULL = "Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; {who}\nAction: {action}\nStatus: {status}\n"

REPORTS = {
    "unknown user": (
        FULL.format(who="ann@example.org", action="failed", status="5.1.1"),
        "ann@example.org",
        True,
    ),
    "angle brackets": (
        FULL.format(who="<ann@example.org>", action="Failed", status="5.1.1"),
        "ann@example.org",
        True,
    ),
    "delay": (
        FULL.format(who="ann@example.org", action="delayed", status="4.4.1"),
        "ann@example.org",
        False,
    ),
    "failed for a passing reason": (
        FULL.format(who="ann@example.org", action="failed", status="4.2.2"),
        "ann@example.org",
        False,
    ),
    "delay with class 5": (
        FULL.format(who="ann@example.org", action="delayed", status="5.0.0"),
        "ann@example.org",
        False,
    ),
    "status with comment": (
        FULL.format(who="ann@example.org", action="failed", status="5.0.0 (permanent failure)"),
        "ann@example.org",
        True,
    ),
    "no status, code in the diagnosis": (
        "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\nDiagnostic-Code: smtp; 452 mailbox full\n",
        "ann@example.org",
        False,
    ),
    "utf-8 address": (
        FULL.replace("rfc822", "utf-8").format(
            who="änn@example.org", action="failed", status="5.1.1"
        ),
        "änn@example.org",
        True,
    ),
    "utf-8 address in escapes": (
        FULL.replace("rfc822", "utf-8").format(
            who="\\x{E4}nn@example.org", action="failed", status="5.1.1"
        ),
        "änn@example.org",
        True,
    ),
    "forwarded on their side: we wrote to the first": (
        "Reporting-MTA: dns; x\n\nOriginal-Recipient: rfc822;ann@example.org\nFinal-Recipient: rfc822;hidden@example.com\nAction: failed\nStatus: 5.2.1\n",
        "ann@example.org",
        True,
    ),
    "only the original recipient": (
        "Reporting-MTA: dns; x\n\nOriginal-Recipient: rfc822;ann@example.org\nAction: failed\nStatus: 5.1.1\n",
        "ann@example.org",
        True,
    ),
    "a delivered one beside a failed one": (
        FULL.format(who="bo@example.org", action="relayed", status="2.0.0")
        + "\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1\n",
        "ann@example.org",
        True,
    ),
    "no blank line between the blocks": (
        "Reporting-MTA: dns; x\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1\n",
        "ann@example.org",
        True,
    ),
    "folded diagnosis": (
        "Final-Recipient: RFC822;\n ann@example.org\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp;\n 554 5.7.1\n rejected\n",
        "ann@example.org",
        True,
    ),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_delivery_report_names_recipient_and_finality(name: str) -> None:
    status, recipient, permanent = REPORTS[name]
    mail = parse_mail(_report(status))
    assert (mail.kind, mail.bounce_recipient, mail.permanent) == (
        MessageKind.BOUNCE,
        recipient,
        permanent,
    )
    assert mail.reply_text == ""


def test_a_report_of_success_is_no_bounce() -> None:
    mail = parse_mail(
        _report(FULL.format(who="ann@example.org", action="delivered", status="2.0.0"))
    )
    assert mail.kind is MessageKind.AUTO_REPLY


def test_a_report_with_an_empty_status_part_is_read_from_its_words() -> None:
    mail = parse_mail(_report("", text="<ann@example.org>: 550 5.1.1 no such user"))
    assert (mail.kind, mail.bounce_recipient, mail.permanent) == (
        MessageKind.BOUNCE,
        "ann@example.org",
        True,
    )


def test_the_token_of_the_reported_mail_is_found() -> None:
    original = ORIGINAL + "List-Unsubscribe: <mailto:optout+Tok3n@example.net>\n"
    mail = parse_mail(
        _report(FULL.format(who="x", action="failed", status="5.1.1"), original=original)
    )
    assert mail.token == "Tok3n"
    assert mail.bounce_recipient == "ann@example.org"


PROSE: dict[str, tuple[bytes, str, bool]] = {
    "qmail": (
        _plain(
            "MAILER-DAEMON@mx.example.com",
            "failure notice",
            "Hi. This is the qmail-send program at mx.example.com.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ann@example.org>:\n192.0.2.7 does not like recipient.\nRemote host said: 550 5.1.1 unknown user\nGiving up on 192.0.2.7.\n\n--- Below this line is a copy of the message.\n\n"
            + ORIGINAL,
        ),
        "ann@example.org",
        True,
    ),
    "qmail, connection never made": (
        _plain(
            "MAILER-DAEMON@mx.example.com",
            "failure notice",
            "Hi. This is the qmail-send program at mx.example.com.\nI'm afraid I wasn't able to deliver your message.\n\n<ann@example.org>:\nSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\nI'm not going to try again; this message has been in the queue too long.\n\n--- Below this line is a copy of the message.\n\n"
            + ORIGINAL,
        ),
        "ann@example.org",
        False,
    ),
    "exim with its header": (
        _plain(
            "Mail Delivery System <Mailer-Daemon@host.example.com>",
            "Mail delivery failed: returning message to sender",
            "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ann@example.org\n    Unrouteable address\n\n------ This is a copy of the message, including all the headers. ------\n\n"
            + ORIGINAL,
            "X-Failed-Recipients: ann@example.org\n",
        ),
        "ann@example.org",
        True,
    ),
    "exim warning": (
        _plain(
            "Mail Delivery System <Mailer-Daemon@host.example.com>",
            "Warning: message 1xY7Za-0004Gh-2k delayed 24 hours",
            "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue.\n\nThe address to which the message has not yet been delivered is:\n\n  ann@example.org\n    Delay reason: SMTP error: 451 greylisted\n\nNo action is required on your part. Delivery attempts will continue.\n",
        ),
        "ann@example.org",
        False,
    ),
    "old sendmail": (
        _plain(
            "Mail Delivery Subsystem <MAILER-DAEMON@sm.example.com>",
            "Returned mail: User unknown",
            "   ----- Transcript of session follows -----\n... while talking to mx.example.org.:\n>>> RCPT To:<ann@example.org>\n<<< 550 <ann@example.org>... User unknown\n550 ann@example.org... User unknown\n\n   ----- Unsent message follows -----\n"
            + ORIGINAL,
        ),
        "ann@example.org",
        True,
    ),
    "Exchange 2003": (
        _plain(
            "System Administrator <postmaster@example.com>",
            "Undeliverable: 20% off",
            "Your message\n\n  To:      ann@example.org\n  Subject: 20% off\n  Sent:    Thu, 5 Mar 2026 08:00:00 +0000\n\ndid not reach the following recipient(s):\n\nann@example.org on Thu, 5 Mar 2026 08:00:10 +0000\n    The recipient name is not recognized\n    <mx.example.com #5.1.1>\n",
        ),
        "ann@example.org",
        True,
    ),
    "Domino": (
        _plain(
            "postmaster@example.com",
            "DELIVERY FAILURE: User ann (ann@example.org) not listed in Domino Directory",
            "Your message\n\n  Subject: 20% off\n\nwas not delivered to:\n\n  ann@example.org\n\nbecause:\n\n  User ann (ann@example.org) not listed in Domino Directory\n",
        ),
        "ann@example.org",
        True,
    ),
    "DragonFly": (
        _plain(
            "MAILER-DAEMON <>",
            "Mail delivery failed",
            "This is the DragonFly Mail Agent v0.13 at df.example.com.\n\nThere was an error delivering your mail to <ann@example.org>.\n\nmx.example.org [192.0.2.9] did not like our RCPT TO:\n550 5.1.1 <ann@example.org>: Recipient address rejected: User unknown\n\nOriginal message headers follow.\n\n"
            + ORIGINAL,
        ),
        "ann@example.org",
        True,
    ),
    "a Japanese carrier": (
        _plain(
            "Postmaster@example.jp",
            "Mail System Error - Returned Mail",
            "このメールは自動送信です。\n\n次のあて先へのメッセージは届けることができませんでした。\n<ann@example.org>\n\nThe user(s) account is disabled. 550 User unknown\n",
        ),
        "ann@example.org",
        True,
    ),
    "OpenSMTPD": (
        _plain(
            "Mailer Daemon <MAILER-DAEMON@mx.example.com>",
            "Delivery status notification: error",
            "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\nann@example.org: 550 5.2.2 <ann@example.org>... Mailbox Full\n\n    Below is a copy of the original message:\n\n"
            + ORIGINAL,
        ),
        "ann@example.org",
        True,
    ),
    "given up without a code": (
        _plain(
            "MAILER-DAEMON@mx.example.com",
            "Delivery failure",
            "Message from mx.example.com.\nUnable to deliver message to the following address(es).\n\n<ann@example.org>:\nThe user's mailbox is full, over quota.\n\n--- Original message follows.\n\n"
            + ORIGINAL,
        ),
        "ann@example.org",
        True,
    ),
    "Groups": (
        _plain(
            "Mail Delivery Subsystem <mailer-daemon@example.com>",
            "Delivery Status Notification (Failure)",
            "Hello offers@example.net,\n\nWe're writing to let you know that the group you tried to contact (ann) may not exist, or you may not have permission to post messages to the group.\n\n----- Original message -----\n\nReceived: by 192.0.2.1\n"
            + ORIGINAL,
        ),
        "ann@example.org",
        True,
    ),
    "German prose": (
        _plain(
            "Mail Delivery System <mailer-daemon@example.de>",
            "Mail-Zustellung fehlgeschlagen: unzustellbar",
            "Ihre Nachricht konnte nicht zugestellt werden.\n\nan: ann@example.org\n\n550 Postfach unbekannt\n",
        ),
        "ann@example.org",
        True,
    ),
    "only in HTML": (
        _plain(
            "Microsoft Outlook <MicrosoftExchange1@example.com>",
            "Undeliverable: 20% off",
            "<html><body><p><b>Delivery has failed to these recipients:</b></p><p><a href='mailto:ann@example.org'>ann@example.org</a><br>The email address couldn't be found. 550 5.1.10</p></body></html>",
            "Content-Type: text/html\n",
        ),
        "ann@example.org",
        True,
    ),
    "fields in a text part": (
        _plain(
            "Mail System <mailer-daemon@workmail.example.com>",
            "Delivery failed",
            "Delivery has failed.\n\nTechnical report:\n\nReporting-MTA: dsn; x\n\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1\n",
        ),
        "ann@example.org",
        True,
    ),
}


@pytest.mark.parametrize("name", PROSE)
def test_a_bounce_in_prose_names_recipient_and_finality(name: str) -> None:
    raw, recipient, permanent = PROSE[name]
    mail = parse_mail(raw)
    assert (mail.kind, mail.bounce_recipient, mail.permanent) == (
        MessageKind.BOUNCE,
        recipient,
        permanent,
    )


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Delivery failed", "The parcel never came, delivery failed again. Please call me."),
        ("Undeliverable parcel", "My parcel is undeliverable, says the driver. Cancel the order."),
        ("Returned mail", "Please stop."),
        (
            "Re: Delivery Status Notification (Failure)",
            "Please do not write to this address, it bounces.",
        ),
    ],
)
def test_a_person_who_writes_of_failed_deliveries_is_no_bounce(subject: str, text: str) -> None:
    head = f"From: ann@example.org\nTo: a@example.net\nSubject: {subject}\n\n"
    quoted = "\n\nOn Tue, 24 Nov 2026 at 09:12, x@example.net wrote:\n> <bo@example.com>: 550 unknown user\n"
    for below in ("\n", quoted):
        mail = parse_mail(f"{head}{text}{below}".encode())
        assert (mail.kind, mail.reply_text) == (MessageKind.REPLY, text)


# --- complaints ----------------------------------------------------------------------------------


def _complaint(feedback: str) -> bytes:
    return (
        "From: fbl@example.com\nTo: abuse@example.net\nSubject: FW: 20% off\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        f"--b\n\nA report.\n\n--b\nContent-Type: message/feedback-report\n\n{feedback}\n\n"
        f"--b\nContent-Type: message/rfc822\n\n{ORIGINAL}List-Unsubscribe: <https://example.net/u>, <mailto:optout+abc.9@example.net?subject=x>\n\nstop\n--b--\n"
    ).encode()


@pytest.mark.parametrize("kind", ["abuse", "opt-out", "fraud", "other"])
def test_a_complaint_names_the_token_and_never_reads_as_words(kind: str) -> None:
    mail = parse_mail(
        _complaint(f"Feedback-Type: {kind}\nVersion: 1\nOriginal-Rcpt-To: <ann@example.org>")
    )
    assert (mail.kind, mail.token, mail.bounce_recipient) == (
        MessageKind.COMPLAINT,
        "abc.9",
        "ann@example.org",
    )
    assert mail.permanent is None
    assert mail.reply_text == ""


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_not_spam_is_no_complaint(kind: str) -> None:
    assert (
        parse_mail(_complaint(f"Feedback-Type: {kind}\nVersion: 1")).kind is MessageKind.AUTO_REPLY
    )


def test_whom_the_reported_mail_was_sent_to_complained_where_nothing_else_tells() -> None:
    mail = parse_mail(_complaint("Feedback-Type: abuse\nVersion: 1"))
    assert (mail.kind, mail.bounce_recipient) == (MessageKind.COMPLAINT, "ann@example.org")


@pytest.mark.parametrize(
    ("kind", "read_as"),
    [("abuse", MessageKind.COMPLAINT), ("not-spam", MessageKind.AUTO_REPLY)],
)
def test_a_complaint_whose_fields_stand_in_its_text_counts(kind: str, read_as: MessageKind) -> None:
    raw = _complaint(f"Feedback-Type: {kind}\nVersion: 1").replace(
        b"message/feedback-report", b"text/plain"
    )
    assert parse_mail(raw).kind is read_as


def test_the_address_to_be_removed_complained() -> None:
    mail = parse_mail(
        _complaint("Feedback-Type: opt-out\nVersion: 1\nRemoval-Recipient: cy@example.org")
    )
    assert mail.bounce_recipient == "cy@example.org"


def test_a_complaint_in_a_vendors_own_form_counts() -> None:
    raw = (
        b"From: staff@example.com\r\nSubject: complaint about message from 192.0.2.4\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"X-HmXmrOriginalRecipient: ann@example.org\r\nFrom: offers@example.net\r\n\r\nhello\r\n--b--\r\n"
    )
    mail = parse_mail(raw)
    assert (mail.kind, mail.bounce_recipient) == (MessageKind.COMPLAINT, "ann@example.org")
