"""Lifecycles as tables: every state, every event, every transition; what is derived from such a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class IllegalTransition(ValueError):
    """The event cannot happen to a thing in its state."""


@dataclass(frozen=True)
class Lifecycle(Generic[S, E]):
    """The life of a ``subject`` ("bet slip"): where it begins, and where each event leads from each state.

    Every state is a key of ``transitions``; one that leads nowhere is absorbing.
    """

    subject: str
    initial: S
    transitions: Mapping[S, Mapping[E, S]]

    def __post_init__(self) -> None:
        frozen = {state: MappingProxyType(dict(ways)) for state, ways in self.transitions.items()}
        object.__setattr__(self, "transitions", MappingProxyType(frozen))

    @property
    def absorbing(self) -> frozenset[S]:
        """The states that nothing leads out of."""
        return frozenset(state for state, ways in self.transitions.items() if not ways)

    def after(self, state: S, event: E) -> S:
        """Return the state that ``event`` leads to; raises IllegalTransition where the table has none."""
        ways = self.transitions[state]
        if event not in ways:
            possible = ", ".join(f'"{way}"' for way in ways) or "nothing any more"
            raise IllegalTransition(
                f'The {self.subject} is {state} and was asked to "{event}". '
                "Money moves only along the table of transitions, or it would move twice. "
                f"Possible now: {possible}."
            )
        return ways[event]

    def mermaid(self) -> str:
        """Draw the table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial.name}"]
        lines += [
            f"    {state.name} --> {target.name}: {event}"
            for state, ways in self.transitions.items()
            for event, target in ways.items()
        ]
        lines += [f"    {state.name} --> [*]" for state in type(self.initial) if state in self.absorbing]
        return "\n".join(lines) + "\n"
