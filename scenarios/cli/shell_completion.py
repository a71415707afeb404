"""What a shell is meaning to complete the values of options with: rules and groups, efforts, providers, faults."""

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from scenarios.contract import GROUPS, RULES
from scenarios.run.planning.effort import EFFORTS
from simulators.providers import PROVIDERS

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _one_of(known: Iterable[tuple[str, str]]) -> Completer:
    """One word of ``known``, which are words with what they mean."""
    words = tuple(known)

    def complete(_context: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(word, help=meaning) for word, meaning in words if word.startswith(incomplete)]

    return complete


def _several_of(known: Iterable[tuple[str, str]]) -> Completer:
    """Words of ``known`` with commas between, in either case; none is offered twice."""
    words = tuple(known)

    def complete(_context: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, comma, last = incomplete.upper().rpartition(",")
        chosen = before.split(",")
        return [
            CompletionItem(f"{before}{comma}{word}", help=meaning)
            for word, meaning in words
            if word.startswith(last) and word not in chosen
        ]

    return complete


_RULES = [(rule.id, rule.statement) for rule in RULES.values()]

rules = _several_of([*GROUPS.items(), *_RULES])
rule = _one_of(_RULES)
effort = _one_of((name, "") for name in EFFORTS)
provider = _one_of((name, "") for name in PROVIDERS)


def fault(context: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of faults."""
    from simulators.transport.faults.table import FAULTS

    return _one_of((name, kind.summary) for name, kind in FAULTS.items())(context, param, incomplete)
