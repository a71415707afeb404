"""The command that serves the reference CLIENT, or audits its books."""

import tempfile
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click

from client_under_test.accounts import Accounts
from client_under_test.config import DEFAULT_PLAYERS, Config
from client_under_test.database import Database, DatabaseUnreachable
from client_under_test.mutants import host as mutants
from client_under_test.refusals import Refused
from client_under_test.server import CannotListen, serve

_USAGE = 2
_UNREACHABLE = 3


class _Amount(click.ParamType[Decimal]):
    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            return Decimal(str(value))
        except InvalidOperation:
            self.fail(
                f"{value!r} is not a decimal such as 100.00; balances are kept exactly. Correct it.",
                param,
                ctx,
            )


@click.command()
@click.option("--port", default=8710, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--host", "address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--database", help="SQLite file or SQLAlchemy URL. Default: a temporary file, deleted at the end."
)
@click.option("--processes", default=1, show_default=True, help="Server processes.")
@click.option("--prefix", default="/operator", show_default=True, help="Path of the callback URL.")
@click.option(
    "--operator", default="http://127.0.0.1:8701", show_default=True, help="API URL of the OPERATOR."
)
@click.option("--username", default="client", show_default=True, help="User name at the OPERATOR.")
@click.option(
    "--player", "players", multiple=True, help="Player to open at the start (repeat). Default: p-1 .. p-8."
)
@click.option("--currency", default="EUR", show_default=True, help="Currency of the players opened.")
@click.option("--balance", type=_Amount(), default="100.00", show_default=True, help="Their opening balance.")
@click.option("--mutant", help="Serve this faulty CLIENT instead of the reference.")
@click.option("--detached", is_flag=True, help="Go on when the process that started this one has ended.")
@click.option(
    "--recompute", is_flag=True, help="Serve nothing: sum all postings of --database, report differences."
)
def client(
    port: int,
    address: str,
    database: str | None,
    processes: int,
    prefix: str,
    operator: str,
    username: str,
    players: tuple[str, ...],
    currency: str,
    balance: Decimal,
    mutant: str | None,
    detached: bool,
    recompute: bool,
) -> None:
    """Serve the reference CLIENT: a model ledger behind the OPERATOR's callbacks.

    Secrets come from SECURITY_HASH and OPERATOR_PASSWORD (demonstration values where unset).
    """
    try:
        if recompute:
            return audit(database)
        build = mutants.find(mutant).build if mutant else None
        with tempfile.TemporaryDirectory(prefix="pitboss-client-") as folder:
            config = Config(
                database=database or str(Path(folder, "client.sqlite")),
                callback_prefix=prefix,
                operator_api_url=operator,
                username=username,
                currency=currency,
                balance=balance,
                players=players or DEFAULT_PLAYERS,
            )
            serve(config, address, port, processes, build=build, attached=not detached, say=_say)
    except (CannotListen, mutants.UnknownMutant) as error:
        raise _failed(str(error), _USAGE) from None
    except Refused:
        raise _failed(
            f"players cannot be opened with {balance} {currency}. "
            "A decimal, not negative and not finer than the unit of a currency of ISO 4217 was expected, "
            "such as 100.00 EUR. Correct --balance or --currency.",
            _USAGE,
        ) from None
    except DatabaseUnreachable as error:
        raise _failed(str(error), _UNREACHABLE) from None


def audit(database: str | None) -> None:
    """Recompute every balance of ``database`` and print what differs; exits with 1 where something does."""
    if database is None:
        raise click.UsageError(
            "--recompute needs --database: the books that are to be summed. Name their file or URL."
        )
    books = Database(database)
    books.prepare()
    differences = Accounts(books).recompute()
    books.close()
    for difference in differences:
        click.echo(str(difference))
    click.echo(f"balances that differ from their postings: {len(differences)}")
    if differences:
        raise click.exceptions.Exit(1)


class _Failed(click.ClickException):
    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]  # click reads it from the instance


def _say(line: str) -> None:
    click.echo(line)


def _failed(message: str, code: int) -> click.ClickException:
    return _Failed(message, code)
