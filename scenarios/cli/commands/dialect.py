"""``pitboss dialect``: the words of other wallet providers."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import click

from scenarios.cli.click_errors import Commands, examples
from scenarios.cli.new_file import write_new
from scenarios.dialects.agreed import dialect_of
from scenarios.dialects.file import read_dialect
from scenarios.dialects.names import DIALECT_CLASS
from scenarios.problems.plain_text import printable
from simulators.dialects import DEFAULT, SHIPPED
from simulators.operator.dialect import SPORTSBOOK
from simulators.wallet.dialect import Dialect
from simulators.wallet.signers import RSA, Signer
from simulators.wallet.template_dialect import TemplateDialect
from simulators.wallet.transactions import BalanceCall, Kind, Transaction

# What examples are made of.
_SECRET = "example secret"  # noqa: S105 - shown to be computed with
_PLAYER, _CURRENCY, _AMOUNT = "p-1", "EUR", Decimal("12.50")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("dialect", cls=Commands)
def command() -> None:
    """Describe the words of another wallet provider in a file, and see what is sent in them.

    \b
    pitboss dialect new acme.toml      a file that is whole, to be changed
    pitboss dialect check acme.toml    what is wrong, or an example of each message with its signature
    then, in the target file:          [operator] dialect = "acme.toml"
    """


@command.command("list", epilog=examples("pitboss dialect list"))
def names() -> None:
    """List the dialects that are built in, and the public documents that they rest on."""
    click.echo(f"{DEFAULT} (the documents' own, by default): {SPORTSBOOK.signing}")
    for name, path in SHIPPED.items():
        dialect = read_dialect(path)
        click.echo(f"{name}: {dialect.signing}\n  after {dialect.source}")
    click.echo(
        'In the target file: [operator] dialect = "NAME"; others are described in a file: see pitboss dialect new'
    )


@command.command("new", epilog=examples("pitboss dialect new acme.toml"))
@click.argument("file", type=_FILE)
@click.option(
    "--from",
    "name",
    type=click.Choice([*SHIPPED]),
    help="Begin with a dialect that is built in, to change it.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def new(file: Path, name: str | None, force: bool) -> None:
    """Write a commented dialect FILE to begin with."""
    whole = SHIPPED[name] if name else files("scenarios.dialects").joinpath("starter.toml")
    text = whole.read_text(encoding="utf-8")
    write_new(file, text, "pitboss dialect new", force=force)
    click.echo(
        f"{file} is written. Change it to what your provider documents, then: pitboss dialect check {file}"
    )


@command.command("check", epilog=examples("pitboss dialect check acme.toml"))
@click.argument("file", type=_FILE)
def check(file: Path) -> None:
    """Say what is wrong with a dialect FILE, or show an example of each message with its signature, step by step.

    FILE may be the name of a dialect that is built in, or a class, module:Class, which is looked for from here.
    """
    dialect: Dialect
    if DIALECT_CLASS.fullmatch(str(file)):
        dialect = dialect_of(str(file), Path.cwd(), "FILE")
    else:
        dialect = read_dialect(SHIPPED.get(str(file), file))
    signer = dialect.signer if isinstance(dialect, TemplateDialect) else Signer()
    secret, checks = (_SECRET, _SECRET) if signer.method != RSA else signer.new_secrets()
    click.echo(f"{dialect.name}: {dialect.signing}")
    for what, path, body in _examples(dialect):
        for line in _shown(dialect, what, path, body, secret):
            click.echo(printable(line))
    if checks != secret:
        click.echo(f"\nSigned with a key made up just now, whose public half is\n{checks}")
    click.echo(f'\nNothing is wrong. In the target file: [operator] dialect = "{file}"')


def _examples(dialect: Dialect) -> Iterator[tuple[str, str, bytes]]:
    """What each message is, its path, and itself, not signed yet."""
    bet = Transaction(Kind.BET, "b-1", _PLAYER, _CURRENCY, _AMOUNT)
    result = Transaction(Kind.RESULT, "r-1", _PLAYER, _CURRENCY, _AMOUNT, bet="b-1")
    rollback = Transaction(Kind.ROLLBACK, "u-1", _PLAYER, _CURRENCY, _AMOUNT, of="b-1")
    both = [replace(bet, beside=(result,))] if dialect.abilities.several else []
    for transaction in (bet, result, rollback, *both):
        what = f"{transaction.title} of {_AMOUNT} {_CURRENCY}"
        yield what, dialect.path(transaction), dialect.encode(transaction)
    asked = dialect.balance_message(BalanceCall(_PLAYER, _CURRENCY))
    if asked is not None:
        yield ("balance call", *asked)


def _shown(dialect: Dialect, what: str, path: str, body: bytes, secret: str) -> Iterator[str]:
    request = dialect.signed("", path, body, secret)
    yield f"\n{what}: {request.method} callback_url{request.url}"
    yield from (f"  {name}: {value}" for name, value in request.headers)
    if request.body:
        yield f"  {request.body.decode('utf-8', 'replace')}"
    if not isinstance(dialect, TemplateDialect):
        return
    yield f"  signed:    {dialect.signed_text(body).decode('utf-8', 'replace')}"
    if dialect.signer.method != RSA:
        yield f"  secret:    {secret}"
    yield f"  signature: {dialect.signer.sign(dialect.signed_text(body), secret)}"
