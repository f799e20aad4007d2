"""One file here is one mail service (SendGrid, Amazon SES ...); there is no other list.

A service's file has `configure(settings) -> MailService | None`: None where its credentials are
not set, so that without a secret there is no route. `handlers.mail_service` says what it must do.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from handlers.mail_service import MailService
from handlers.settings import Faults, Settings


def configured(settings: Settings) -> Mapping[str, MailService]:
    """Every mail service whose credentials are set, by name.

    Raises:
        SettingsError: some settings are incomplete or wrong; one line for each fault.
    """
    found: dict[str, MailService] = {}
    faults = Faults()
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        with faults.gathered():
            file = importlib.import_module(f"{__name__}.{module.name}")
            if (service := file.configure(settings)) is not None:
                found[service.name] = service
    faults.tell()
    return found
