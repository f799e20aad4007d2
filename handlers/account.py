"""One account at a provider: where its secrets stand and where its webhooks come in.

The first account of a provider has no name. Further ones are named in heed.toml; the name stands in
their variables (`HEED_TWILIO_EU_AUTH_TOKEN`) and in their webhook's path (`/webhooks/twilio/eu`).
"""

from __future__ import annotations

from dataclasses import dataclass

from handlers.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    provider: str
    name: str = ""

    @property
    def key(self) -> str:
        """`twilio` or `twilio/eu`: who hears and who sends, in the outbox and the ledger too."""
        return f"{self.provider}/{self.name}" if self.name else self.provider

    @property
    def prefix(self) -> str:
        """What its variables begin with."""
        return f"HEED_{self.key.upper().replace('-', '_').replace('/', '_')}_"

    def webhook(self, settings: Settings) -> str:
        """The address to which the provider is pointed."""
        return f"{settings.signed_origin}/webhooks/{self.key}"

    def signed_webhook(self, settings: Settings) -> str:
        """The same, for a provider that signs the address.

        Raises:
            SettingsError: nobody said which address is public.
        """
        if not settings.public_url and not settings.demo:
            raise SettingsError(f"HEED_PUBLIC_URL is missing; {self.provider} signs the public URL")
        return self.webhook(settings)

    @classmethod
    def parse(cls, key: str) -> Account:
        provider, _, name = key.partition("/")
        return cls(provider=provider, name=name)
