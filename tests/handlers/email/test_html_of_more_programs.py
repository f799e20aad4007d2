"""Replies in HTML as many programs write them, each above a quoted footer that says unsubscribe."""

from __future__ import annotations

import pytest

from handlers.email.parse import parse_mail

WORDS = "Please send nothing more."
OFFER = "<p>Tulips 4.90</p><p>Unsubscribe here: https://example.net/u</p><p>Rosa Garten</p>"
WROTE = "On Tue, Mar 3, 2026 at 2:05 PM, Rosa Garten &lt;rosa@example.net&gt; wrote:"
BLOCK = "<b>From:</b> Rosa Garten &lt;rosa@example.net&gt;<br><b>Sent:</b> Tuesday, March 3, 2026 2:05 PM<br><b>To:</b> Ann<br><b>Subject:</b> Tulips<br>"
PROGRAMS = {
    "Outlook on the web, new": f'<div class="elementToProof">{WORDS}</div><div id="mail-editor-reference-message-container"><div class="ms-outlook-mobile-reference-message"><div id="divRplyFwdMsg">{BLOCK}</div>{OFFER}</div></div>',
    "Outlook for phones": f'<div dir="ltr">{WORDS}</div><div id="ms-outlook-mobile-signature">Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg">{BLOCK}</div>{OFFER}',
    "Outlook, Word's": f"<div class=WordSection1><p class=MsoNormal>{WORDS}<o:p></o:p></p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p class=MsoNormal>{BLOCK}<o:p></o:p></p></div></div><p class=MsoNormal><o:p>&nbsp;</o:p></p>{OFFER}</div>",
    "Outlook for Mac": f"<div>{WORDS}</div><span id=\"OLK_SRC_BODY_SECTION\"><div style='border-top:#b5c4df 1pt solid'><span style='font-weight:bold'>From: </span> Rosa &lt;rosa@example.net&gt;<br><span style='font-weight:bold'>Date: </span> Tuesday, March 3, 2026 at 2:05 PM<br><span style='font-weight:bold'>To: </span> Ann<br><span style='font-weight:bold'>Subject: </span> Tulips<br></div>{OFFER}</span>",
    "Hotmail": f"<div dir='ltr'>{WORDS}<br><div><hr id=\"stopSpelling\">Date: Tue, 3 Mar 2026 14:05:11 +0000<br>From: rosa@example.net<br>To: ann@example.com<br>Subject: Tulips<br><br>{OFFER}</div></div>",
    "Zimbra": f'<div style="font-family: arial"><div>{WORDS}</div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>"Rosa" &lt;rosa@example.net&gt;<br><b>To: </b>"Ann" &lt;ann@example.com&gt;<br><b>Sent: </b>Tuesday, March 3, 2026 2:05:11 PM<br><b>Subject: </b>Tulips<br></div><div data-marker="__QUOTED_TEXT__">{OFFER}</div></div>',
    "Roundcube": f"<p>{WORDS}</p><p>Am 03.03.2026 14:05, schrieb Rosa Garten:</p><blockquote type='cite' style='border-left:#1010ff 2px solid'>{OFFER}</blockquote>",
    "GMX": f'<div style="font-family: Verdana">{WORDS}<div>&nbsp;<div name="quote" style="margin:10px 5px 5px 10px; padding: 10px 0 10px 10px; border-left:2px solid #C3D9E5;"><div style="margin:0 0 10px 0;"><b>Gesendet:</b>&nbsp;Dienstag, 03. M&auml;rz 2026 um 14:05 Uhr<br/><b>Von:</b>&nbsp;&quot;Rosa&quot; &lt;rosa@example.net&gt;<br/><b>An:</b>&nbsp;ann@example.com<br/><b>Betreff:</b>&nbsp;Tulpen</div>{OFFER}</div></div></div>',
    "Mail.ru": f'<div>{WORDS}</div><blockquote style="border-left:1px solid #0857A6;margin:10px;padding:0 0 0 10px">Вторник, 3 марта 2026, 14:05 +03:00 от Rosa &lt;rosa@example.net&gt;:<br>{OFFER}</blockquote>',
    "Yandex": f'<div>{WORDS}</div><div>&nbsp;</div><div>03.03.2026, 14:05, "Rosa" &lt;rosa@example.net&gt;:</div><blockquote>{OFFER}</blockquote>',
    "QQ": f'<div>{WORDS}</div><div style="font-size: 12px;padding:2px 0 2px 0;">------------------&nbsp;原始邮件&nbsp;------------------</div><div style="font-size: 12px;background:#efefef;padding:8px;"><div><b>发件人:</b>&nbsp;"Rosa"&lt;rosa@example.net&gt;;</div><div><b>发送时间:</b>&nbsp;2026年3月3日(星期二) 下午2:05</div></div>{OFFER}',
    "NetEase": f'<div>{WORDS}</div><p>At 2026-03-03 14:05:11, "Rosa" &lt;rosa@example.net&gt; wrote:</p><blockquote id="isReplyContent" style="PADDING-LEFT: 1ex;BORDER-LEFT: #ccc 1px solid">{OFFER}</blockquote>',
    "Naver": f'<p>{WORDS}</p><div class="replyHeader"><p>-----Original Message-----<br><b>From:</b> "Rosa"&lt;rosa@example.net&gt;<br><b>To:</b> ann<br><b>Sent:</b> 2026-03-03 (화) 14:05:11<br><b>Subject:</b> Tulips</p></div>{OFFER}',
    "Zoho": f'<div>{WORDS}</div><div class="zmail_extra_hr" style="border-top: 1px solid"></div><div class="zmail_extra"><div id="Zm-_Id_-Sgn1">---- On Tue, 03 Mar 2026 14:05:11 +0000 <b>rosa@example.net</b> wrote ---</div><blockquote>{OFFER}</blockquote></div>',
    "Samsung": f'<div>{WORDS}</div><div style="font-size:85%">Sent from my Galaxy</div><!-- originalMessage --><div>-------- Original message --------</div><div>From: Rosa &lt;rosa@example.net&gt; </div><div>Date: 3/3/26  2:05 PM  (GMT+00:00) </div><div>To: ann@example.com </div><div>Subject: Tulips </div>{OFFER}',
    "Fastmail": f'<div>{WORDS}</div><div>On Tue, Mar 3, 2026, at 2:05 PM, Rosa wrote:<br></div><blockquote type="cite" id="qt">{OFFER}</blockquote>',
    "Spark": f'<div name="messageBodySection">{WORDS}</div><div name="messageReplySection">On Mar 3, 2026 at 14:05 +0100, Rosa &lt;rosa@example.net&gt;, wrote:<br><blockquote type="cite" class="spark_quote">{OFFER}</blockquote></div>',
    "AOL": f'<div style="color:black">{WORDS}</div><br><div>-----Original Message-----<br>From: Rosa &lt;rosa@example.net&gt;<br>To: ann<br>Sent: Tue, Mar 3, 2026 2:05 pm<br>Subject: Tulips<br></div>{OFFER}',
    "Notes": f"<font size=2>{WORDS}</font><br><br><tt><font size=2>Rosa ---03/03/2026 02:05:11 PM---Tulips for spring</font></tt><br><br><font size=1>From: Rosa/ACME<br>To: Ann<br>Date: 03/03/2026 02:05 PM<br>Subject: Tulips</font><hr>{OFFER}",
    "Apple, a phone": f'<html><head></head><body dir="auto">{WORDS}<br><br><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br><blockquote type="cite">On Mar 3, 2026, at 2:05 PM, Rosa &lt;rosa@example.net&gt; wrote:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">﻿{OFFER}</div></blockquote></body></html>',
    "eM Client": f'<div>{WORDS}</div><div>------ Original Message ------</div><div>From: "Rosa" &lt;<a href="mailto:rosa@example.net">rosa@example.net</a>&gt;</div><div>To: ann</div><div>Sent: 03/03/2026 14:05:11</div><div>Subject: Tulips</div><blockquote cite="m1" type="cite">{OFFER}</blockquote>',
    "Mailbird": f'<div>{WORDS}</div><div class="__mailbird_quote"><blockquote class="history_container" type="cite" style="border-left-style:solid"><p>On 03/03/2026 14:05:11, Rosa &lt;rosa@example.net&gt; wrote:</p>{OFFER}</blockquote></div>',
    "Tuta": f'<div>{WORDS}</div><div>-- <br> Secured with Tuta Mail<br></div><div>Mar 3, 2026, 14:05 by rosa@example.net:<br></div><blockquote class="tutanota_quote" style="border-left: 1px solid">{OFFER}</blockquote>',
    "Gmail on a phone": f'<div dir="auto">{WORDS}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Tue, 3 Mar 2026, 14:05 Rosa, &lt;<a href="mailto:rosa@example.net">rosa@example.net</a>&gt; wrote:<br></div><blockquote class="gmail_quote">{OFFER}</blockquote></div>',
    "Gmail, forwarded": f'<div dir="ltr">{WORDS}<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Weitergeleitete Nachricht ---------<br>Von: <b>Rosa</b> &lt;rosa@example.net&gt;<br>Date: Di<br>Subject: Tulpen<br>To: &lt;ann@example.com&gt;<br></div><br><br>{OFFER}</div></div>',
    "Orange": f'<p>{WORDS}</p><blockquote style="border-left:2px solid #ff7900;"><br>&gt; Message du 03/03/26 14:05<br>&gt; De : "Rosa" &lt;rosa@example.net&gt;<br>&gt; A : ann@example.com<br>&gt; Objet : Tulipes<br>{OFFER}</blockquote>',
    "T-Online": f'<p>{WORDS}</p><p>-----Original-Nachricht-----</p><div>Betreff: Tulpen<br>Datum: 2026-03-03T14:05:11+0100<br>Von: "Rosa" &lt;rosa@example.net&gt;<br>An: "ann@example.com"</div>{OFFER}',
    "Open-Xchange": f'<div>{WORDS}</div><blockquote type="cite"><div>Rosa &lt;rosa@example.net&gt; hat am 03.03.2026 14:05 CET geschrieben:</div>{OFFER}</blockquote>',
    "a ticket system's marker": f"<div>{WORDS}</div><div>##- Please type your reply above this line -##</div>{OFFER}",
}  # fmt: skip


def _html(body: str) -> bytes:
    head = "From: ann@example.com\nTo: news@example.net\nSubject: Re: Tulips\n"
    return (
        f"{head}Content-Type: text/html; charset=utf-8\n\n<html><body>{body}</body></html>".encode()
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_only_the_persons_words_remain(name: str) -> None:
    assert parse_mail(_html(PROGRAMS[name])).reply_text == WORDS


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_read_where_nobody_typed_anything(name: str) -> None:
    assert "nsubscribe" not in parse_mail(_html(PROGRAMS[name].replace(WORDS, ""))).reply_text
