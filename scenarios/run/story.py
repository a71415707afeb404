"""Steps of a story as data: written to a file, read back, shown as a numbered story. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from scenarios.contract import RULES
from scenarios.problems.errors import UsageProblem
from simulators.transport.faults.table import parse_fault
from simulators.values import money

VERSION = 1
# The rules about generated histories beside the group INV.
_VOUCHER_STORIES = ("VCH-08", "VCH-10")


class Verb(StrEnum):
    """What one step does."""

    BET = "bet"
    RESULT = "result"
    ROLLBACK = "rollback"
    ORPHAN = "orphan"
    LATE_BET = "late bet"
    LATE_RESULT = "late result"
    OTHER_AMOUNT = "the same id with another amount"
    OTHER_ACTION = "the same id under the other action"
    MISNAMED = "rollback of another amount"
    STRANGERS = "another player's rollback"
    ANOTHERS_ID = "the same id for another player"
    FOREIGN = "rollback in another currency"
    COPY = "copy"
    ROUND = "bet and its result"
    TOGETHER = "together"
    BANNED = "banned"
    RESTART = "restart"
    SESSION = "session"
    RESERVE = "reservation"
    CANCEL = "cancellation"
    EXPIRE = "expiry"
    REFUND = "refund"
    REJECT = "rejected refund"
    AGAIN = "webhook again"
    HOLD = "webhooks held back"
    SEND = "webhooks sent"


# Verbs of which a step says no more than that, those that name an amount, and those that also name an earlier step.
_BARE = (Verb.HOLD, Verb.SEND)
_WITH_UNITS = (Verb.BET, Verb.RESULT, Verb.ORPHAN, Verb.SESSION)
# Verbs about an earlier transaction.
OF_SENT = (
    *(Verb.ROLLBACK, Verb.LATE_BET, Verb.LATE_RESULT, Verb.OTHER_AMOUNT, Verb.OTHER_ACTION),
    *(Verb.MISNAMED, Verb.STRANGERS, Verb.ANOTHERS_ID, Verb.FOREIGN, Verb.COPY),
)
_UNITS_OF_EARLIER = {
    Verb.OTHER_AMOUNT: "the same id with {amount}",
    Verb.MISNAMED: "rollback that names {amount}",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``units`` are smallest units of the currency; ``of`` counts back to an earlier step, from 0.

    ``fault`` is a fault in its command-line spelling ("answer-lost:after=5ms"); ``player`` is the place of
    the player in the target's list; ``group`` are the steps that leave together, or while the player is banned.
    """

    verb: Verb
    units: int = 0
    of: int = 0
    fault: str = ""
    player: int = 0
    group: "tuple[Step, ...]" = ()

    def sentence(self, stands: "_Stands", currency: str) -> str:
        """This step in words, after what ``stands`` by then, with amounts of ``currency``."""
        if self.verb is Verb.TOGETHER:
            return "at once: " + "; ".join(step.sentence(stands, currency) for step in self.group)
        if self.verb is Verb.RESTART:
            return "the CLIENT is killed and started again"
        if self.verb is Verb.BANNED:
            return "while the player is banned: " + "; then ".join(
                step.sentence(stands, currency) for step in self.group
            )
        words, amount = str(self.verb), money.show(money.from_minor(self.units, currency), currency)
        if self.verb in _UNITS_OF_EARLIER:
            words = f"{_UNITS_OF_EARLIER[self.verb].format(amount=amount)}, of {stands.named(self)}"
        elif self.verb is Verb.ROUND:
            words += f" in one request, {amount} and half of that"
        elif self.verb in _WITH_UNITS:
            words += f" of {amount}"
        elif self.verb is Verb.RESERVE:
            words += f" at {amount} or less, in the session that stands {self.of + 1} before it"
        elif self.verb in _BARE:
            pass
        else:
            words += f" of {stands.named(self)}"
        if self.player:
            words += f", player {self.player + 1}"
        return f"{words}, {self.fault}" if self.fault else words


class _Stands:
    """The transactions that the steps so far sent, so that a later step can name an earlier one by its number."""

    def __init__(self) -> None:
        # Of each: its step, whether others left with it, its place among all ids, and that of the one it rolls back.
        self._sent: list[tuple[int, bool, int, int | None]] = []
        self._ids = 0
        # Some steps send nothing where the CLIENT refused an earlier one.
        self._sure = True

    def named(self, step: Step) -> str:
        """What ``step`` counts back to."""
        if step.verb not in OF_SENT or not self._sure or not self._sent:
            return f"what stands {step.of + 1} before it"
        place, together, *_ = self._sent[-1 - step.of % len(self._sent)]
        return f"{'one of ' if together else ''}step {place}"

    def add(self, place: int, step: Step) -> None:
        """Step number ``place`` (from 1) is done."""
        if step.verb is Verb.TOGETHER:
            self._sent += [each for one in step.group for each in self._of(place, one, together=True)]
        for one in step.group if step.verb is Verb.BANNED else ():
            self.add(place, one)
        self._sent += self._of(place, step)

    def _of(
        self, place: int, step: Step, *, together: bool = False
    ) -> list[tuple[int, bool, int, int | None]]:
        self._ids += 2
        if step.verb in (Verb.BET, Verb.RESULT, Verb.ROUND):
            return [(place, together, self._ids, None)]
        if step.verb is Verb.ORPHAN:
            return [(place, together, self._ids, self._ids + 1)]
        if step.verb not in OF_SENT or not self._sent:
            return []
        *_, earlier, rolled_back = self._sent[-1 - step.of % len(self._sent)]
        if step.verb is Verb.COPY:
            return [(place, together, earlier, rolled_back)]
        if step.verb in (Verb.LATE_BET, Verb.LATE_RESULT):
            known = rolled_back is None or any(one == rolled_back for *_, one, _ in self._sent)
            return [] if rolled_back is None or known else [(place, together, rolled_back, None)]
        if rolled_back is None and step.verb in (Verb.ROLLBACK, Verb.MISNAMED):
            return [(place, together, self._ids, earlier)]
        self._sure = self._sure and rolled_back is not None
        return []


