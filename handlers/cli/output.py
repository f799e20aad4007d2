"""Where a command's rows go: a file that appears whole, and cells that no spreadsheet runs."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from bot.model import Json

_FORMULA = re.compile(r"[=+\-@＝＋－＠\t\r\n]")
_NUMBER = re.compile(r"\+[0-9]{1,15}")


@contextmanager
def opened(output: Path | None, errors: str = "strict") -> Iterator[TextIO]:
    """Standard output, or a file that only you can read and that appears whole or not at all."""
    if output is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    draft = output.with_name(f".{output.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors=errors, newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(output)
    finally:
        draft.unlink(missing_ok=True)


def cell(value: Json) -> str:
    """No cell that a spreadsheet would run as a formula; a phone number stays as it is."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        text = " ".join(str(item) for item in value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
