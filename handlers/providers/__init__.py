"""One file here is one provider, with a `.toml` of the same name beside it; there is no other list.

A provider's file has `configure(settings, account) -> Provider | None`: None where the account's
credentials are not set, so that without a secret there is no route. Its variables begin with its
name (HEED_TWILIO_): where none is set the file is not even loaded, and a command starts sooner.
The `.toml` says what an operator pastes where, and how a message of the provider looks
(`handlers/guide.py`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from types import ModuleType

from handlers.account import Account
from handlers.ports import Provider
from handlers.settings import Faults, Settings, SettingsError


def names() -> list[str]:
    """Every provider that Heed speaks with, by name."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def module_of(name: str) -> ModuleType:
    """The file of a provider that `names()` lists."""
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}")


def configured(settings: Settings, named: Iterable[Account] = ()) -> Mapping[str, Provider]:
    """Every account whose credentials are set, by its key; `named` are those of heed.toml.

    Raises:
        SettingsError: some accounts' settings are incomplete or wrong; one line for each fault.
    """
    found: dict[str, Provider] = {}
    faults = Faults()
    first = (Account(provider=name) for name in names())
    for account in (*(one for one in first if settings.mentions(one.prefix)), *named):
        with faults.gathered():
            provider = module_of(account.provider).configure(settings, account)
            if provider is not None:
                found[account.key] = provider
            elif account.name:
                raise SettingsError(
                    f"heed.toml names the account {account.key}, but no {account.prefix}... is set"
                )
    faults.tell()
    return found