# Rules about what comes at once or under faults.
_BESIDE = ("INV-04", "INV-05")


@dataclass(frozen=True, slots=True)
class Story:
    """A sequence of steps that broke ``rule``; ``opening`` is the balance before it, in smallest units.

    ``why`` says in one line how it broke the rule, ``account`` tells it in further ones. ``players`` is how many may
    act in it, and have a balance that is judged. ``reading`` is the player and the balance, in the player's currency,
    that was read at its end, where one was.
    """

    rule: str
    steps: tuple[Step, ...]
    opening: int
    why: str = ""
    players: int = 1
    account: tuple[str, ...] = ()
    reading: tuple[str, Decimal] | None = field(default=None, compare=False)

    @property
    def alone(self) -> bool:
        """Whether one request follows the other, and no fault acts on any."""
        return not any(step.verb is Verb.TOGETHER or step.fault for step in self.steps)

    @property
    def beside(self) -> bool:
        """Whether the rule is about what comes at once or under faults."""
        return self.rule in _BESIDE

    @property
    def needs_no_race(self) -> bool:
        """Whether one request at a time does it, though the rule is about others."""
        return self.beside and self.alone

    def one_by_one(self) -> "Story":
        """The same steps, one after the other, without faults."""
        steps: list[Step] = []
        for step in self.steps:
            # What a step of a group names stood before the whole group.
            together = step.group if step.verb is Verb.TOGETHER else ()
            steps += [replace(one, of=one.of + place) for place, one in enumerate(together)] or [
                replace(step, fault="")
            ]
        return replace(self, steps=tuple(steps))

    def with_account(self, why: str, account: tuple[str, ...]) -> "Story":
        """This story, broken as ``why`` and ``account`` say."""
        return replace(self, why=why, account=account)

    def lines(self, currency: str) -> list[str]:
        """The story in numbered lines, with amounts of ``currency``."""
        reported, stands = [], _Stands()
        for place, step in enumerate(self.steps, 1):
            reported.append(f"{place}. {step.sentence(stands, currency)}")
            stands.add(place, step)
        opening = money.show(money.from_minor(self.opening, currency), currency)
        return [f"0. the player has {opening}", *reported, f"=> {self.why}", *self.account]

    def dumps(self) -> str:
        """This story as the text of a file that ``pitboss replay`` reads."""
        data = {
            "version": VERSION,
            "kind": "story",
            "rule": self.rule,
            "players": self.players,
            "opening": self.opening,
            "why": self.why,
            "account": self.account,
        }
        return json.dumps(data | {"steps": [_plain(step) for step in self.steps]}, indent=2) + "\n"


def _plain(step: Step) -> dict[str, Any]:
    kept = {name: value for name, value in asdict(step).items() if value not in (0, "", ())}
    if step.group:
        kept["group"] = [_plain(one) for one in step.group]
    return kept


def is_story(saved: object) -> bool:
    """Whether parsed JSON says that it is a story."""
    return isinstance(saved, dict) and saved.get("kind") == "story"


def read_story(saved: dict[str, Any], path: Path) -> Story:
    """Read a story back; raises UsageProblem where ``saved`` is damaged."""
    try:
        rule = RULES[str(saved["rule"])]
        if rule.group != "INV" and rule.id not in _VOUCHER_STORIES:
            raise ValueError(f"{rule.id} is not about generated histories")
        return Story(
            rule=rule.id,
            steps=_steps(saved["steps"]),
            opening=int(saved["opening"]),
            why=str(saved.get("why", "")),
            players=int(saved.get("players", 1)),
            account=tuple(map(str, saved.get("account", ()))),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageProblem(
            f"{path} is a damaged story: {error}",
            "the file as pitboss check --report DIR wrote it into DIR/failures",
            "take the file from the report again",
        ) from None


def _steps(saved: Sequence[dict[str, Any]]) -> tuple[Step, ...]:
    known = {field.name for field in fields(Step)}
    steps = []
    for entry in saved:
        if unknown := set(entry) - known:
            raise ValueError(f"a step has no {', '.join(sorted(unknown))}")
        if not all(type(entry.get(name, 0)) is int for name in ("units", "of", "player")):
            raise ValueError("units, of and player of a step are whole numbers")
        if entry.get("fault"):
            parse_fault(entry["fault"])
        given = {**entry, "verb": Verb(entry["verb"]), "group": _steps(entry.get("group", ()))}
        steps.append(Step(**given))
    return tuple(steps)
