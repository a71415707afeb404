"""What the messages of a dialect file have to say, and cannot."""

from collections.abc import Collection, Iterator
from typing import Any, Final

from scenarios.toml_files.problems import Unfit
from simulators.wallet.transactions import Kind

# What is one transaction's own, where a request asks for several.
OWN: Final = frozenset({"{id}", "{of}", "{bet}", "{amount}"})
# What a balance call can say.
ASKING: Final = ("{player}", "{currency}", "{round}", "{uuid}")
# What each kind must say, so that a CLIENT can handle it.
_NEEDED: Final = {
    Kind.BET: ("{id}", "{player}", "{amount}"),
    Kind.RESULT: ("{id}", "{player}", "{amount}"),
    Kind.ROLLBACK: ("{of}", "{player}"),
}


def unsayable(
    kind: Kind, message: dict[str, Any], places: Collection[str], *, flat: bool
) -> Iterator[ValueError]:
    """What keeps ``message`` from asking for a transaction of ``kind``; ``flat`` where it can hold no tables."""
    found, table = set(places_in(message)), f"[messages.{kind}]"
    if lost := [place for place in _NEEDED[kind] if place not in found]:
        yield Unfit(
            f"{kind} has no {' and no '.join(lost)} as the whole value of a field",
            f"add to {table} for example: " + ", ".join(f'{place[1:-1]} = "{place}"' for place in lost),
        )
    if unknown := sorted(found.difference(places)):
        yield Unfit(
            f"{kind} has {unknown[0]}, which stands for nothing",
            f'write one of those that do, or say what it stands for: agreed = {{ {unknown[0][1:-1]} = ".." }}',
        )
    for place, only in (("{of}", Kind.ROLLBACK), ("{bet}", Kind.RESULT)):
        if kind is not only and place in found:
            yield Unfit(f"{kind} has {place}, which only a {only} has", f"remove it from {table}")
    if flat and (deep := nested(kind, message)):
        yield deep


def nested(what: str, message: dict[str, Any]) -> Unfit | None:
    """What is wrong with a message that has more than names and values, where it can hold nothing else."""
    if not any(isinstance(each, dict | list) for each in message.values()):
        return None
    why = f"{what} has a table or a list, which neither a form nor a query string can hold"
    return Unfit(why, 'write names and values alone, or encoding = "json"')


def places_in(part: Any) -> Iterator[str]:
    """What stands in braces as the whole of a value, at any depth."""
    match part:
        case dict():
            for inner in part.values():
                yield from places_in(inner)
        case list():
            for inner in part:
                yield from places_in(inner)
        case str() if part.startswith("{") and part.endswith("}"):
            yield part
