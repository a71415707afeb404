"""The front door: the ``pitboss`` command, which alone reaches into the CLIENT under test and load tests."""

import contextlib
import importlib
import io
import sys
from typing import Any, Final

import click

from scenarios.cli.click_errors import Commands, in_three_beats
from scenarios.problems.errors import INTERRUPTED, Exit

# Each is loaded when it is used, so that no command waits for the others' imports.
_COMMANDS: Final = "scenarios.cli.commands"
# Sub-commands by name, in the order of help, each with its first sentence: help of all commands loads none of them.
COMMANDS: Final = {
    "demo": "Run everything at once on this machine: simulators, reference CLIENT, all rules, report.",
    "check": "Judge a CLIENT by the contract, rule by rule.",
    "serve": "Serve the fake OPERATOR, Jackpot and checkout beside a CLIENT until Ctrl-C.",
    "client": "Serve the reference CLIENT: a model ledger behind the OPERATOR's callbacks and Jackpot's notifications.",
    "load": "Load a CLIENT with wagers and, at the end, audit every player's balance to the last cent.",
    "trigger": "Raise one event by hand: of the OPERATOR, a webhook of Jackpot, or a decision of the checkout.",
    "tail": "Show what passes in a running `serve`, as it happens, until Ctrl-C.",
    "token": "Check or make a JWT by hand: of a Jackpot session, or of a checkout.",
    "replay": "Send a saved failure again: every rule that FILE (a report.json, or its folder) says is broken, or one "
    "saved story of a generated history.",
    "resend": "Send exchange NUMBER of a report once more, and see the CLIENT's answer.",
    "report": "Draw FILE, a report.json or its folder, as a page to look at, to send and to print.",
    "diff": "Compare two reports, OLD and NEW (each a report.json or its folder): what broke, what was fixed.",
    "rules": "List what a CLIENT must do, rule by rule.",
    "init": "Write a commented pitboss.toml to begin with.",
    "doctor": "Say what is wrong with the target file and the target, and the next step.",
    "dialect": "Describe the words of another wallet provider in a file, and see what is sent in them.",
    "completion": "Print the script that completes commands, options, rules and events in a shell.",
}
# Where a command is that is not called ``command`` in the module of its name.
_ELSEWHERE: Final = {
    "client": ("client_under_test.cli", "client"),
    "load": ("loadtests.command", "command"),
    **{name: (f"{_COMMANDS}.{name}.command", "command") for name in ("trigger", "token")},
}

# Where the context keeps the command line as it was given.
_GIVEN = "scenarios.cli.main.given"


class _MainGroup(Commands):
    """Loads a sub-command when it is asked for, and tells every mistake in three beats."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, attribute = _ELSEWHERE.get(cmd_name, (f"{_COMMANDS}.{cmd_name}", "command"))
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def summary(self, ctx: click.Context, name: str) -> str:  # noqa: ARG002
        """What a command does, without loading it."""
        return COMMANDS[name]

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
                click.echo(INTERRUPTED, err=True)
            ctx.exit(int(Exit.UNDECIDED))


@click.group(cls=_MainGroup, context_settings={"help_option_names": ["-h", "--help"]})
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
