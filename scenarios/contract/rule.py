"""What a rule of the contract is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from scenarios.contract.groups import GROUP, PROVIDER_OF
from simulators.wallet.dialect import Abilities


class Level(StrEnum):
    """RFC 2119 levels: a broken MUST fails, a broken SHOULD warns, an INFO rule only records."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    INFO = "INFO"


class Observed(StrEnum):
    """What decides a finding: causes, scripts and what belongs together depend on it, and ``report.json`` names it."""

    MONEY = "balance"  # a wrong one
    DONE = "done"  # though it should be refused
    REFUSED = "refused"  # though it should succeed
    FAILED = "failed"  # answered by 5xx
    UNREADABLE = "unreadable"  # answered by what does not say whether it was done
    SILENT = "silent"  # not answered
    OTHER = "answer"  # answered otherwise than it should be
    ASKED = "request"  # what the CLIENT asks of a provider by itself, or how often
    SHOWN = "shown"  # what the CLIENT shows to its players: tokens, stores, vouchers, orders, pages


# Usual causes of a breach of any rule, by what was seen.
CAUSES: Mapping[Observed, str] = {
    Observed.MONEY: (
        "Another amount is moved than the answer says, or at another time. Move exactly what is answered, in one "
        "database transaction with it."
    ),
    Observed.DONE: "A check is missing, or comes after the money. Check first, and answer an error without effect.",
    Observed.REFUSED: (
        "A check that is meant for something else: of funds, of an open bet, of a ban, of what is known already. The "
        "error code that was answered says which; let it not apply here."
    ),
    Observed.FAILED: (
        "An exception that nobody catches, a deadlock or a lock waited for too long, or a proxy that gave up. The "
        "CLIENT's log of that moment says which; try the database transaction again, and answer 200 in any case."
    ),
    Observed.UNREADABLE: (
        "A page of the framework or of a proxy, or an `error` that is neither null nor a reason. Answer a JSON object "
        "on every path, with `error` null where it was done and a text where it was not."
    ),
    Observed.SILENT: (
        "A process that ended, a worker that waits for ever, or a proxy that cut the connection. The CLIENT's log of "
        "that moment says which."
    ),
}


# What these groups prove is the documents' own dialect, or what the CLIENT asks in it.
_BYTES = ("SIG", "MSG", "OUT")
# What these groups prove is seen in what the CLIENT shows to its players, where nothing else is said.
_SHOWN = ("VTK", "CAT", "VCH", "CHK")
# What these groups prove takes the provider's API, which the CLIENT asks; so does an order.
_ASKED = ("OUT", "VTK", "EVT", "CAT", "VCH")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, written once; every report, test id and page quotes it. It is a MUST unless it says otherwise.

    ``source`` is the provider's document and section; where it is empty, that of the group. ``why`` says in one
    sentence what it costs when it is broken. ``causes`` names the usual causes and how they are fixed: those that
    fit where it is broken by what it ``fits``; ``when`` names others, by what was seen. ``needs`` are the entries
    of ``[driver]`` without which it cannot be proved, those of the group where it names none, ``players`` how many
    test players it takes. ``ability`` is the field of a dialect's ``Abilities`` without which it does not apply,
    ``otherwise`` what it says in a dialect without another. ``by_answers`` says that answers alone decide it where
    nothing tells balances, ``broken_by_answers`` that they can show it broken, not kept.
    """

    id: str
    statement: str
    why: str
    causes: str
    level: Level = Level.MUST
    source: str = ""
    fits: tuple[Observed, ...] = (Observed.MONEY, Observed.DONE, Observed.OTHER)
    when: Mapping[Observed, str] = field(default_factory=dict, hash=False)
    needs: tuple[str, ...] = ()
    players: int = 1
    ability: str = ""
    by_answers: bool = False
    broken_by_answers: bool = False
    otherwise: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        group = GROUP[self.group]
        object.__setattr__(self, "source", self.source or group.source)
        object.__setattr__(self, "needs", self.needs or group.needs)

    def stated(self, abilities: Abilities) -> Self:
        """The rule as it is stated in a dialect of ``abilities``."""
        texts = (text for ability, text in self.otherwise.items() if not getattr(abilities, ability))
        return replace(self, statement=next(texts, self.statement))

    def causes_of(self, observed: Observed) -> str:
        """The usual causes where the rule was broken by what was ``observed``, and their fixes."""
        if observed in self.when:
            return self.when[observed]
        return self.causes if observed in self.fits else CAUSES.get(observed, self.causes)

    @property
    def beside_documents(self) -> bool:
        """Whether it is about what the documents' own dialect does not have, and some other does."""
        return bool(self.ability) and not getattr(Abilities(), self.ability)

    @property
    def about_bytes(self) -> bool:
        """Whether it is about how the documents write and sign, which another dialect does otherwise."""
        return self.group in _BYTES

    @property
    def decided_by(self) -> Observed:
        """What decides a finding that says nothing of it, and that does not rest on requests of the CLIENT's own."""
        return Observed.SHOWN if self.group in _SHOWN else Observed.OTHER

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
