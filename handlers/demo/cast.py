"""Who plays in the demo: numbers that belong to nobody, and phrases to tap.

Ranges kept for fiction: US 202-555-01xx (NANPA); GB 07700 900xxx (Ofcom); FR 06 39 98 xxxx
(ARCEP); DE 030 23125 xxx (Bundesnetzagentur, notice 148/2021). Spain and Brazil keep none: there
the number cannot exist, for no number begins with 5 00 in Spain and area code 20 is not assigned
in Brazil.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """`prefix` and `digits` more make a number in E.164; the last of the range is our own end."""

    code: str
    title: str
    lang: str
    prefix: str
    first: int
    last: int
    digits: int
    shape: str  # how the number is written there, `#` for each digit after the prefix

    @property
    def ours(self) -> str:
        """The company's number there."""
        return f"{self.prefix}{self.last:0{self.digits}d}"

    @property
    def person(self) -> str:
        """The number that the phone begins with."""
        return f"{self.prefix}{123:0{self.digits}d}"

    def shown(self, number: str) -> str:
        """The number of this range as people there write it."""
        rest = iter(number.removeprefix(self.prefix))
        return "".join(next(rest, "") if char == "#" else char for char in self.shape)

    def holds(self, number: str) -> bool:
        """Whether it is a person's number of this range."""
        rest = number.removeprefix(self.prefix)
        if rest == number or len(rest) != self.digits or not (rest.isascii() and rest.isdigit()):
            return False
        return self.first <= int(rest) < self.last


COUNTRIES = (
    Country(
        code="US",
        title="United States",
        lang="en",
        prefix="+12025550",
        first=100,
        last=199,
        digits=3,
        shape="+1 202 555 0###",
    ),
    Country(
        code="GB",
        title="United Kingdom",
        lang="en",
        prefix="+447700900",
        first=0,
        last=999,
        digits=3,
        shape="+44 7700 900###",
    ),
    Country(
        code="ES",
        title="Spain",
        lang="es",
        prefix="+34500000",
        first=0,
        last=999,
        digits=3,
        shape="+34 500 000 ###",
    ),
    Country(
        code="FR",
        title="France",
        lang="fr",
        prefix="+3363998",
        first=0,
        last=9999,
        digits=4,
        shape="+33 6 39 98 ## ##",
    ),
    Country(
        code="DE",
        title="Germany",
        lang="de",
        prefix="+493023125",
        first=0,
        last=999,
        digits=3,
        shape="+49 30 23125 ###",
    ),
    Country(
        code="BR",
        title="Brazil",
        lang="pt",
        prefix="+552090000",
        first=0,
        last=9999,
        digits=4,
        shape="+55 20 9000 0####",
    ),
)

LANGUAGES = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "pt": "Português",
}

# What the company "sent" before: it only sets the scene on the phone's screen.
SCENE = {
    "en": "Only this week: 20% off all winter coats. Reply STOP to end these texts.",
    "es": "Solo esta semana: 20 % de descuento en abrigos. Responda BAJA para no recibir más.",
    "fr": "Cette semaine : -20 % sur les manteaux. Répondez STOP pour ne plus rien recevoir.",
    "de": "Nur diese Woche: 20 % auf alle Wintermäntel. Mit STOPP abmelden.",
    "pt": "Só esta semana: 20% de desconto em casacos. Responda SAIR para não receber mais.",
}

PHRASES = {
    "en": (
        "pls stop txting me",
        "STOP",
        "stop everything",
        "wrong number",
        "too often, once a month is fine",
        "delete my data",
        "stop by at 5",
        "no",
        "HELP",
        "START",
    ),
    "es": (
        "BAJA",
        "no me escriban más por favor",
        "número equivocado",
        "demasiados mensajes, uno al mes está bien",
        "borren mis datos",
        "nos vemos en la parada a las 5",
        "no",
        "AYUDA",
        "ALTA",
    ),
    "fr": (
        "STOP",
        "arrêtez de m'écrire svp",
        "vous vous trompez de numéro",
        "trop souvent, une fois par mois suffit",
        "supprimez mes données",
        "je t'attends à l'arrêt de bus",
        "non",
        "AIDE",
        "START",
    ),
    "de": (
        "STOPP",
        "bitte keine SMS mehr",
        "falsche Nummer",
        "zu oft, einmal im Monat reicht",
        "löschen Sie meine Daten",
        "halt mir bitte den Platz frei",
        "nein",
        "HILFE",
        "START",
    ),
    "pt": (
        "SAIR",
        "parem de me mandar mensagem",
        "número errado",
        "muitas mensagens, uma por mês está bom",
        "apaguem os meus dados",
        "te espero no ponto de ônibus",
        "não",
        "AJUDA",
        "VOLTAR",
    ),
}


def country_of(number: str) -> Country | None:
    """Whose range the number is in; None for any number that might belong to somebody."""
    return next((country for country in COUNTRIES if country.holds(number)), None)
