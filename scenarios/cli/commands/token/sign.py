"""``pitboss token sign``: sign a token from options, a right one or a wrong one."""

import time
import uuid
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any, Final

import click

from scenarios.cli import options
from scenarios.cli.click_errors import examples
from scenarios.cli.commands.token.keys import SHARED, api_signature, no_algorithm, target_of
from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import Target
from simulators.checkout import wire
from simulators.jackpot.credentials import session_jwt
from simulators.providers import CHECKOUT, JACKPOT
from simulators.values import jws, money

_EXACT: Final = Context(prec=100)
_CENT: Final = Decimal("0.01")
_NUMBER: Final = options.amount("a number such as 19.99")


@click.command(
    "sign",
    epilog=examples(
        "pitboss token sign --amount 40 --notification-key k-1",
        "pitboss token sign --before 16.66 --tax 20 --reference mug-blue",
        "pitboss token sign --amount 40 --iat 0             an old one, to see it refused",
    ),
)
@SHARED
@click.option("--iat", type=int, metavar="SECONDS", help="When it was minted.  [default: now]")
@click.option("--amount", type=_NUMBER, metavar="EUR", help="Jackpot: the most that the session may spend.")
@click.option("--user-id", metavar="ID", help="Jackpot: the player.")
@click.option(
    "--notification-key", metavar="KEY", help="Jackpot: ties webhooks to it.  [default: a new UUID]"
)
@click.option("--force-manual-confirm", is_flag=True, help="Jackpot: the reservation waits to be confirmed.")
@click.option("--merchant-id", metavar="ID", help="Checkout: iss.  [default: the target's]")
@click.option("--currency", default="EUR", show_default=True, metavar="CODE", help="Checkout: ISO 4217.")
@click.option("--before", type=_NUMBER, metavar="AMOUNT", help="Checkout: the price before tax.")
@click.option("--tax", type=_NUMBER, metavar="PERCENT", help="Checkout: the tax on it.")
@click.option(
    "--after", type=_NUMBER, metavar="AMOUNT", help="Checkout: the price after tax.  [default: computed]"
)
@click.option("--reference", metavar="REF", help="Checkout: the variant.")
@click.option("--merchant-reference", metavar="REF", help="Checkout: the merchant's.  [default: a new UUID]")
def sign(config: Path | None, provider: str | None, key: str | None, iat: int | None, **given: Any) -> None:
    """Sign a token from options, and print it; also one that is wrong, to see it refused."""
    whose = provider or (JACKPOT if given["amount"] is not None else CHECKOUT)
    target = target_of(config, key, whose)
    now = int(time.time()) if iat is None else iat
    make = _session if whose == JACKPOT else _product
    try:
        click.echo(make(target, key, now, given))
    except jws.BadKey as error:
        raise UsageProblem(
            str(error),
            "the key that the CLIENT signs with; of RS256 and ES256 the target file has only the public half",
            "pass the private key in PEM: --key env:NAME",
        ) from None


def _session(target: Target | None, key: str | None, iat: int, given: dict[str, Any]) -> str:
    no_algorithm(given["algorithm"])
    _needed(given, "amount")
    claims: dict[str, Any] = {"amount": given["amount"]}
    if given["user_id"] is not None:
        claims["userId"] = given["user_id"]
    claims |= {"iat": iat, "notificationKey": given["notification_key"] or str(uuid.uuid4())}
    if given["force_manual_confirm"]:
        claims["forceManualConfirm"] = True
    return session_jwt.mint_raw(claims, key or api_signature(target))


def _product(target: Target | None, key: str | None, iat: int, given: dict[str, Any]) -> str:
    _needed(given, "before", "tax", "reference")
    section = target.checkout if target else None
    merchant_id = given["merchant_id"] or (section.merchant_id if section else None)
    if merchant_id is None:
        _needed(given, "merchant_id")
    before, tax, after = given["before"], given["tax"], given["after"]
    if after is None:
        factor = _EXACT.add(Decimal(1), _EXACT.divide(tax, Decimal(100)))
        after = _EXACT.multiply(before, factor).quantize(_unit(given["currency"]), ROUND_HALF_UP, _EXACT)
    claims = wire.Claims(
        merchant_id=str(merchant_id),
        iat=iat,
        currency=given["currency"],
        value_before_tax=before,
        value_after_tax=after,
        tax_percentage=tax,
        variant=given["reference"],
        tax_value=_EXACT.subtract(after, before),
        merchant_reference=given["merchant_reference"] or str(uuid.uuid4()),
    )
    algorithm = given["algorithm"] or (section.algorithm if section else "HS256")
    if key is None:
        assert section is not None
        key = section.key.get_secret_value()
    return wire.mint(claims, key, algorithm)


def _needed(given: dict[str, Any], *names: str) -> None:
    missing = [f"--{name.replace('_', '-')}" for name in names if given[name] is None]
    if missing:
        raise UsageProblem(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing",
            "--amount for a session of Jackpot, or --before, --tax and --reference for a checkout",
            "add what is missing",
        )


def _unit(currency: str) -> Decimal:
    try:
        return money.unit(currency.upper())
    except money.UnknownCurrency:
        return _CENT  # a wrong token may be wanted
