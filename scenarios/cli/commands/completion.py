"""``pitboss completion``: the script that makes a shell complete commands, options, rules and events."""

from typing import Final

import click
from click.shell_completion import get_completion_class

from scenarios.cli.click_errors import examples
from scenarios.problems.errors import UsageProblem

# The variable by which the shell's script asks the command for completions.
VARIABLE: Final = "_PITBOSS_COMPLETE"
_SHELLS: Final = ("bash", "zsh", "fish")


@click.command(
    "completion",
    epilog=examples(
        'eval "$(pitboss completion bash)"                                 in ~/.bashrc',
        'eval "$(pitboss completion zsh)"                                  in ~/.zshrc, after compinit',
        "pitboss completion fish > ~/.config/fish/completions/pitboss.fish",
    ),
)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that completes commands, options, rules and events in a shell."""
    script = get_completion_class(shell)
    if script is None:
        raise UsageProblem(
            f"this version of click knows nothing of {shell}",
            f"one of {', '.join(_SHELLS)}",
            "choose another shell, or install a newer click",
        )
    click.echo(script(context.find_root().command, {}, "pitboss", VARIABLE).source())
