"""Which regions of an HTML mail are quoted, and which the writer set off."""

from __future__ import annotations

import pytest

from bot.quoted import reply_part
from handlers.email.html import to_text

WROTE = "On 3 Mar 2026, at 14:05, Rosa &lt;rosa@example.net&gt; wrote:"
FOOTER = "To unsubscribe click https://example.net/u"
READ = {
    "a blockquote below an attribution": (f"Stop<div>{WROTE}</div><blockquote>{FOOTER}</blockquote>", "Stop"),
    "an attribution inside": (f"Stop<blockquote><div>{WROTE}</div><div>{FOOTER}</div></blockquote>", "Stop"),
    "a blockquote without an attribution": (f"Stop<blockquote>{FOOTER}</blockquote>", "Stop"),
    "a passage set off, the quote below it": (f"Look:<blockquote>my own words</blockquote><div>{WROTE}</div><blockquote>{FOOTER}</blockquote>", "Look:\n\nmy own words"),
    "Gmail's quote button": ('See<br>what I mean<blockquote class="gmail_quote">my own words</blockquote>', "See\nwhat I mean\n\nmy own words"),
    "Gmail's container": (f'Stop<div class="gmail_quote"><div class="gmail_attr">{WROTE}</div><blockquote class="gmail_quote">{FOOTER}</blockquote></div>', "Stop"),
    "Gmail without its container": (f'Stop<br>{WROTE}<br><blockquote class="gmail_quote">{FOOTER}</blockquote>', "Stop"),
    "a paragraph set further in": ('Stop<blockquote style="margin: 0 0 0 40px; border: none; padding: 0px"><div>and delete me</div></blockquote>', "Stop\nand delete me"),
    "Word's quote": (f"Stop<div><b>From:</b> Rosa &lt;rosa@example.net&gt;<br><b>Sent:</b> Tuesday, March 3, 2026 2:05 PM<br><b>To:</b> Ann<br><b>Subject:</b> Tulips</div><blockquote style='border:none;border-left:solid #CCC 1.0pt'>{FOOTER}</blockquote>", "Stop"),
    "a rule between two lines of one block": ("<div>Hi<hr><b>From: </b>rosa@example.net<br><b>To: </b>ann@example.com<br><b>Sent: </b>Friday, July 22, 2026 6:20:01 PM<br><b>Subject: </b>Tulips<br><p>Tulips</p></div>", "Hi"),
    "answers between quotes": (f"<div>{WROTE}</div><blockquote type='cite'>Can you come?</blockquote>Yes.<blockquote type='cite'>Shall we stop?</blockquote>No.", "Yes.\n\nNo."),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_what_the_writer_typed_remains(name: str) -> None:
    html, words = READ[name]
    marked, _ = to_text(f"<html><body>{html}</body></html>")
    assert reply_part(marked) == words
