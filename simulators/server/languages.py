"""The languages of the pages: plain tables, in which what is looked up is the English text.

Numbers, money and dates are written as the language writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from simulators.values import money

_DAYS_EN: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS_ES: Final = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
_MONTHS_ES: Final = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
_DAYS_FR: Final = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
_MONTHS_FR: Final = (
    "janv.",
    "févr.",
    "mars",
    "avr.",
    "mai",
    "juin",
    "juil.",
    "août",
    "sept.",
    "oct.",
    "nov.",
    "déc.",
)


@dataclass(frozen=True)
class Language:
    """A language of a page; ``point`` stands before the decimals."""

    code: str
    words: Mapping[str, str]
    point: str
    days: tuple[str, ...]
    months: tuple[str, ...]

    def word(self, english: str) -> str:
        """Return a text of the page; what is in no table (names of teams) is as it is."""
        return self.words.get(english, english)

    def number(self, number: Decimal | str) -> str:
        """Write a decimal number."""
        return str(number).replace(".", self.point)

    def money(self, amount: Decimal, currency: str) -> str:
        """Write an amount with its currency, also one that no table knows."""
        try:
            return self.number(money.show(amount, currency))
        except money.UnknownCurrency:
            return f"{self.number(money.plain(amount))} {currency}"

    def moment(self, moment: datetime) -> str:
        """Write day, month and time."""
        day, month = self.days[moment.weekday()], self.months[moment.month - 1]
        return f"{day} {moment:%d} {month} {moment:%H:%M}"

    def instant(self, moment: datetime) -> str:
        """Write day, month, year and time to the second, in UTC."""
        utc = moment.astimezone(UTC)
        return f"{utc:%d} {self.months[utc.month - 1]} {utc:%Y, %H:%M:%S} UTC"

    def read(self, number: str) -> Decimal:
        """Read a decimal number that a player wrote, with a point or as the language does; raises ValueError."""
        return money.parse(number.strip().replace(self.point, "."))


# How each language counts and tells the time.
_WRITTEN: Final = {
    "en": (".", _DAYS_EN, _MONTHS_EN),
    "es": (",", _DAYS_ES, _MONTHS_ES),
    "fr": (",", _DAYS_FR, _MONTHS_FR),
}


def spoken(tables: Mapping[str, Mapping[str, str]]) -> dict[str, Language]:
    """The languages of a page by their codes: English, and those of ``tables``."""
    return {code: Language(code, words, *_WRITTEN[code]) for code, words in {"en": {}, **tables}.items()}
