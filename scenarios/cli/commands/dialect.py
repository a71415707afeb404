"""``pitboss dialect``: the words of other wallet providers."""

from collections.abc import Iterator
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import click

from scenarios.cli.click_errors import Commands, examples
from scenarios.cli.new_file import write_new
from scenarios.problems.plain_text import printable
from scenarios.target.dialect_file import read_dialect
from simulators.dialects import DEFAULT, DIALECTS
from simulators.wallet.template_dialect import TemplateDialect
from simulators.wallet.transactions import Kind, Transaction

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
    """List the dialects that are built in."""
    for name, make in DIALECTS.items():
        default = " (the documents' own, by default)" if name == DEFAULT else ""
        click.echo(f"{name}{default}: {make('number').signing}")
    click.echo('Others are described in a file: [operator] dialect = "acme.toml"; see pitboss dialect new')


@command.command("new", epilog=examples("pitboss dialect new acme.toml"))
@click.argument("file", type=_FILE)
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def new(file: Path, force: bool) -> None:
    """Write a commented dialect FILE to begin with."""
    text = files("scenarios.target").joinpath("dialect.toml").read_text(encoding="utf-8")
    write_new(file, text, "pitboss dialect new", force=force)
    click.echo(
        f"{file} is written. Change it to what your provider documents, then: pitboss dialect check {file}"
    )


@command.command("check", epilog=examples("pitboss dialect check acme.toml"))
@click.argument("file", type=_FILE)
def check(file: Path) -> None:
    """Say what is wrong with a dialect FILE, or show an example of each message with its signature, step by step."""
    dialect = read_dialect(file)
    click.echo(f"{dialect.name}: {dialect.signing}")
    for transaction in _examples():
        for line in _shown(dialect, transaction):
            click.echo(printable(line))
    click.echo(f'\nNothing is wrong. In the target file: [operator] dialect = "{file}"')


def _examples() -> Iterator[Transaction]:
    yield Transaction(Kind.BET, "b-1", _PLAYER, _CURRENCY, _AMOUNT)
    yield Transaction(Kind.RESULT, "r-1", _PLAYER, _CURRENCY, _AMOUNT)
    yield Transaction(Kind.ROLLBACK, "u-1", _PLAYER, _CURRENCY, _AMOUNT, of="b-1")


def _shown(dialect: TemplateDialect, transaction: Transaction) -> Iterator[str]:
    body = dialect.encode(transaction)
    request = dialect.request("", transaction, _SECRET)
    yield f"\n{transaction.kind} of {_AMOUNT} {_CURRENCY}: {request.method} callback_url{request.url}"
    yield from (f"  {name}: {value}" for name, value in request.headers)
    if request.body:
        yield f"  {request.body.decode()}"
    yield f"  signed:    {dialect.signed_text(body).decode('utf-8', 'replace')}"
    yield f"  secret:    {_SECRET}"
    yield f"  signature: {dialect.signer.sign(dialect.signed_text(body), _SECRET)}"
