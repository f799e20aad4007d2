"""Only what a person typed into a mail is read; what is quoted, signed or appended is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import quoted, quoted_heads, quoted_lines
from bot.quoted import TEXT_LIMIT, reply_part

FOOTER = "To unsubscribe click https://example.net/u"

ALONE = {
    "a single word": "STOP",
    "unsubscribe alone": "unsubscribe",
    "a dash before the word": "-stop",
    "a last paragraph that ends like a client line": "你好\n\n请不要再发送",
    "one that begins so and goes on": "Hi,\n\nSent from you every day, please end that.",
    "two passages with a rule between": (
        "One.\n\n________________________________\n\nTwo, and thanks.\n\nBest regards,\nAnn"
    ),
    "a comment in a program": "Look:\n\n  // Sent from my custom mailer\nthat is the line",
    "greeting and sign-off stay": "Hello,\n\nplease stop.\n\nKind regards\nAnn",
    "a journey is no header block": "Please rebook:\nFrom: Leeds\nTo: York\nthanks",
    "an appointment is none either": "Interview:\n\nDate: Wednesday 3, October 2011\nTime: 7 : 00am\nAddress: 130 Fox St",
    "emphasis with arrows": "Look:\n>>> >>>  https://example.com <<<\nand stop",
    "a colon ends no attribution": "One question I had:\n\nwhen do you open?",
    "a sentence that begins like a client line": "Von meinem Telefon kann ich mich nicht abmelden",
    "another": "Sent from my old office, the parcel 12 never came, please cancel it and refund",
    "a right cited at the beginning": "Hola,\n\nDe conformidad con el artículo 17 RGPD solicito la supresión de mis datos.",
    "a wish with the words of a footer": "Hi,\n\nTo unsubscribe I had to log in, which I cannot. Take me off.",
    "rules of one's own": "Points:\n----\n1. faster\n\n----\n\nand that is it.\n\n====\n\nBye",
    "dashes before items": "Because of:\n-- first point\n-- second point\n\nThanks!",
    "a dated journey": "Please rebook:\nFrom: Leeds\nTo: York\nDate: 3 May 2026\nthanks",
    "instants in a list": "Formats:\n\n2026-01-15 14:30:25\n15.01.2026 14:30\n01/15/2026 at 2:30 PM\n\nAll examples.",
    "addresses in a sentence": "I get mail from: john@example.com and from: jane@example.com\n\nIt comes From: a list, not From: you.",
    "caution without a gateway": "Caution: the parcel was wet.\n\nPlease send another.",
    "a table below a long rule": "Service Date\n------------------------------\nRegistration Jun 27, example.com\n\nIf you have any questions, please reply to this e-mail and we will help.",
    "the word disclaimer": "message\ndisclaimer",
    "a number list": "1. stop\n2. really stop",
}

CUT: dict[str, tuple[str, str]] = {
    "mutt's bottom post": (
        "On Tue, Mar 03, 2026 at 02:05:11PM +0000, Rosa wrote:\n> x\n\nno thanks\n\n-- \nPiet\nstop the machine",
        "no thanks",
    ),
    "answers between quotes": (
        "Rosa wrote:\n> Can you come?\n\nYes.\n\n> Shall we cancel?\n\nNo.",
        "Yes.\n\nNo.",
    ),
    "an answer without empty lines": (
        "On 3 Mar 2026, at 14:05, Rosa wrote:\n> Shall we cancel?\nPlease do.\n> Thanks",
        "Please do.",
    ),
    "attribution over three lines": (
        "Hi\n\nOn Nov 30, 2011, at 12:47 PM, Somebody <\n416ffd3258d4d2fa4c85\n@list.example.com>\nwrote:\n\nText",
        "Hi",
    ),
    "attribution glued to the words": (
        "Thanks! On Tue, Mar 3, 2026 at 2:00 PM Rosa <a@example.net> wrote:\n\n> x",
        "Thanks!",
    ),
    "text glued to the attribution": (
        "Foo\n\nOn Tue, Mar 3, 2026 at 2:05 PM, Rosa\n<a@example.com> wrote: Hi there\nUnsubscribe",
        "Foo",
    ),
    "a date and an address, no verb": (
        "ok\n2011/4/7 Nathan <support@example.com>\n\n>  Cool beans",
        "ok",
    ),
    "dashes around the attribution": (
        "hello\n\n------On 12/29/1987 17:32 PM, Julius Caesar wrote-----\n\nBrunch",
        "hello",
    ),
    "bold labels": (
        "Hi\n\n  *From:* bob@example.com [mailto:\n  bob@example.com]\n  *Sent:* Wednesday, June 27, 2012 3:05 PM\n  *To:* t@example.com\n  *Subject:* Hello\n\nText",
        "Hi",
    ),
    "a block that begins with the date": (
        "Blah\n\nDate: Wed, 16 May 2012 00:15:02 -0600\nTo: kli@example.com\nText",
        "Blah",
    ),
    "a flattened block": (
        "Foo\n\nFrom: Rosa <a@example.com> Sent: Tuesday, March 3 To: b@example.com Subject: hi\n\nbar",
        "Foo",
    ),
    "a link broken before its bracket": (
        "8.45am\n\nFrom: x@example.com\nDate: Wed, 16 May 2012\n\n<http://example.com/c/dHJh\n>  <bob@example.com>\n\nRequester: ",
        "8.45am",
    ),
    "a quoted line wrapped without a mark": (
        "Blah\n\nOn 25/10/2012 15:03, Bob wrote:\n\n> You can unsubscribe from all of these messages at any time with the\nlink in the footer.\n> Bob",
        "Blah",
    ),
    "a forward": (
        "Is this you?\n\n---------- Forwarded message ---------\nFrom: X <x@example.org>\nSubject: prize\n\nreply STOP",
        "Is this you?",
    ),
    "a bare forward": ("Begin forwarded message:\n\nFrom: X <x@example.org>\nreply STOP", ""),
    "list footer below the quote": ("Hello\n\nAnn wrote:\n> x\n\n" + FOOTER, "Hello"),
    "mailman's footer": (
        "Hi\n\n_______________________________________________\nlist mailing list\nlist@example.org\nhttps://example.org/unsubscribe",
        "Hi",
    ),
    "a footer below dashes": (
        "Hi\n\n----------\nAcme Ltd, www.example.com, +1 202 555 0100\nUnsubscribe",
        "Hi",
    ),
    "a list's paragraph": (
        "Please call me.\n\nYou received this message because you are subscribed to the list.\nhttps://example.org/unsubscribe",
        "Please call me.",
    ),
    "signature and quote": (
        "Hi\n\n-- \nAnn\nstop\n\nOn 3 Mar 2026 14:05, Rosa wrote:\n> x\n> " + FOOTER,
        "Hi",
    ),
    "a disclaimer": (
        "See you.\n\nThis e-mail and any attachments are confidential. If you received it in error, unsubscribe.",
        "See you.",
    ),
    "a disclaimer above the words": (
        "CONFIDENTIAL: keep it so.\nDo not stop.\n\nSee you.",
        "See you.",
    ),
    "words between client line and quote": (
        "no more\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: R <a@example.com>\nSent: Tuesday\nTo: b\nSubject: x\n\nbar",
        "no more",
    ),
    "reply above this line": (
        "Thanks\n\n##- Please type your reply above this line -##\n\nTo stop, reply STOP",
        "Thanks",
    ),
    "PGP": (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nno more\n\n- -- \nsysop\n-----BEGIN PGP SIGNATURE-----\n\nstop\n-----END PGP SIGNATURE-----\n",
        "no more",
    ),
    "a PGP key": (
        "no more\n-----BEGIN PGP PUBLIC KEY BLOCK-----\nstop\n-----END PGP PUBLIC KEY BLOCK-----\nthanks",
        "no more\nthanks",
    ),
    "Zoho": (
        "Foo\n\n---- On Tue, 03 Mar 2026 14:05:00 +0000 Rosa <a@example.com> wrote ----\n\nbar",
        "Foo",
    ),
    "QQ": (
        '好的\n\n------------------ 原始邮件 ------------------\n发件人: "R" <a@example.com>;\n退订',
        "好的",
    ),
    "NetEase": ('好的\n\n在 2026-03-03 14:05:00，"R" <a@example.com> 写道：\n\n退订', "好的"),
    "Mail.ru": (
        "Да\n\nВторник, 3 марта 2026, 14:05 +03:00 от R <a@example.com>:\n\nОтписаться",
        "Да",
    ),
    "Vietnamese": (
        "Gluten\n\nVào 14:24 8 tháng 6, 2017, Hùng <h@example.com> đã viết:\n\n> Xin chào",
        "Gluten",
    ),
    "dashes glued between words and attribution": (
        "reply--- On Wed, Apr 4, 2026 at 3:59 PM, bob@example.com wrote:\n> Hi",
        "reply",
    ),
    "an address in a paragraph of its own": (
        "Foo\n\nOn Tue, Apr 11, 2026 at 10:07 PM Rosa\n\n<\nmailto:Rosa <a@example.com>\n> wrote:\nUnsubscribe",
        "Foo",
    ),
    "a sender's line alone": (
        "8.45am\n\nFrom: rosa@example.com\n\nUnsubscribe",
        "8.45am",
    ),
    "From, Sent and To without an address": (
        "Да\n\nОт: Rosa G\nОтправлено: четверг, 26 июня 2026 г. 15:05\nКому: Ann\n\nОтписаться",
        "Да",
    ),
    "a rule above a header block": (
        "Oui\n\n====\n\nMessage du : 03/03/2026 13:20\nDe : R <a@example.com>\nA : b@example.com\nSujet : x\n\nSe désabonner",
        "Oui",
    ),
    "no verb's colon": (
        "Foo\n\nOn Wed, 14 Nov 2026 08:14:43 -0200 Rosa <a@example.com> wrote\n\nUnsubscribe",
        "Foo",
    ),
    "a date without year or hour": (
        "Foo\n\nRosa\n\nOn Wed, Dec 9, Mister Example\n<m@example.com>\nwrote:\n> Unsubscribe",
        "Foo\n\nRosa",
    ),
    "a link broken between quoted lines": (
        "Blah\n\nOn Monday, 24 September, 2026 at 3:46 PM, bob wrote:\n\n> View (http://example.com/action\n_nonce=3dd518)\n>",
        "Blah",
    ),
    "an app that links to itself": (
        "Hi\n\nSent from TypeApp<http://www.example.com/r>\nOn Jun 17, 2026, at 14:15, Rosa <a@example.com> wrote:\nUnsubscribe",
        "Hi",
    ),
    "an original without a mark below a phone's line": (
        "Genug.\n\nGesendet von Outlook für Android<https://aka.ms/AAb9ysg>\n\nNewsletter abbestellen",
        "Genug.",
    ),
    "a gateway's banner": (
        "CAUTION: This email originated from outside of this company. Do not click\nlinks unless you know the sender.\n\nHi,\n\nplease stop.",
        "Hi,\n\nplease stop.",
    ),
    "a banner without a paragraph of its own": (
        "[EXTERNAL EMAIL] Be careful.\nplease stop.",
        "please stop.",
    ),
    "a name below a long rule": (
        "可以\n\n——————————————————————————————\n\n小满\n活动协调人",
        "可以",
    ),
    "a device nobody has heard of": ("Stop\n\nSent from my TI-85", "Stop"),
    "a program nobody has heard of": (
        "Stop\n\nSent from Nine\n\nOn 3 March 2026, R <a@example.com> wrote:\n> x",
        "Stop",
    ),
    "a client line with stars": ("Stop\n*Sent from my iPhone*", "Stop"),
    "a client line in brackets": ("Stop\n\n(Sent from mobile device)", "Stop"),
    "a Chinese device": ("别发了\n\n发自我的华为手机", "别发了"),
    "a signature below the last quote": (
        "No.\n\n> Sale?\n\n_______________________\nUnsubscribe at any time.",
        "No.",
    ),
    "GroupWise, without a mark": (
        "Stop.\n\n>>> Rosa <a@example.com> 11/24/2026 9:12 AM >>>\nSale\nUnsubscribe",
        "Stop.",
    ),
    "a virus scanner's pictures": (
        "Stop\n\n<https://www.example.com/sig?a=b>\nVirus-free.www.avast.com\n<https://www.example.com/sig>\n<#DAB4FAD8>",
        "Stop",
    ),
    "a name behind a dash": ("Hi\n\n-Abhi Kona", "Hi"),
}


@pytest.mark.parametrize("name", ALONE)
def test_a_mail_without_quotes_stays_whole(name: str) -> None:
    assert reply_part(ALONE[name]) == ALONE[name]


@pytest.mark.parametrize("name", CUT)
def test_quotes_signatures_and_footers_are_cut(name: str) -> None:
    text, words = CUT[name]
    assert reply_part(text) == words
    assert reply_part(text.replace("\n", "\r\n")) == words


def test_a_person_who_quotes_from_memory_is_read_on() -> None:
    text = "On 3 March 2026 you wrote:\nwe will remove you. So do it."
    assert reply_part(text) == text


def test_empty_and_blank_texts_give_nothing() -> None:
    assert [
        reply_part(text) for text in ("", "\n\n", " \t\xa0\n", "> only a quote", "-- \nAnn")
    ] == [""] * 5


def test_a_long_line_keeps_its_end() -> None:
    text = "please " * 400 + "stop"
    assert reply_part(text) == text


def test_only_the_beginning_of_a_huge_text_is_read() -> None:
    assert len(reply_part("a" * (TEXT_LIMIT * 3))) == TEXT_LIMIT


@given(st.text(st.sampled_from(list("On wrote:\n><@-_ 0123456789.a"))) | st.text())
def test_any_text_is_cut_without_an_error_and_nothing_is_invented(text: str) -> None:
    words = reply_part(text)
    assert set(words) <= set(text) | {"\n"}
    assert len(words) <= 2 * len(text)


HOSTILE = {
    "on on on": "On " * 20_000,
    "wrote": ("On 2026 x wrote " * 50 + ":\n"),
    "colons": "a:\n",
    "attributions": "On 2026, x wrote:\n",
    "header lines": "From: a\n",
    "labels on one line": "from: a: b: ",
    "quote marks": ">\n",
    "open links": "<\n",
    "rules": "------\n",
    "signatures": "x\n--\n",
    "armour": "-----BEGIN PGP SIGNED MESSAGE-----\n",
    "glued": "hello On \n",
    "banners": "external email\n",
    "notices": "disclaimer\n\nx\n",
    "cards": "--------------------\nx\n",
    "addresses apart": "On 2026 x\n\n<\n",
    "verbs that end nothing": "> wrote:\n",
    "From alone": "\nFrom: a@example.com\n",
    "empty lines": "\n",
    "blanks": " ",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_work_grows_no_faster_than_the_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    characters = 0

    def counting(line: str) -> str:
        nonlocal characters
        characters += len(line)
        return original(line)

    original_judge = quoted_heads._judge

    def judging(words: str) -> quoted_heads.Sure:
        nonlocal characters
        characters += len(words)
        return original_judge(words)

    original = quoted_lines.fold
    for module in (quoted, quoted_heads, quoted_lines):
        monkeypatch.setattr(module, "fold", counting)
    monkeypatch.setattr(quoted_heads, "_judge", judging)
    text = HOSTILE[name] * (60_000 // len(HOSTILE[name]))
    work: list[int] = []
    for size in (15_000, 60_000):
        characters = 0
        reply_part(text[:size])
        work.append(characters)
    assert work[1] <= 5 * work[0] + 1_000
    assert work[1] <= 30 * 60_000
