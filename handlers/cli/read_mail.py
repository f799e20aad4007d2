"""`heed read-mail`: what Heed reads in a mail, without recording anything."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from bot.model import Channel, Intent, MessageKind
from bot.reading import read
from handlers.email.parse import ParsedMail, parse_mail

_SPEAKS = frozenset({MessageKind.REPLY, MessageKind.UNSUBSCRIBE_REQUEST})


def describe(raw: bytes, name: str) -> dict[str, object]:
    """One mail as `read-mail` prints it; keys that do not apply are left out.

    `intent` is null for mail that no person wrote. `token` is unverified.
    """
    mail = parse_mail(raw)
    told: dict[str, object] = {
        "file": name,
        "kind": str(mail.kind),
        "from": mail.from_address,
        "to": list(mail.to),
        "message_id": mail.message_id,
        "reply_text": mail.reply_text,
        "intent": _intent(mail),
    }
    if mail.kind is MessageKind.BOUNCE:
        told["bounce_recipient"] = mail.bounce_recipient
        told["permanent"] = mail.permanent
    if mail.kind is MessageKind.COMPLAINT and mail.bounce_recipient:
        told["complainant"] = mail.bounce_recipient
    if mail.token:
        told["token"] = mail.token
    if mail.error:
        told["error"] = mail.error
    return told


def _intent(mail: ParsedMail) -> str | None:
    if mail.kind not in _SPEAKS:
        return None
    if mail.kind is MessageKind.UNSUBSCRIBE_REQUEST:
        return str(Intent.OPT_OUT)
    if mail.wordless and not mail.reply_text:
        return str(Intent.OTHER)
    return str(read(mail.text_to_read, channel=Channel.EMAIL).intent)


@click.command("read-mail")
@click.argument("files", nargs=-1)
def read_mail(files: tuple[str, ...]) -> None:
    """Print one JSON line for each mail FILE, or for the mail on standard input."""
    for name in files or ("-",):
        click.echo(json.dumps(_line(name), ensure_ascii=False).encode("utf-8", "replace"))


def _line(name: str) -> dict[str, object]:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        return {"file": name, "error": f"cannot be read: {error.strerror}"}
    except ValueError as error:  # a NUL in the name
        return {"file": name, "error": f"cannot be read: {error}"}
    try:
        return describe(raw, name)
    except Exception as error:  # noqa: BLE001 - the outermost edge: a line for any bytes whatever
        return {"file": name, "error": type(error).__name__}
