"""What a rule of the contract is."""

from dataclasses import dataclass
from enum import StrEnum

from scenarios.contract.groups import PROVIDER_OF


class Level(StrEnum):
    """RFC 2119 levels: a broken MUST fails, a broken SHOULD warns, an INFO rule only records."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    INFO = "INFO"


# What these groups prove is the documents' own dialect, or what the CLIENT asks in it.
_BYTES = ("SIG", "MSG", "OUT")
# What these groups prove takes the provider's API, which the CLIENT asks; so does an order.
_ASKED = ("OUT", "VTK", "EVT", "CAT", "VCH")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, written once; every report, test id and page quotes it.

    ``source`` is the provider's document and section. ``why`` says in one sentence what it costs when it is
    broken. ``causes`` names the usual causes and how they are fixed. ``needs`` are the entries of ``[driver]``
    without which it cannot be proved, ``players`` how many test players it takes. ``by_answers`` says that
    answers alone decide it where nothing tells balances, ``broken_by_answers`` that they can show it broken, not kept.
    """

    id: str
    level: Level
    statement: str
    source: str
    why: str
    causes: str
    needs: tuple[str, ...] = ()
    players: int = 1
    by_answers: bool = False
    broken_by_answers: bool = False

    @property
    def about_bytes(self) -> bool:
        """Whether it is about how the documents write and sign, which another dialect does otherwise."""
        return self.group in _BYTES

    @property
    def served(self) -> bool:
        """Whether the provider's simulator is served while it is proved, for the CLIENT asks it."""
        return self.group in _ASKED or "order" in self.needs

    @property
    def provider(self) -> str:
        """The provider that it is about."""
        return PROVIDER_OF[self.group]

    @property
    def group(self) -> str:
        """The letters of the id ("SIG")."""
        return self.id.partition("-")[0]
