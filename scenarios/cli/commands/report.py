"""``pitboss report``: draw a saved report.json as one page that needs no network."""

import sys
from pathlib import Path

import click

from scenarios.problems.errors import UsageProblem
from scenarios.report.files import HTML, LAST
from scenarios.report.page.html import render
from scenarios.report.saved import read_report


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path), default=LAST, metavar="[FILE]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"Where to write it.  [default: {HTML} beside the report.json]",
)
@click.option(
    "--open/--no-open", "opened", default=None, help="Open it in a browser.  [default: on a terminal]"
)
def command(file: Path, output: Path | None, opened: bool | None) -> None:
    """Draw FILE, a report.json or its folder, as a page to look at, to send and to print.

    \b
    pitboss report                               the last report, opened in a browser
    pitboss report out/report.json               writes out/report.html
    pitboss report out -o verdict.html           writes it elsewhere

    Check, demo, replay and load write the page, too; this draws it again, from report.json alone.
    """
    text = render(read_report(file))
    path = output or (file if file.is_dir() else file.parent) / HTML
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as problem:
        raise UsageProblem(
            f"{path} cannot be written: {problem.strerror}",
            "a file in a folder that exists and may be written to",
            "choose another place with --output",
        ) from None
    if sys.stdout.isatty() if opened is None else opened:
        click.launch(str(path))
    click.echo(f"{path} is written; open it in a browser.")
