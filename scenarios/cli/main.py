"""The front door: the ``pitboss`` command, which alone reaches into the CLIENT under test and load tests."""

import contextlib
import importlib
import io
import sys
from typing import Any

import click

from scenarios.cli.click_errors import Commands, in_three_beats
from scenarios.problems.errors import Exit

# Sub-commands by name, in the order of help, each with the module and the attribute that hold it. Loaded
# when used, so that no command waits for the others' imports.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("scenarios.cli.commands.demo", "command"),
    "check": ("scenarios.cli.commands.check", "command"),
    "serve": ("scenarios.cli.commands.serve", "command"),
    "client": ("client_under_test.cli", "client"),
    "load": ("loadtests.command", "command"),
    "trigger": ("scenarios.cli.commands.trigger", "command"),
    "token": ("scenarios.cli.commands.token", "command"),
    "replay": ("scenarios.cli.commands.replay", "command"),
    "report": ("scenarios.cli.commands.report", "command"),
    "rules": ("scenarios.cli.commands.rules", "command"),
    "init": ("scenarios.cli.commands.init", "command"),
    "doctor": ("scenarios.cli.commands.doctor", "command"),
    "completion": ("scenarios.cli.commands.completion", "command"),
}

# Where the context keeps the command line as it was given.
_GIVEN = "scenarios.cli.main.given"


class _Front(Commands):
    """Loads a sub-command when it is asked for, and tells every mistake in three beats."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the options before the command."""
        # Reading takes the list to pieces.
        given = list(args)
        with in_three_beats(click.Context(self, parent=parent, info_name=info_name), ()):
            context = super().make_context(info_name, args, parent, **extra)
        context.meta[_GIVEN] = given
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Ctrl-C before anything was judged is no broken contract: its code is another."""
        for stream in (sys.stdout, sys.stderr):
            # A terminal that cannot write a sign must not end the run.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            with in_three_beats(ctx, ctx.meta[_GIVEN]):
                return super().invoke(ctx)
        except KeyboardInterrupt:
            with contextlib.suppress(OSError):
                click.echo("pitboss: interrupted before anything was judged", err=True)
            ctx.exit(int(Exit.UNDECIDED))


@click.group(cls=_Front, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pitboss", prog_name="pitboss")
def main() -> None:
    """Fake betting and voucher providers, and a judge of the CLIENTs that integrate them.

    \b
    pitboss demo          see everything at once, on this machine
    pitboss init          write a pitboss.toml for your CLIENT, then:
    pitboss doctor        what is wrong with it, and the next step
    pitboss check         judge your CLIENT, rule by rule

    pitboss COMMAND --help has examples of each.
    """
