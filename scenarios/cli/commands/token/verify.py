"""``pitboss token verify``: explain a token claim by claim."""

import time
from pathlib import Path
from typing import IO

import click

from scenarios.cli.click_errors import examples
from scenarios.cli.commands.token.keys import SHARED, api_signature, no_algorithm, target_of
from scenarios.hosting.checkout import agreed_on
from scenarios.problems.errors import Exit, UsageProblem
from scenarios.problems.plain_text import printable
from scenarios.target.loading import Target
from scenarios.tokens import explain
from scenarios.tokens.explain import ClaimLine, ClaimStanding
from simulators.checkout import claims as checkout_claims
from simulators.checkout import wire
from simulators.exchanges.redaction import Redactor
from simulators.providers import CHECKOUT, JACKPOT
from simulators.values import jws


@click.command(
    "verify",
    epilog=examples(
        "pitboss token verify token.txt",
        "pitboss token verify - --provider checkout --key env:CHECKOUT_KEY < token.txt",
    ),
)
@click.argument("file", type=click.File("rb"), metavar="FILE|-")
@SHARED
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
    target = target_of(config, key, whose)
    if whose is None:
        lines = _of_nobody(token)
        whose = CHECKOUT
    elif whose == JACKPOT:
        no_algorithm(algorithm)
        lines = explain.jackpot(token, key or api_signature(target), time.time())
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
        parts = [line.meaning, line.value or ("not there" if line.standing is ClaimStanding.ABSENT else "")]
        _say(
            f"{line.standing:<9} {line.path:<{width}}  {': '.join(part for part in parts if part)}", redactor
        )
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
        assert section is not None
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
