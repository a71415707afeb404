"""Whether a command line of a file that nobody types, such as a template for CI, is one that the command takes."""

from collections.abc import Sequence

import click

from scenarios.cli.main import main


def held_against_the_command(words: Sequence[str]) -> None:
    """Parse ``words``, "pitboss" first, as the command would, without doing it. Raises click.ClickException."""
    program, *rest = words
    assert program == "pitboss", words
    context: click.Context = click.Context(main, info_name=program)
    command: click.Command | None = main
    while isinstance(command, click.Group):
        name, *rest = rest
        command = command.get_command(context, name)
        assert command is not None, f"{' '.join(words)}: there is no command {name}"
        context = click.Context(command, parent=context, info_name=name)
    command.make_context(command.name, list(rest), parent=context)
