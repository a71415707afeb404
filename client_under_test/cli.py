"""The command that serves the reference CLIENT, or audits its ledger."""

import tempfile
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from flask import Flask

from client_under_test.config import AUTOMATIC, DEFAULT_PLAYERS, MANUAL, Config
from client_under_test.database import Database, DatabaseUnreachable
from client_under_test.server import serve
from client_under_test.shop.orders import Orders
from client_under_test.shop.tokens import ALGORITHMS
from client_under_test.values.misuse import Misuse
from client_under_test.values.refusals import Refused
from client_under_test.vouchers.conversions import Conversions
from client_under_test.wallet.accounts import Accounts
from client_under_test.wallet.adapters.table import ADAPTERS

_USAGE = 2
_UNREACHABLE = 3


class _Amount(click.ParamType[Decimal]):
    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            return Decimal(str(value))
        except InvalidOperation:
            self.fail(
                f"{value!r} is not a decimal such as 100.00; balances are kept exactly",
                param,
                ctx,
            )


def _one_mutant(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> str | None:
    """Reads --mutant: of two names the last would win, and nothing would tell."""
    if len(given) > 1:
        raise click.BadParameter(
            f"{' and '.join(given)}: one CLIENT has one mutant's fault", context, parameter
        )
    return given[0] if given else None


@click.command(
    epilog="\b\nExamples:\n"
    "  pitboss client                                 on SQLite, in a temporary file\n"
    "  pitboss client --database books.sqlite --balance 50.00 --player p-1\n"
    "  pitboss client --database books.sqlite --recompute\n"
    "  pitboss client --mutant rollback-orphan-deposits"
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8710,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--host", "address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--database", help="SQLite file or SQLAlchemy URL. Default: a temporary file, deleted at the end."
)
@click.option(
    "--no-fsync",
    is_flag=True,
    help="SQLite: commit without waiting for the disk; a kill loses nothing, a power loss the last commits.",
)
@click.option("--processes", type=click.IntRange(1), default=1, show_default=True, help="Server processes.")
@click.option("--prefix", default="/operator", show_default=True, help="Path of the callback URL.")
@click.option(
    "--operator", default="http://127.0.0.1:8701", show_default=True, help="API URL of the OPERATOR."
)
@click.option(
    "--operator-address",
    "operator_addresses",
    metavar="ADDRESS",
    multiple=True,
    help="IP address or network that the OPERATOR calls from (repeat). Default: any.",
)
@click.option("--username", default="client", show_default=True, help="User name at the OPERATOR.")
@click.option("--jackpot", default="http://127.0.0.1:8702", show_default=True, help="API URL of Jackpot.")
@click.option("--jackpot-client-id", help="client_id of our server at Jackpot. Default: the API key.")
@click.option(
    "--jackpot-confirmation",
    type=click.Choice([MANUAL, AUTOMATIC]),
    default=MANUAL,
    show_default=True,
    help="Who confirms reservations: this CLIENT, or nobody needs to.",
)
@click.option(
    "--checkout", default="http://127.0.0.1:8703", show_default=True, help="Address of the checkout provider."
)
@click.option(
    "--merchant-id", default="demo-merchant", show_default=True, help="Merchant id at the checkout."
)
@click.option(
    "--checkout-algorithm",
    type=click.Choice(ALGORITHMS),
    default=ALGORITHMS[0],
    show_default=True,
    help="What signs the tokens of checkouts.",
)
@click.option(
    "--public-url",
    metavar="URL",
    help="Where players and the checkout reach this CLIENT; tokens of checkouts then carry callbackUrls.",
)
@click.option(
    "--player", "players", multiple=True, help="Player to open at the start (repeat). Default: p-1 .. p-8."
)
@click.option(
    "--players-pattern", metavar="PATTERN", help="Players to open by a pattern such as load-{n}, from 0 on."
)
@click.option(
    "--player-count", type=click.IntRange(1), default=1000, show_default=True, help="How many of the pattern."
)
@click.option("--currency", default="EUR", show_default=True, help="Currency of the players opened.")
@click.option("--balance", type=_Amount(), default="100.00", show_default=True, help="Their opening balance.")
@click.option(
    "--dialect",
    type=click.Choice([*ADAPTERS]),
    help="Take callbacks in the words of this wallet provider. Default: the documents' own.",
)
@click.option(
    "--mutant", multiple=True, callback=_one_mutant, help="Serve this faulty CLIENT instead of the reference."
)
@click.option("--detached", is_flag=True, help="Go on when the process that started this one has ended.")
@click.option(
    "--recompute", is_flag=True, help="Serve nothing: sum all postings of --database, report differences."
)
def client(
    port: int,
    address: str,
    database: str | None,
    no_fsync: bool,
    processes: int,
    prefix: str,
    operator: str,
    jackpot: str,
    checkout: str,
    players: tuple[str, ...],
    players_pattern: str | None,
    player_count: int,
    currency: str,
    balance: Decimal,
    mutant: str | None,
    detached: bool,
    recompute: bool,
    **agreed: Any,
) -> None:
    """Serve the reference CLIENT: a model ledger behind the OPERATOR's callbacks and Jackpot's notifications.

    Secrets come from SECURITY_HASH, OPERATOR_PASSWORD, JACKPOT_API_KEY, JACKPOT_CLIENT_SECRET,
    JACKPOT_API_SIGNATURE and CHECKOUT_KEY (demonstration values where unset), and CHECKOUT_DECISION_KEY where
    the checkout signs its decisions by another key, CHECKOUT_CLIENT_ID where it asks for authentication.
    """
    try:
        if recompute:
            return audit(database)
        with tempfile.TemporaryDirectory(prefix="pitboss-client-") as folder:
            config = Config(
                database=database or str(Path(folder, "client.sqlite")),
                fsync=not no_fsync,
                callback_prefix=prefix,
                operator_api_url=operator,
                jackpot_url=jackpot,
                checkout_url=checkout,
                currency=currency,
                balance=balance,
                players=(*players, *_patterned(players_pattern, player_count)) or DEFAULT_PLAYERS,
                **agreed,  # what Config calls by the same names
            )
            build = _faulty(mutant) if mutant else None
            serve(config, address, port, processes, build=build, attached=not detached, say=_say)
    except Misuse as error:
        raise Failed(error, _UNREACHABLE if isinstance(error, DatabaseUnreachable) else _USAGE) from None
    except Refused:
        raise Failed(_unopened(balance, currency)) from None


def _faulty(mutant: str) -> Callable[[Config], Flask]:
    """What makes the faulty CLIENT called ``mutant``. Raises Misuse."""
    # Loaded when one is asked for: there are many, and the reference has to be back soon after a kill.
    from client_under_test.mutants.host import find

    return find(mutant).build


def _unopened(balance: Decimal, currency: str) -> Misuse:
    return Misuse(
        f"players cannot be opened with {balance} {currency}",
        "a decimal, not negative and not finer than the unit of a currency of ISO 4217, such as 100.00 EUR",
        "correct --balance or --currency",
    )


def _patterned(pattern: str | None, count: int) -> list[str]:
    if pattern is None:
        return []
    if "{n}" not in pattern:
        raise Failed(
            Misuse(
                f"--players-pattern is {pattern!r}",
                "a pattern with {n} in it, which stands for the number of each player",
                "write --players-pattern 'load-{n}'",
            )
        )
    return [pattern.replace("{n}", str(number)) for number in range(count)]


def audit(database: str | None) -> None:
    """Recompute every balance of ``database`` and print what differs; exits with 1 where something does."""
    if database is None:
        raise Failed(
            Misuse(
                "--recompute needs --database", "the books that are to be summed", "name their file or URL"
            )
        )
    books = Database(database)
    books.prepare()
    differences = Accounts(books).recompute()
    held = [*Conversions(books, Config()).recompute(), *Orders(books).recompute()]
    books.close()
    for difference in [*map(str, differences), *held]:
        click.echo(difference)
    click.echo(f"balances that differ from their postings: {len(differences)}")
    if differences or held:
        raise click.exceptions.Exit(1)


class Failed(click.ClickException):
    """The command cannot do what was asked; the attributes are those of Misuse, for whoever shows them apart."""

    def __init__(self, misuse: Misuse, code: int = _USAGE) -> None:
        super().__init__(str(misuse))
        self.came, self.expected, self.next_step = misuse.came, misuse.expected, misuse.next_step
        self.exit_code = code  # type: ignore[misc]  # click reads it from the instance


def _say(line: str) -> None:
    click.echo(line)
