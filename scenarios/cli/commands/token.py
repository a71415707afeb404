"""``pitboss token``: explain a session or checkout JWT claim by claim, or sign one by hand."""

import os
import time
import uuid
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import IO, Any, Final

import click

from scenarios.cli.click_errors import Commands, examples
from scenarios.hosting.checkout import agreed_on
from scenarios.problems.errors import BadValue, Exit, UsageProblem
from scenarios.report.plain import printable
from scenarios.target.demo import target_or_demo
from scenarios.target.loading import Target
from scenarios.target.sections import DEFAULT_FILE
from scenarios.tokens import explain
from scenarios.tokens.explain import ClaimLine, ClaimStanding
from simulators.checkout import claims as checkout_claims
from simulators.checkout import wire
from simulators.exchanges.export import Redactor
from simulators.jackpot.credentials import session_jwt
from simulators.providers import CHECKOUT, JACKPOT
from simulators.values import jws, money

_ENV: Final = "env:"
_PROVIDERS: Final = (JACKPOT, CHECKOUT)
_EXACT: Final = Context(prec=100)
_CENT: Final = Decimal("0.01")


def _amount(text: str) -> Decimal:
    """Read an amount on the command line; never a float."""
    try:
        return money.parse(text)
    except ValueError as error:
        raise BadValue(str(error), "a number such as 19.99") from None


def _environment(text: str) -> str:
    """Read a key, which is never on the command line itself: that is kept in histories and shown by ps."""
    name = text.removeprefix(_ENV)
    if name == text or not os.environ.get(name):
        # What was given may be the key, so it is not repeated.
        raise UsageProblem(
            "--key names no variable of the environment that is set",
            "env:NAME, so that the key stays out of the command line",
            "set the variable, and write --key env:NAME",
        )
    return os.environ[name]


_CONFIG = click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The target file, which has the keys.  [default: pitboss.toml, else `pitboss client`]",
)
_PROVIDER = click.option("--provider", type=click.Choice(_PROVIDERS), help="Whose token.  [default: guessed]")
_KEY = click.option("--key", type=_environment, metavar="env:NAME", help="The key, from the environment.")
_ALGORITHM = click.option(
    "--algorithm", type=click.Choice(jws.ALGORITHMS), help="Of a checkout's token.  [default: HS256]"
)


@click.group("token", cls=Commands)
def command() -> None:
    """Check or make a JWT by hand: of a Jackpot session, or of a checkout.

    \b
    curl -s http://127.0.0.1:8710/checkout/token?variant=mug-blue | jq -r .token | pitboss token verify -
    pitboss token sign --amount 40 --notification-key k-1 | pitboss token verify -
    pitboss token sign --before 16.66 --tax 20 --reference v-1 --key env:CHECKOUT_KEY
    """


@command.command(
    "verify",
    epilog=examples(
        "pitboss token verify token.txt",
        "pitboss token verify - --provider checkout --key env:CHECKOUT_KEY < token.txt",
    ),
)
@click.argument("file", type=click.File("rb"), metavar="FILE|-")
@_CONFIG
@_PROVIDER
@_KEY
@_ALGORITHM
@click.option("--merchant-id", metavar="ID", help="Expected in iss.  [default: the target's]")
@click.option(
    "--max-age",
    type=click.IntRange(0),
    default=checkout_claims.LIFE,
    show_default=True,
    metavar="SECONDS",
    help="How old a checkout's token may be; CHK-03 asks for 60 when it is minted.",
)
@click.pass_context
def verify(
    context: click.Context,
    /,
    file: IO[bytes],
    config: Path | None,
    provider: str | None,
    key: str | None,
    algorithm: jws.AlgorithmName | None,
    merchant_id: str | None,
    max_age: int,
) -> None:
    """Explain a token claim by claim: what it is, whether it is right, what was expected.

    Exit code 0: it is valid; 1: it is not; 2: usage.
    """
    token = file.read().decode("utf-8", "replace").strip()
    whose = provider or explain.guess(token)
    target = _target(config, key)
    if whose is None:
        lines = _of_nobody(token)
        whose = CHECKOUT
    elif whose == JACKPOT:
        _no_algorithm(algorithm)
        lines = explain.jackpot(token, key or _api_signature(target), time.time())
    else:
        agreement = _agreement(target, key, algorithm, merchant_id or _issuer(token))
        if merchant_id is not None:
            agreement = wire.Agreement(merchant_id, agreement.key, agreement.algorithm)
        lines = explain.checkout(token, agreement, time.time(), max_age)
    secrets = target.secrets() if target else {}
    _print(whose, lines, Redactor({**secrets, **({"KEY": key} if key else {})}))
    wrong = [line for line in lines if line.standing is ClaimStanding.WRONG]
    context.exit(int(Exit.BROKEN if wrong else Exit.HOLDS))


def _of_nobody(token: str) -> list[ClaimLine]:
    try:
        jws.unverified(token)
    except jws.NoJwt:
        return explain.checkout("", wire.Agreement("", "any"), 0, 0)
    raise UsageProblem(
        "the token's claims are neither a session's nor a checkout's",
        "amount, iat, .. for Jackpot, or iss, sub, iat, data for the checkout",
        "say whose it is: --provider jackpot or --provider checkout",
    )


