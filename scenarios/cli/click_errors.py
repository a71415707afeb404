"""What every command shares with the person who types it: examples in help, and mistakes reported in three beats."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click

from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import BadValue, Exit, Problem, TargetProblem, UsageProblem

# No sentence of help is as long.
_WHOLE: Final = 1000
_QUOTED: Final = re.compile(r"'([^']*)'")
# What click says where there is a word too many.
_EXTRA: Final = re.compile(r"Got unexpected extra arguments? \((.*)\)")
_NUMBERS: Final = (click.types.IntParamType, click.types.FloatParamType)


def summary_of(command: click.Command) -> str:
    """What ``command`` does, in one sentence, none of it cut off."""
    return command.get_short_help_str(_WHOLE)


def examples(*lines: str, more: str = "") -> str:
    """The epilog of a command: ``lines`` to be typed as they are, then ``more``."""
    block = "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
    return f"{block}\n\n{more}" if more else block


class Commands(click.Group):
    """A group that says which of its commands was meant by a mistyped one, and lists them in whole sentences."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with what each does, none of it cut off."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.summary(ctx, name)) for name in self.list_commands(ctx)])

    def summary(self, ctx: click.Context, name: str) -> str:
        """What the command ``name`` does, in one sentence."""
        command = self.get_command(ctx, name)
        return "" if command is None else summary_of(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that ``args`` begin with; raises UsageProblem where there is none."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            known = self.list_commands(ctx)
            raise UsageProblem(
                f"{ctx.command_path} has no command {args[0]!r}",
                f"one of {', '.join(known)}",
                did_you_mean(args[0], known, f"see {ctx.command_path} --help"),
            )
        return super().resolve_command(ctx, args)


@contextmanager
def in_three_beats(context: click.Context, arguments: Sequence[str]) -> Iterator[None]:
    """Turn errors of the command line ``arguments`` inside into Problems, the exit code kept.

    ``context`` is that of the command that the arguments are for.
    """
    try:
        yield
    except (Problem, click.exceptions.NoArgsIsHelpError):
        raise
    except click.ClickException as error:
        raise problem_of(error, getattr(error, "ctx", None) or _innermost(context, arguments)) from None


def _innermost(context: click.Context, arguments: Sequence[str]) -> click.Context:
    """The context of the last command that ``arguments`` name; click does not tell it with every error."""
    for argument in arguments:
        group = context.command
        if not isinstance(group, click.Group):
            break
        found = group.get_command(context, argument)
        if found is not None:
            context = click.Context(found, parent=context, info_name=argument)
    return context


def problem_of(error: click.ClickException, context: click.Context) -> Problem:
    """Return ``error`` in three beats."""
    match error:
        case click.NoSuchOption():
            return _no_such_option(error, context)
        case click.BadOptionUsage():
            return _option_misused(error, context)
        case click.MissingParameter() if error.param is not None:
            return _missing(error.param, context)
        case click.BadParameter() if error.param is not None:
            return _bad(error, error.param, context)
    kind = TargetProblem if error.exit_code == Exit.UNREACHABLE else UsageProblem
    extra = _EXTRA.fullmatch(error.format_message().rstrip("."))
    if extra is not None:
        return kind(
            f"{extra.group(1)!r} was not expected after {context.command_path}",
            " ".join(context.get_usage().partition(" ")[2].split()),
            f"leave it out, or give it with its option; {_help(context)}",
        )
    # The CLIENT's own command line has its own errors, in the same three beats.
    if (came := getattr(error, "came", None)) is not None:
        return kind(came, getattr(error, "expected", ""), getattr(error, "next_step", ""))
    return kind(error.format_message().rstrip("."), "a command line as in the examples", _help(context))


def _begun(text: str) -> str:
    """``text`` without the capital of a sentence; words that are written in capitals keep theirs."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def _no_such_option(error: click.NoSuchOption, context: click.Context) -> Problem:
    known = _options(context)
    return UsageProblem(
        f"{context.command_path} has no option {error.option_name}",
        f"one of {', '.join(known)}; nothing is done while one cannot be understood",
        did_you_mean(error.option_name, known, _help(context)),
    )


def _option_misused(error: click.BadOptionUsage, context: click.Context) -> Problem:
    option = next((each for each in context.command.params if error.option_name in each.opts), None)
    if option is None or getattr(option, "is_flag", False):
        return UsageProblem(
            f"{error.option_name} was given a value",
            "the option alone: it is a switch",
            f"leave the value out; {_help(context)}",
        )
    return UsageProblem(
        f"{error.option_name} was given no value",
        _wanted(option, context),
        f"write {error.option_name} {_metavar(option, context)}",
    )


def _missing(param: click.Parameter, context: click.Context) -> Problem:
    return UsageProblem(
        f"{_name(param)} is missing",
        _wanted(param, context),
        f"add {_typed(param, context)}; {_help(context)}",
    )


def _bad(error: click.BadParameter, param: click.Parameter, context: click.Context) -> Problem:
    name = _name(param)
    came = error.message.rstrip(".")
    if isinstance(param.type, click.Choice):
        choices = [str(choice) for choice in param.type.choices]
        quoted = _QUOTED.match(came)
        value = quoted.group(1) if quoted else came
        return UsageProblem(
            f"{name} is {value!r}",
            f"one of {', '.join(choices)}",
            did_you_mean(value, choices, "choose one of these"),
        )
    if isinstance(error, BadValue):
        return UsageProblem(f"{name}: {error.came}", error.expected, f"correct it; {_help(context)}")
    if isinstance(param.type, _NUMBERS):
        came = came.replace("is not a valid integer range", "is no whole number")
        came = came.replace("is not a valid integer", "is no whole number")
    return UsageProblem(f"{name}: {came}", _wanted(param, context), f"correct it; {_help(context)}")


# -- what is said of a parameter


def _help(context: click.Context) -> str:
    return f"see {context.command_path} --help"


def _options(context: click.Context) -> list[str]:
    """The long names of a command's options, --help among them."""
    found = context.command.get_params(context)
    names = [
        name for each in found if isinstance(each, click.Option) for name in each.opts + each.secondary_opts
    ]
    return [name for name in names if name.startswith("--")]


def _metavar(param: click.Parameter, context: click.Context) -> str:
    return param.make_metavar(context)


def _name(param: click.Parameter) -> str:
    return param.human_readable_name if isinstance(param, click.Argument) else max(param.opts, key=len)


def _typed(param: click.Parameter, context: click.Context) -> str:
    """How a parameter is typed: ``--amount AMOUNT``, or ``FILE``."""
    name = _name(param)
    return name if isinstance(param, click.Argument) else f"{name} {_metavar(param, context)}"


def _wanted(param: click.Parameter, context: click.Context) -> str:
    """What a parameter should be: its type, and what its help says."""
    kind: Any = param.type
    # Of arguments, their command tells.
    said = getattr(param, "help", None) or context.command.get_short_help_str(_WHOLE)
    said = said.partition("  [")[0].rstrip(".")
    if isinstance(kind, click.Choice):
        return f"one of {', '.join(str(choice) for choice in kind.choices)}"
    words = _metavar(param, context)
    if isinstance(kind, _NUMBERS):
        words = "a whole number" if isinstance(kind, click.types.IntParamType) else "a number"
        low, high = getattr(kind, "min", None), getattr(kind, "max", None)
        if low is not None:
            words += f" from {low}"
        if high is not None:
            words += f" to {high}"
    elif isinstance(kind, click.File | click.Path):
        words = "a file that can be read" if isinstance(kind, click.File) else "a path"
    return f"{words}: {_begun(said)}"
