"""One file here is one mail service (SendGrid, Amazon SES ...), with a `.toml` beside it.

There is no other list. The `.toml` says what an operator pastes where (`handlers/guide.py`).

A service's file has `configure(settings) -> MailService | None`: None where its credentials are
not set, so that without a secret there is no route. Its variables begin with its name (HEED_SES_):
where none is set the file is not even loaded. `handlers.mail_service` says what it must do.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import ModuleType

from handlers.mail_service import MailService
from handlers.settings import Faults, Settings


def names() -> list[str]:
    """Every mail service that Heed understands, by name."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def module_of(name: str) -> ModuleType:
    """The file of a service that `names()` lists."""
    return importlib.import_module(f"{__name__}.{name}")


def configured(settings: Settings) -> Mapping[str, MailService]:
    """Every mail service whose credentials are set, by name.

    Raises:
        SettingsError: some settings are incomplete or wrong; one line for each fault.
    """
    found: dict[str, MailService] = {}
    faults = Faults()
    for name in names():
        if not settings.mentions(f"HEED_{name.upper()}_"):
            continue
        with faults.gathered():
            if (service := module_of(name).configure(settings)) is not None:
                found[service.name] = service
    faults.tell()
    return found
