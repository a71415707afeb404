"""``pitboss init``: write a commented target file to begin with."""

from importlib.resources import files
from pathlib import Path
from typing import Final

import click

from scenarios.cli.click_errors import examples
from scenarios.cli.new_file import write_new
from scenarios.target.loading import DEFAULT_FILE

_SCHEMA: Final = "pitboss.schema.json"


@click.command(
    "init",
    epilog=examples(
        "pitboss init", "pitboss init -o staging.toml       then: pitboss doctor -c staging.toml"
    ),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path(DEFAULT_FILE),
    show_default=True,
    metavar="FILE",
    help="Where to write it.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def command(output: Path, force: bool) -> None:
    """Write a commented pitboss.toml to begin with.

    Beside it lies pitboss.schema.json, its JSON schema, which the first line names.
    """
    shipped = files("scenarios.target")
    text = shipped.joinpath("starter.toml").read_text(encoding="utf-8")
    write_new(output, text, "pitboss init --output", force=force)
    # The file's first line names it, so that editors complete and check what is written.
    write_new(
        output.with_name(_SCHEMA), shipped.joinpath(_SCHEMA).read_text(encoding="utf-8"), "", force=True
    )
    config = "" if output == Path(DEFAULT_FILE) else f" -c {output}"
    click.echo(f"{output} is written, and {_SCHEMA} for editors. Next:")
    click.echo(
        "  1. set callback_url, one player id, and the secret:\n"
        "     export SECURITY_HASH=..., or the same without export in a file .env beside it"
    )
    click.echo(f"  2. pitboss doctor{config}    what is still wrong, and the next step")
    click.echo(f"  3. pitboss check{config}     the verdict, rule by rule")
