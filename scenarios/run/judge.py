"""The judge of one scenario: compares what was expected with what was seen, and writes findings."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import partial

from scenarios.contract import RULES, Level, Observed
from scenarios.oracles.fault_hypotheses import Suspicion
from scenarios.oracles.text import amount_off
from scenarios.problems.errors import Exit, Problem
from scenarios.problems.unanswered import is_page
from scenarios.run.attribution import Attributing
from scenarios.run.balances import Undecided
from scenarios.run.findings import Finding, OrderRead, RuleVerdict, decided_by, observed_in
from scenarios.run.limits import limit_of_bets, limited
from scenarios.run.run import Run
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Declined, Reading, Unreadable
from simulators.exchanges.history import Exchange
from simulators.providers import OPERATOR


class Enough(Exception):
    """The run was to end with the first thing that breaks a rule, and this is it."""


# So much of an answer is quoted, in bytes, and so much of that is shown in the end, in characters.
_QUOTED = 4000
_SHOWN = 120
_QUOTATION = re.compile(
    rf"""(\b(?:body|error|CLIENT id) )(['"])((?:\\.|(?!\2).){{0,{_SHOWN}}})((?:\\.|(?!\2).)*)\2"""
)


def said(exchange: Exchange) -> str:
    """What the CLIENT answered, in a few words for a finding."""
    if exchange.answer is None:
        return f"no answer ({exchange.failure})"
    status = exchange.answer.status
    prefix = "" if status == 200 else f"HTTP {status}, "
    if exchange.error is not None:
        return f"{prefix}error {exchange.error!r}"
    if exchange.ok and exchange.provider != OPERATOR:
        return f"HTTP {status}"
    if exchange.ok:
        own = "no CLIENT id" if exchange.client_id is None else f"CLIENT id {exchange.client_id!r}"
        return f"{prefix}accepted, {own}"
    if is_page(exchange.answer):
        return f"HTTP {status} with an HTML page"
    # Longer than is shown: a secret must be found whole before the text is shortened.
    body = exchange.answer.body[:_QUOTED].decode("utf-8", "replace")
    return f"HTTP {status}, body {body.rstrip()!r}"


def shortened(text: str) -> str:
    """``text`` with what it quotes of an answer cut to a few words. For texts without secrets."""
    return _QUOTATION.sub(lambda hit: f"{hit[1]}{hit[2]}{hit[3]}..{hit[2]}" if hit[4] else hit[0], text)


@dataclass
class Judge(Attributing):
    """Findings of one scenario. Every check names its rule; a check that holds is silent."""

    def holds(
        self,
        rule: str,
        condition: bool,
        *,
        expected: str,
        seen: str,
        exchanges: Sequence[Exchange] = (),
        case: str = "",
        level: Level | None = None,
        off: Decimal = Decimal(0),
        observed: Observed | None = None,
        whose: str = "",
        right: Sequence[Decimal] = (),
        currency: str = "",
        mistake: Suspicion | None = None,
        cases: Sequence[str] = (),
        claims: Sequence[str] = (),
        compared: bool = False,
        order: OrderRead | None = None,
        blamed: Sequence[Exchange] = (),
    ) -> bool:
        """Record a finding against ``rule`` unless ``condition``; return ``condition``.

        ``level`` defaults to the rule's own (SHOULD for an INFO rule is never a failure); ``off`` is the
        money at stake, ``observed`` what decides it, an answer or the CLIENT's own request where nothing is said.
        ``whose``, ``right``, ``currency``, ``mistake`` and ``cases`` are the finding's, where a balance decides it;
        ``claims`` and ``compared`` where a token does, ``order`` where a checkout's does. ``blamed`` are those of
        ``exchanges`` that did it, where that is more than what was sent last.
        """
        self._mark(rule)
        if not condition:
            if any(exchange.not_now for exchange in exchanges):
                raise Undecided("the CLIENT answered 429 or 503 (not now) for as long as it was waited for")
            if limit := limited(self.run, exchanges):
                self.note(rule, limit)
                return False
            if self.short_of_money(rule, exchanges):
                return False
            numbers = tuple(exchange.number for exchange in exchanges)
            observed = observed or decided_by(rule, exchanges)
            found = Finding(rule, level or RULES[rule].level, expected, seen, numbers, case, off, observed)
            money = replace(found, whose=whose, right=tuple(right), currency=currency, mistake=mistake)
            token = replace(money, claims=tuple(claims), compared=compared, order=order)
            did = tuple(exchange.number for exchange in blamed)
            self._add(replace(token, cases=tuple(cases), blamed=did))
        return condition

    def was(
        self,
        rule: str,
        player: Player,
        seen: Decimal,
        right: Sequence[Decimal],
        *exchanges: Exchange,
        case: str = "",
        level: Level | None = None,
    ) -> None:
        """Record a finding unless the balance that was read after ``exchanges``, ``seen``, is one of ``right``."""
        self._mark(rule)
        self.holds(
            rule,
            seen in right or self.left_to(rule, player, right, seen),
            expected="balance " + " or ".join(map(player.show, right)),
            seen=f"balance {player.show(seen)}",
            exchanges=exchanges,
            case=case,
            level=level,
            off=min(abs(seen - one) for one in right),
            observed=Observed.MONEY,
            whose=player.id,
            right=right,
            currency=player.currency,
        )

    def accepted(self, rule: str, *exchanges: Exchange, case: str = "", level: Level | None = None) -> bool:
        """The CLIENT says of each that it did what was asked."""
        words = f"accepted ({self.run.channel.dialect.success})"
        answers = [self._answered(rule, one, one.ok, words, case, level) for one in exchanges]
        return all(answers)

    def refused(self, rule: str, *exchanges: Exchange, case: str = "", level: Level | None = None) -> bool:
        """The CLIENT says no to each, whatever the code."""
        words = f"refused (not {self.run.channel.dialect.success})"
        answers = [self._answered(rule, one, one.refused, words, case, level) for one in exchanges]
        return all(answers)

    def _answered(
        self, rule: str, exchange: Exchange, right: bool, words: str, case: str, level: Level | None
    ) -> bool:
        return self.holds(
            rule,
            right,
            expected=f"the {exchange.title} is {words}",
            seen=said(exchange),
            exchanges=[exchange],
            case=case,
            level=level,
            observed=observed_in(exchange),
        )

    def same_client_id(self, rule: str, first: Exchange, copy: Exchange, *, case: str = "") -> bool:
        """A copy is accepted, with the very CLIENT id of the first answer."""
        return self.holds(
            rule,
            copy.ok and (copy.client_id == first.client_id or not self._copies_as_first),
            expected=f"the copy is answered as the first: {said(first)}",
            seen=said(copy),
            exchanges=[first, copy],
            case=case,
            observed=Observed.OTHER if copy.ok else observed_in(copy),
        )

    @property
    def _copies_as_first(self) -> bool:
        return self.run.channel.dialect.abilities.copies_as_first

    def balance(
        self,
        rule: str,
        player: Player,
        expected: Decimal,
        *exchanges: Exchange,
        case: str = "",
        level: Level | None = None,
        last: bool = False,
    ) -> Decimal:
        """Probe the balance and record a finding unless it is ``expected`` (currency of the player).

        Returns the balance as read; later checks in the scenario start from it, so that one fault is
        counted once. A balance that can no longer be read counts against ``rule``, since it could be read
        before this step.
        """
        return self.one_of(rule, player, [expected], *exchanges, case=case, level=level, last=last)

    def one_of(
        self,
        rule: str,
        player: Player,
        acceptable: Sequence[Decimal],
        *exchanges: Exchange,
        case: str = "",
        level: Level | None = None,
        last: bool = False,
    ) -> Decimal:
        """Like ``balance`` where more than one balance is acceptable; the likeliest comes first."""
        expected = "balance " + " or ".join(map(player.show, acceptable))
        finding = self._about(rule, expected, exchanges, case, level)
        reading = self._read(player, acceptable[0], finding, last)
        if reading.amount not in acceptable:
            wrong = min((reading.amount - amount for amount in acceptable), key=abs)
            self._wrong(player, reading, wrong, replace(finding, right=tuple(acceptable)))
        self._keep(player, reading, self.expected(player))
        return reading.amount

    def _about(
        self, rule: str, expected: str, exchanges: Sequence[Exchange], case: str, level: Level | None
    ) -> Finding:
        """What is to be found where the balance after ``exchanges`` is not as ``expected``."""
        self._mark(rule)
        finding = Finding(rule, level or RULES[rule].level, expected, "", case=case, observed=Observed.MONEY)
        numbers = tuple(exchange.number for exchange in exchanges)
        return replace(finding, exchanges=numbers, openings=self.run.openings(self.result.first_exchange))

    def _wrong(self, player: Player, reading: Reading, wrong: Decimal, finding: Finding) -> None:
        """Record that a balance is ``wrong`` by so much, unless it is known what else makes it so."""
        if self.left_to(finding.rule, player, finding.right, reading.amount):
            return
        seen = f"balance {amount_off(reading.amount, wrong, player.currency)}"
        shown = finding.exchanges + reading.exchanges[-6:]
        whose = replace(finding, whose=player.id, currency=player.currency)
        self._add(replace(whose, seen=seen, exchanges=shown, off=abs(wrong)))

    def settled(
        self,
        rule: str,
        player: Player,
        *exchanges: Exchange,
        case: str = "",
        level: Level | None = None,
        amiss: Decimal = Decimal(0),
        last: bool = False,
    ) -> Decimal:
        """Probe the balance and record a finding unless what was sent since the player was funded allows it.

        The oracle folds what was sent, under the CLIENT's learned choices. ``amiss`` is how far such transactions
        were seen to be off for another rule's fault. What is off is counted once: later checks start from there.
        After the ``last`` check the player is to be funded anew.
        """
        player.off += amiss
        allowed = self.expected(player)
        guess = self._likely(player, allowed)
        words = f"balance {allowed.alternatives()}" if not player.off else f"balance {player.show(guess)}"
        finding = self._about(rule, words, exchanges, case, level)
        read_at = self._read_at(player)
        reading = self._read(player, guess, finding, last)
        mistake = allowed.mistake(reading.amount - player.off, read_at, rule)
        off = player.off
        if wrong := self._keep(player, reading, allowed):
            right = tuple(sorted(one + off for one in allowed.balances)) if allowed.listed else ()
            found = replace(finding, right=right, mistake=mistake, before=off)
            self._wrong(player, reading, wrong, found)
        return reading.amount

    def _read_at(self, player: Player) -> float:
        """When the balance was read or brought about last."""
        number = player.known[-1].since if player.known else 0
        return self.run.history[number - 1].invoked if number else float("-inf")

    def _read(self, player: Player, guess: Decimal, finding: Finding, last: bool) -> Reading:
        try:
            reading = self.run.read(player, guess, partial(self._mistaken, player), last=last)
        except Declined:
            raise
        except Unreadable as error:
            seen = f"a balance that cannot be read: {error}"
            shown = finding.exchanges + error.exchanges[-10:]
            self._add(replace(finding, seen=seen, exchanges=shown, off=abs(guess)))
            raise Undecided(f"the balance can no longer be read: {error}") from error
        if not reading.restored:
            self.run.warn(f"player {player.id} was not left with {player.show(reading.amount)} by the probe")
        return reading

    def learn(self, **choices: Collection[StrEnum]) -> None:
        """Keep what the CLIENT was seen to choose where the contract leaves a choice: fields of the wallet model."""
        self.run.choices |= {name: frozenset(ways) for name, ways in choices.items()}

    def note(self, rule: str, text: str) -> None:
        """Record how the CLIENT behaves where the documents leave it open."""
        self._mark(rule)
        self.result.notes.setdefault(rule, []).append(text)

    def needs(self, condition: object, why: str, *exchanges: Exchange) -> None:
        """Stop, undecided, unless ``condition``: what other rules are about went wrong, as ``exchanges`` show."""
        if not condition:
            raise Undecided(": ".join([why, *(said(one) for one in exchanges if not one.ok)][:2]))

    def needs_bets_of(self, player: Player, units: int) -> None:
        """Stop, undecided, where the CLIENT takes no single bet of ``units`` smallest units, covered as it may be."""
        if limit := limit_of_bets(self.run, player, units):
            raise Undecided(limit)

    def _add(self, finding: Finding) -> None:
        openings = finding.openings or self.run.openings(self.result.first_exchange)
        case = self.result.case(finding.case)
        self.result.findings.append(replace(finding, openings=openings, case=case))
        settings = self.run.settings
        grave = (finding.level is Level.MUST or settings.strict) and finding.rule not in settings.known
        if (
            settings.first_only
            and not (self.again or self.tentative)
            and grave
            and finding.rule in settings.rules
        ):
            raise Enough


@dataclass(frozen=True)
class Judged:
    """What came of a run: its verdicts in contract order, the exit code, and the run with its history."""

    run: Run
    verdicts: list[RuleVerdict] = field(default_factory=list)
    code: Exit = Exit.HOLDS
    problem: Problem | None = None
    interrupted: bool = False
