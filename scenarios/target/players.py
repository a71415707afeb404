"""``[players]`` of the target file: who is judged, in which currencies, and what is known of their money."""

import itertools
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from scenarios.toml_files.section import Section
from scenarios.toml_files.values import CurrencyCode, Name, distinct, listed, table
from simulators.values import money


def _by_currency(value: Any) -> Any:
    """A table from the environment is JSON, or one variable for each currency, its code in any case."""
    value = table(value)
    return {str(code).upper(): name for code, name in value.items()} if isinstance(value, dict) else value


def _several(value: Any) -> Any:
    """One id or a list of ids; a list from the environment is JSON."""
    if not isinstance(value, str):
        return value
    return listed(value) if value.lstrip().startswith("[") else (value,)


def _by_player(value: Any) -> Any:
    """Amounts by player: texts, or whole numbers; a table from the environment is JSON."""
    value = table(value)
    if not isinstance(value, dict):
        return value
    return {str(name): _amount(name, given) for name, given in value.items()}


def _amount(name: str, given: Any) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise ValueError(f"the balance of {name} is no decimal text")  # noqa: TRY004 - pydantic reports ValueError
    return money.parse(str(given))


SeveralPlayers = Annotated[
    tuple[Name, ...], BeforeValidator(_several, json_schema_input_type=Name | list[Name]), Field(min_length=1)
]


class Players(Section):
    """``[players]``: test players that the CLIENT knows. One is enough; two unlock the rules of isolation."""

    ids: Annotated[tuple[Name, ...], BeforeValidator(listed), AfterValidator(distinct)] = Field(
        min_length=1,
        description="at least one id of an existing test player, as text, each once",
        examples=['["p-1", "p-2"]'],
    )
    currency: CurrencyCode = Field(
        "EUR", description="the players' currency, as an ISO 4217 code", examples=['"EUR"']
    )
    others: Annotated[dict[CurrencyCode, SeveralPlayers], BeforeValidator(_by_currency)] = Field(
        default_factory=dict,
        description="test players in other currencies, ISO 4217 code = id, best with 0 and with 3 decimals; in those "
        "that [operator] currencies agrees on, the rules about money are judged again, with a list of two ids those "
        "for two players, too",
        examples=['{ JPY = "p-jpy", KWD = "p-kwd" }'],
    )

    @field_validator("others")
    @classmethod
    def _apart(cls, others: dict[str, tuple[str, ...]], info: ValidationInfo) -> dict[str, tuple[str, ...]]:
        if info.data.get("currency") in others:
            raise ValueError(f"{info.data['currency']} is the currency of ids; name players in others only")
        distinct((*info.data.get("ids", ()), *itertools.chain(*others.values())))
        return others

    def currency_of(self, player: str) -> str:
        """The currency of ``player``, a test player's id."""
        return next((code for code, names in self.others.items() if player in names), self.currency)

    opening: Annotated[
        dict[str, Decimal], BeforeValidator(_by_player, json_schema_input_type=dict[str, str | int])
    ] = Field(
        default_factory=dict,
        description="what test players own when a check begins, id = amount as text in the player's currency",
        examples=['{ p-1 = "100.00" }'],
    )

    @field_validator("opening")
    @classmethod
    def _owned(cls, opening: dict[str, Decimal], info: ValidationInfo) -> dict[str, Decimal]:
        currencies = dict.fromkeys(info.data.get("ids", ()), info.data.get("currency", ""))
        currencies |= {name: code for code, names in info.data.get("others", {}).items() for name in names}
        for name, amount in opening.items():
            if currencies and name not in currencies:
                raise ValueError(f"{name} is none of the players, {', '.join(currencies)}")
            if currencies.get(name):
                money.to_minor(amount, currencies[name])
        return opening
