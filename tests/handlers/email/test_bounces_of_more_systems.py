"""Bounces in the forms that only some mail systems use, each as such a system writes it."""

from __future__ import annotations

import pytest

from bot.model import MessageKind
from handlers.email.parse import parse_mail

COPY = (
    "Received: from shop.example.net by mx.example.com with ESMTP id 1; Thu, 5 Mar 2026 08:00:00 +0000\n"
    "From: Shop <offers@example.net>\nTo: ann@example.org\nSubject: 20% off\nMessage-ID: <m1@example.net>\n\nTulips\n"
)


def _mail(sender: str, subject: str, body: str, kind: str = "text/plain; charset=utf-8") -> bytes:
    head = f"From: {sender}\nTo: offers@example.net\nSubject: {subject}\nContent-Type: {kind}\n"
    return f"{head}\n{body}".encode()


def _with_copy(sender: str, subject: str, words: str) -> bytes:
    body = f"--b\n\n{words}\n\n--b\nContent-Type: message/rfc822\n\n{COPY}\n--b--\n"
    return _mail(sender, subject, body, 'multipart/mixed; boundary="b"')


INNER = (
    "From: MAILER-DAEMON@inside.example.org\nTo: offers@example.net\nSubject: Returned mail\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="i"\n\n'
    "--i\n\nSee below.\n\n--i\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; inside.example.org\n\n"
    "Final-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1\n\n--i--\n"
)
SYSTEMS = {
    "m-FILTER": (_mail("POSTMASTER <postmaster@example.com>", "failure notice", "このメールは自動的に生成しています。\n\n以下のメールアドレスへの送信に失敗しました。\nann@example.org\n\n-------server message\n550 unknown user <ann@example.org>\n\n-------original message\n" + COPY), True),
    "Notes, Japanese": (_mail("postmaster@example.com", "Undeliverable message", "------- Failure Reasons  --------\n\nディレクトリのリストにありません\nann@example.org\n\n------- Returned Message --------\n" + COPY), True),
    "ezweb": (_mail("Postmaster@example.jp", "Mail System Error - Returned Mail", "次のあて先へのメッセージはエラーのため送信できませんでした。\n\n送信先メールアドレスが見つかりませんでした。\n\nThe user(s) account is disabled.\n\n<ann@example.org>\n"), True),
    "ezweb, refused": (_mail("Postmaster@example.jp", "Mail System Error - Returned Mail", "次のあて先へのメッセージはエラーのため送信できませんでした。\n\nEach of the following recipients was rejected by a remote\nmail server.\n\n    Recipient: <ann@example.org>\n    >>> MAIL FROM:<offers@example.net>\n    <<< 550 SC-004 messages from 192.0.2.7 weren't sent.\n"), True),
    "sendmail 5": (_mail("Mail Delivery Subsystem <MAILER-DAEMON@example.com>", "Returned mail: Cannot send message for 4 days", "   ----- Transcript of session follows -----\n421 example.org (smtp)... Deferred: Connection timed out during user open with example.org\n\n   ----- Unsent message follows -----\n" + COPY), False),
    "sendmail 5, no user": (_mail("Mail Delivery Subsystem <MAILER-DAEMON@example.com>", "Returned mail: User unknown", "   ----- Transcript of session follows -----\nWhile talking to mx.example.org:\n>>> RCPT To:<ann@example.org>\n<<< 550 <ann@example.org>... User unknown\n\n   ----- Unsent message follows -----\n" + COPY), True),
    "WorkMail": (_with_copy("MAILER-DAEMON@us-west-2.example.com", "Delivery Status Notification (Failure)", "An error occurred while trying to deliver the mail to the following recipients:\nann@example.org\n\nTechnical report:\n\nReporting-MTA: dsn; a27.example.com\n\nAction: failed\nFinal-Recipient: rfc822; ann@example.org\nDiagnostic-Code: smtp; 550 5.1.1 User Unknown\nStatus: 5.1.1\n"), True),
    "Exchange 5.5, an X.400 address": (_with_copy("System Administrator <postmaster@example.com>", "Undeliverable: 20% off", "Your message\n\n  To:      tulips-list@example.net\n  Subject: 20% off\n  Sent:    Fri, 6 Mar 2026 17:10:56 -0400\n\ndid not reach the following recipient(s):\n\nc=US;a= ;p=ACME;o=North;dda:SMTP=ann@example.org; on Fri, 6 Mar 2026\n17:12:28 -0400\n    The recipient name is not recognized\n    MSEXCH:IMS:ACME:North:N-01 0 (000C05A6) Unknown Recipient\n"), True),
    "MailFoundry": (_with_copy("MAILER-DAEMON@example.com", "Message delivery has failed", "Unable to deliver message to: <ann@example.org>\nDelivery failed for the following reason:\nServer mx.example.org[192.0.2.2] failed with: 550 <ann@example.org> No such user here\n\nThis has been a permanent failure.  No further delivery attempts will be made.\n"), True),
    "1&1": (_mail('"Mail Delivery System" <mailer-daemon@example.de>', "Mail delivery failed: returning message to sender", "A message that you sent could not be delivered to one or more of\nits recipients. This is a permanent error.\n\nThe following address failed:\n\nann@example.org\n\nFor the following reason:\n\nMail size limit exceeded.\n\n--- The header of the original message is following. ---\n\n" + COPY), True),
    "1&1, still trying": (_mail("Mail Delivery System <mailer-daemon@example.de>", "Warning: message delayed 2 days", "A message that you sent has not yet been delivered to one or more of\nits recipients after 2 days.\n\n  <ann@example.org>\n\nconnection to mail exchanger failed\n\nNo action is required on your part.\n\n--- The header of the original message is following. ---\n\n" + COPY), False),
    "MDaemon": (_with_copy("MDaemon@mx.example.com", "Permanent Delivery Failure", "The attached message had PERMANENT fatal delivery errors!\n\nYOUR MESSAGE WAS NOT DELIVERED!\n\nThe following addresses did NOT receive a copy of your message:\n\n> ann@example.org\n\n--- Session Transcript ---\n 220 mx.example.org ESMTP ready\n EHLO mx.example.com\n"), True),
    "IMail, mailbox full": (_mail('"Postmaster" <postmaster@example.com>', "Undeliverable Mail", "User mailbox exceeds allowed size: ann@example.org\n\n\nOriginal message follows.\n\n" + COPY), True),
    "an SMTP gateway that tries on": (_mail("Antivirus_for_SMTP_Gateways@example.com", "Delivery failure notification", "Your message with Subject: 20% off\ncould not be delivered to the following recipients:\n\nann@example.org\n\nPlease do not resend your original message.\n\nDelivery attempts will continue to be made for 5 day(s).\n"), False),
    "a full mailbox, tried again": (_mail("Postmaster@example.com", "Mail Delivery Warning", 'This is an advisory-only email.\n\nDelivery of email to this address\n\n"ann@example.org"\n\nhas been postponed due to a full mailbox.\n\nThe first 50 lines of your original message follow:\n' + COPY), False),
    "a user that is none, from nobody": (b"Return-Path: <>\nFrom: <>\nTo: offers@example.net\nAuto-Submitted: auto-replied\n\nYou sent mail to ann@example.org. That's not a valid user here.\n", True),
    "Dovecot, quota": (_mail("Mail Delivery Subsystem <admin@example.com>", "Automatically rejected mail", "--b\n\nYour message to <ann@example.org> was automatically rejected:\nQuota exceeded\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ann@example.org\nDisposition: automatic-action/MDN-sent-automatically; deleted\n\n--b--\n", 'multipart/report; report-type=disposition-notification; boundary="b"'), True),
    "a report inside a gateway's": (_mail("postmaster@example.org", "Delivery Status Notification (Failure)", f"--g\nContent-Type: message/rfc822\n\n{INNER}\n--g--\n", 'multipart/mixed; boundary="g"'), True),
    "the action apart from the recipient": (_mail("MAILER-DAEMON@example.org", "Delivery Status", "--b\n\nSee below.\n--b\nContent-Type: message/delivery-status\n\nAction: failed\nArrival-Date: Mon, 2 Mar 2026 05:34:29 -0800\n\nFinal-Recipient: rfc822; ann@example.org\nDiagnostic-Code: X-Notice; Sender not pre-approved\nStatus: 4.7.0\n\n--b--\n", 'multipart/report; report-type=delivery-status; boundary="b"'), False),
    "a name of their own network": (_mail("MAILER-DAEMON@example.org", "Delivery Notification: Delivery has failed", "--b\n\nSee below.\n--b\nContent-Type: message/delivery-status\n\nAction: failed\nStatus: 5.0.0 (disk quota)\nOriginal-recipient: rfc822;ann@example.org\nFinal-recipient: rfc822;ann@ms-daemon\n\n--b--\n", 'multipart/report; report-type=delivery-status; boundary="b"'), True),
    "no recipient's type": (_mail("MAILER-DAEMON@example.org", "Delivery Status", "--b\n\n<ann@example.org>   (Unknown user ann@example.org)\n--b\nContent-Type: message/delivery-status\n\nOriginal-Recipient: <ann@example.org>\nAction: failed\nDiagnostic-Code: smtp; 550 Unknown user ann@example.org\n\n--b--\n", 'multipart/mixed; boundary="b"'), True),
    "KDDI": (b"Return-Path: <>\n" + _mail("no-reply@app.example.jp", "Mail", "Your mail sent on: Thu, 29 Apr 2026 11:04:47 +0900\n     Could not be delivered to: <ann@example.org>\n     As their mailbox is full.\n"), True),
    "InterScan": (_mail('"InterScan MSS" <notify@example.jp>', "メッセージを配信できません。", "Sent <<< RCPT TO:<ann@example.org>\nReceived >>> 550 5.1.1 <ann@example.org>... user unknown\nUnable to deliver message to <ann@example.org>\n"), True),
    "an error count": (_mail("Mail Service <postmaster@example.com>", "There was an error sending your mail", "We had trouble delivering your message. Full details follow:\n\nSubject: '20% off'\n\n1 error(s):\n\nSMTP Server <mta2.example.org> rejected recipient <ann@example.org>\n  (Error following RCPT command). It responded as follows: [550 5.1.1 User unknown]\n"), True),
    "James": (_mail("postmaster@example.com", "[BOUNCE]", "Hi. This is the James mail server at example.com.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\nError message below:\n550 - Requested action not taken: no such user here\n\nMessage details:\n  Subject: 20% off\n  MAIL FROM: offers@example.net\n  RCPT TO: ann@example.org\n"), True),
}  # fmt: skip


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_recipient_and_finality_are_found(name: str) -> None:
    raw, permanent = SYSTEMS[name]
    mail = parse_mail(raw)
    found = (mail.kind, mail.bounce_recipient, mail.permanent, mail.reply_text)
    assert found == (MessageKind.BOUNCE, "ann@example.org", permanent, "")


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("end", [b"\r\n", b"\r"], ids=["network", "old Mac"])
def test_line_ends_make_no_difference(name: str, end: bytes) -> None:
    raw, permanent = SYSTEMS[name]
    mail = parse_mail(raw.replace(b"\n", end))
    assert (mail.bounce_recipient, mail.permanent) == ("ann@example.org", permanent)


