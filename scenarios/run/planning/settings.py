"""What a run of the judge was asked for."""

from dataclasses import dataclass, replace
from typing import Self

from scenarios.contract import RULES, Rule
from scenarios.run.planning.effort import NORMAL, Effort
from scenarios.run.story import Story
from scenarios.target.loading import Target
from simulators.wallet.dialect import Abilities


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asked for: the ``rules`` (ids) to judge, how hard, and with which ``seed``.

    ``story`` is a saved story that is played instead of generated ones. ``first_only`` ends the run with the
    first thing that breaks a selected rule, a SHOULD too where ``strict``. ``time_limit`` is seconds that the run may
    take, instead of the target's; where neither is there, it follows the link. ``again`` is the command line that
    judges this target, ``reference`` the name of the mutant, or "" for the reference CLIENT, where the run started it.
    ``known`` are rules that were broken before, and fail the run no more.
    """

    target: Target
    rules: tuple[str, ...]
    effort: Effort = NORMAL
    seed: int = 0
    strict: bool = False
    story: Story | None = None
    first_only: bool = False
    time_limit: float | None = None
    again: str = "pitboss check"
    reference: str | None = None
    known: frozenset[str] = frozenset()

    @property
    def abilities(self) -> Abilities:
        """What the words of the target can tell."""
        return self.target.operator.words.abilities if self.target.operator else Abilities()

    def stated(self, rule: str) -> Rule:
        """The rule called ``rule`` as it is stated in the target's words."""
        return RULES[rule].stated(self.abilities)

    def applicable(self) -> Self:
        """These settings without rules of other dialects, unless nothing else was asked for.

        What the documents themselves do not have, and the target's words do not, is left out of a verdict of all
        rules; a rule of the documents that does not apply to a dialect is skipped, and says why.
        """
        kept = tuple(
            rule
            for rule in self.rules
            if not RULES[rule].beside_documents or getattr(self.abilities, RULES[rule].ability)
        )
        return replace(self, rules=kept or self.rules)
