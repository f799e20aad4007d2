"""One file here is one provider; there is no other list.

A provider's file has `configure(settings) -> Provider | None`: None where its credentials are not
set, so that without a secret there is no route.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from handlers.ports import Provider
from handlers.settings import Faults, Settings


def configured(settings: Settings) -> Mapping[str, Provider]:
    """Every provider whose credentials are set, by name.

    Raises:
        SettingsError: some providers' settings are incomplete or wrong; one line for each fault.
    """
    providers: dict[str, Provider] = {}
    faults = Faults()
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        with faults.gathered():
            provider = importlib.import_module(f"{__name__}.{module.name}").configure(settings)
            if provider is not None:
                providers[provider.name] = provider
    faults.tell()
    return providers