def test_empty_lines_above_the_headers_hide_nothing() -> None:
    raw, permanent = SYSTEMS["ezweb"]
    mail = parse_mail(b"   \n\n" + raw)
    assert (mail.bounce_recipient, mail.permanent) == ("ann@example.org", permanent)


def test_a_person_who_forwards_a_report_asks_about_it() -> None:
    raw = _mail("ann@example.org", "Fw: Returned mail", f"--g\n\nwhat is this?\n--g\nContent-Type: message/rfc822\n\n{INNER}\n--g--\n", 'multipart/mixed; boundary="g"')  # fmt: skip
    mail = parse_mail(raw)
    assert (mail.kind, mail.reply_text) == (MessageKind.REPLY, "what is this?")


def _notice(body: str) -> bytes:
    footer = "\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:\nhttps://sns.example.com/unsubscribe.html\n"
    return _mail("news <no-reply@sns.example.com>", "AWS Notification Message", body + footer)


@pytest.mark.parametrize(
    ("body", "kind", "address", "permanent"),
    [
        ('{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"ann@example.org","action":"failed","status":"5.1.1"}]},"mail":{"headers":[{"name":"!\n To"}]}}', MessageKind.BOUNCE, "ann@example.org", True),
        ('{"eventType":"Bounce","bounce":{"bounceType":"Transient","bouncedRecipients":[{"emailAddress":"Ann <ann@example.org>"}]}}', MessageKind.BOUNCE, "ann@example.org", False),
        ('{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"ann@example.org"}],"complaintFeedbackType":"abuse"}}', MessageKind.COMPLAINT, "ann@example.org", None),
        ('{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"ann@example.org"}],"complaintFeedbackType":"not-spam"}}', MessageKind.AUTO_REPLY, None, None),
        ('{"notificationType":"Delivery","delivery":{"recipients":["ann@example.org"]}}', MessageKind.AUTO_REPLY, None, None),
        ('{"eventType":"Bounce","bounce":{"bouncedRecipients":["x"]}}', MessageKind.AUTO_REPLY, None, None),
        ('{"eventType":' + "[" * 5_000, MessageKind.AUTO_REPLY, None, None),
    ],
    ids=["bounce", "passing", "complaint", "no complaint", "delivery", "odd", "no JSON"],
)  # fmt: skip
def test_notices_of_amazon_ses_by_mail_opt_nobody_out(
    body: str, kind: MessageKind, address: str | None, *, permanent: bool | None
) -> None:
    mail = parse_mail(_notice(body))
    found = (mail.kind, mail.bounce_recipient, mail.permanent, mail.reply_text)
    assert found == (kind, address, permanent, "")