def _print(whose: str, lines: list[ClaimLine], redactor: Redactor) -> None:
    wrong = sum(line.standing is ClaimStanding.WRONG for line in lines)
    width = max(len(line.path) for line in lines)
    for line in lines:
        told = [line.meaning, line.value or ("not there" if line.standing is ClaimStanding.ABSENT else "")]
        _say(f"{line.standing:<9} {line.path:<{width}}  {': '.join(part for part in told if part)}", redactor)
        # The checkout's problems say what is expected themselves.
        if (
            line.standing in (ClaimStanding.WRONG, ClaimStanding.ADVISED)
            and "Expected is" not in line.problem
        ):
            _say(f"{'':<10}expected: {line.expected}", redactor)
        if line.problem:
            _say(f"{'':<10}{line.problem}", redactor)
    kind = "session JWT for Jackpot" if whose == JACKPOT else "product widget JWT for the checkout"
    if wrong:
        click.echo(f"not a valid {kind}: {wrong} wrong")
    else:
        click.echo(f"a valid {kind}")


def _say(text: str, redactor: Redactor) -> None:
    click.echo(printable(redactor.text(text)))


@command.command(
    "sign",
    epilog=examples(
        "pitboss token sign --amount 40 --notification-key k-1",
        "pitboss token sign --before 16.66 --tax 20 --reference mug-blue",
        "pitboss token sign --amount 40 --iat 0             an old one, to see it refused",
    ),
)
@_CONFIG
@_PROVIDER
@_KEY
@_ALGORITHM
@click.option("--iat", type=int, metavar="SECONDS", help="When it was minted.  [default: now]")
@click.option("--amount", type=_amount, metavar="EUR", help="Jackpot: the most that the session may spend.")
@click.option("--user-id", metavar="ID", help="Jackpot: the player.")
@click.option(
    "--notification-key", metavar="KEY", help="Jackpot: ties webhooks to it.  [default: a new UUID]"
)
@click.option("--force-manual-confirm", is_flag=True, help="Jackpot: the reservation waits to be confirmed.")
@click.option("--merchant-id", metavar="ID", help="Checkout: iss.  [default: the target's]")
@click.option("--currency", default="EUR", show_default=True, metavar="CODE", help="Checkout: ISO 4217.")
@click.option("--before", type=_amount, metavar="AMOUNT", help="Checkout: the price before tax.")
@click.option("--tax", type=_amount, metavar="PERCENT", help="Checkout: the tax on it.")
@click.option(
    "--after", type=_amount, metavar="AMOUNT", help="Checkout: the price after tax.  [default: computed]"
)
@click.option("--reference", metavar="REF", help="Checkout: the variant.")
@click.option("--merchant-reference", metavar="REF", help="Checkout: the merchant's.  [default: a new UUID]")
def sign(config: Path | None, provider: str | None, key: str | None, iat: int | None, **given: Any) -> None:
    """Sign a token from options, and print it; also one that is wrong, to see it refused."""
    target = _target(config, key)
    whose = provider or (JACKPOT if given["amount"] is not None else CHECKOUT)
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
    _no_algorithm(given["algorithm"])
    _needed(given, "amount")
    claims: dict[str, Any] = {"amount": given["amount"]}
    if given["user_id"] is not None:
        claims["userId"] = given["user_id"]
    claims |= {"iat": iat, "notificationKey": given["notification_key"] or str(uuid.uuid4())}
    if given["force_manual_confirm"]:
        claims["forceManualConfirm"] = True
    return session_jwt.mint_raw(claims, key or _api_signature(target))


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
        key = (target or _demo()).need_checkout().key.get_secret_value()
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


def _target(config: Path | None, key: str | None) -> Target | None:
    """The target file, or what fits `pitboss client`; None where a key of its own makes it needless."""
    if config is None and key is not None and not Path(DEFAULT_FILE).exists():
        return None
    return target_or_demo(config)


def _demo() -> Target:
    return target_or_demo(None)


def _api_signature(target: Target | None) -> str:
    return (target or _demo()).need_jackpot().api_signature.get_secret_value()


def _no_algorithm(algorithm: str | None) -> None:
    if algorithm not in (None, session_jwt.ALGORITHM):
        raise UsageProblem(
            f"--algorithm is {algorithm}, and the token is a session's for Jackpot",
            f"{session_jwt.ALGORITHM}, which alone Jackpot takes",
            "leave --algorithm out",
        )


def _issuer(token: str) -> str:
    """The token's own iss, where nobody said which merchant id to expect."""
    try:
        issuer = jws.unverified(token)[1].get("iss")
    except jws.NoJwt:
        return ""
    return issuer if isinstance(issuer, str) else ""


def _agreement(
    target: Target | None, key: str | None, algorithm: jws.AlgorithmName | None, issuer: str
) -> wire.Agreement:
    """What was agreed on, by options and the target file. Raises UsageProblem."""
    section = target.checkout if target else None
    if key is None:
        section = (target or _demo()).need_checkout()
        agreed = agreed_on(section)
        if algorithm in (None, agreed.algorithm):
            return agreed
        key = agreed.key
    merchant_id = section.merchant_id if section else issuer
    try:
        return wire.Agreement(merchant_id, key, algorithm or (section.algorithm if section else "HS256"))
    except jws.BadKey as error:
        raise UsageProblem(
            f"--key or --algorithm: {error}", "a key and the algorithm that it is for", "correct one of them"
        ) from None
