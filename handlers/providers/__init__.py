"""One file here is one provider; there is no other list.

A provider's file has `configure(settings) -> Provider | None`: None where its credentials are not
set, so that without a secret there is no route.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from handlers.ports import Provider
from handlers.settings import Settings


def configured(settings: Settings) -> Mapping[str, Provider]:
    """Every provider whose credentials are set, by name.

    Raises:
        SettingsError: a provider's settings are incomplete or wrong.
    """
    providers = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        provider = importlib.import_module(f"{__name__}.{module.name}").configure(settings)
        if provider is not None:
            providers[provider.name] = provider
    return providers
