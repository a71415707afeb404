"""The script that shows a broken rule of the OPERATOR's once more: what was sent, with new ids and right signatures.

It brings the players to what they had, sends what was sent in the same order, and looks at what showed the fault: a
balance against those that would be right, or answers against those that broke the rule.
"""

import hashlib
import json
import shlex
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from importlib.resources import files
from itertools import pairwise
from typing import Final

from scenarios.contract import Observed
from scenarios.report.repro.sending import TOLD, NoScript, Script, cut, sent
from scenarios.report.repro.transactions import ids_in, in_units, is_bet, player_of, undone
from scenarios.run.findings import Finding, Opening, RuleVerdict
from scenarios.run.run import Run
from simulators.exchanges.curl import shell_header, shell_text
from simulators.exchanges.history import Direction, Exchange, Purpose
from simulators.providers import OPERATOR
from simulators.values import money
from simulators.wallet.signers import Signer
from simulators.wallet.transactions import Kind, Transaction

# A longer case is judged again by the judge itself.
_STEPS: Final = 120
# A race shows its fault by chance, and so do many requests alike: so many of them are tried in all.
_RACES: Final = 20
_REQUESTS: Final = 200
_MANY: Final = 20
# So many bets of a scenario belong to an orphan rollback, which may be taken for one of theirs.
_NEAR: Final = 20
# So many requests of others between two that are sent are many enough for one to be forgotten; more need not be.
_CROWD: Final = 100
_CROWDED: Final = 2000
_MARK: Final = "987654321"
_PLENTY: Final = 100_000_000
# The rules that a bet of far more than anybody has, which is taken, is about: one not covered, one whose amount wraps.
_UNCOVERED: Final = ("BET-03", "BET-12")
# What the judge does to the CLIENT in the middle of a case, where its rule needs it.
_ACTS: Final = ("ban", "restart")


class Wagers(Script):
    """Brings the players to what they had, sends in the same order, and looks at a balance or at answers."""

    variable = "CALLBACK_URL"
    sends_again = "Sends it once more, with new ids and right signatures, and puts the player's balance back."

    def __init__(self, run: Run, verdict: RuleVerdict, finding: Finding) -> None:
        self.dialect = run.channel.dialect
        if self.dialect.hmac_header is None:
            raise NoScript("A shell cannot sign as this dialect does.")
        self.signed_in = self.dialect.hmac_header
        acts = [f"[driver] {name}" for name in _ACTS if name in verdict.rule.needs]
        if acts:
            raise NoScript(f"A shell cannot show this, as {acts[0]} acts between the requests.")
        super().__init__(run, verdict, finding)
        operator, _ = run.settings.target.need_operator()
        self.url, self.secret = operator.callback_url, operator.security_hash
        self.openings = list(self._openings())
        self.steps = self._steps()
        self.before = self._before()
        self.crowds = self._crowds()
        self._is_whole()
        owners = {each.id for each in (*run.players, *run.other_players)}
        if not self.openings and any(is_bet(each) and player_of(each) in owners for each in self.steps):
            raise NoScript("Whether a bet is covered depends on a balance, and none was known.")
        most = _REQUESTS if self._many() else _STEPS
        if not 0 < len(self.steps) + len(self.before) <= most:
            raise NoScript(f"It takes more than {most} requests in a row, which the judge replays by itself.")
        if finding.observed is Observed.OTHER and len({*map(player_of, self.telling)}) > 1:
            raise NoScript(
                "It takes as many transactions of one player as of another, which the judge counts."
            )
        races = {each.race for each in self.steps} - {None}
        if races and not finding.right and not self._adds_up():
            raise NoScript("Answers to requests that are sent at once differ from one time to the next.")
        if finding.before:
            raise NoScript(
                "The balance was off before, as another finding says: which is right depends on that."
            )
        if finding.observed is Observed.MONEY and not finding.right:
            raise NoScript(
                "More than one request decides what the balance may be, which takes the judge's model."
            )
        if races:
            self.rounds = -(-_RACES // len(races))
        elif self._many() or any(map(cut, self.steps)):
            self.rounds = -(-_REQUESTS // len(self.steps))

    def _openings(self) -> Iterator[Opening]:
        """What each player whom this is about had before the first of what tells, as it was known last."""
        first = min(each.number for each in self.telling)
        for player in dict.fromkeys(each.player for each in self.finding.openings):
            quoted = json.dumps(player).encode()
            known = [each for each in self.finding.openings if each.player == player and each.since <= first]
            if known and (
                player == self.finding.whose or any(quoted in e.request.body for e in self.telling)
            ):
                yield max(known, key=lambda one: one.since)

    def _steps(self) -> list[Exchange]:
        if not self.openings and self.finding.observed is Observed.SILENT:
            return self.telling
        last = max(each.number for each in self.telling)
        races = {each.race for each in self.telling} - {None}
        first = min([each.since for each in self.openings] or [each.number for each in self.telling])
        since = {each.player: each.since for each in self.openings}
        steps = [
            each
            for each in self.run.history.since(first)
            if (each.number <= last or each.race in races)
            and self._reported(each)
            and each.number >= since.get(player_of(each), first)
        ]
        if len(steps) <= _STEPS or self.finding.right or not self.openings or races:
            return steps
        # What came between is a crowd then.
        named = {name for each in self.telling for name in ids_in(each)}
        return [each for each in steps if not named.isdisjoint(ids_in(each)[:1])]

    def _reported(self, exchange: Exchange) -> bool:
        return (
            exchange.provider == OPERATOR
            and exchange.direction is Direction.TO_CLIENT
            and exchange.purpose in TOLD
            and exchange.scenario == self.telling[0].scenario
            and sent(exchange)
        )

    def _before(self) -> list[Exchange]:
        """What the steps refer to and was sent before them, first things first."""
        first = self.steps[0].number if self.steps else 0
        by_id = {
            each.message.id: each
            for each in self.run.history
            if each.number < first and isinstance(each.message, Transaction) and self._reported(each)
        }
        found = self._beside_orphans(by_id)
        waiting = list(self.steps)
        while waiting:
            message = waiting.pop().message
            if not isinstance(message, Transaction):
                continue
            for name in (message.id, message.of):
                one = by_id.get(name or "")
                if one is not None and one.number not in found:
                    found[one.number] = one
                    waiting.append(one)
        return [found[number] for number in sorted(found)]

    def _crowds(self) -> dict[int, int]:
        """How many requests of others came before which that is sent, by its number, where they were many."""
        numbers = [each.number for each in (*self.before, *self.steps)] if self.openings else []
        others = [
            each.number
            for each in self.run.history
            if each.provider == OPERATOR and each.direction is Direction.TO_CLIENT
        ]
        between = {
            number: bisect_left(others, number) - bisect_right(others, last)
            for last, number in pairwise(numbers)
        }
        return {number: min(many, _CROWDED) for number, many in between.items() if many >= _CROWD}

    def _many(self) -> bool:
        """Whether it is about many bets, or many results, of one amount."""
        asked = {
            (each.kind, each.amount) if isinstance(each := one.message, Transaction) and not each.of else ()
            for one in self.steps
        }
        return len(self.steps) >= _MANY and len(asked) == 1 and () not in asked

    def _beside_orphans(self, before: dict[str, Exchange]) -> dict[int, Exchange]:
        """The last bets that players of orphan rollbacks had placed ``before``, by number."""
        there = {each.message.id for each in self.steps if isinstance(each.message, Transaction)} | set(
            before
        )
        owners = {
            each.message.player
            for each in self.steps
            if isinstance(each.message, Transaction) and each.message.of and each.message.of not in there
        }
        placed = [each for each in before.values() if is_bet(each) and each.ok and player_of(each) in owners]
        return {each.number: each for each in placed[-_NEAR:]}

    def _is_whole(self) -> None:
        """Raise NoScript where a right CLIENT would answer the steps as the wrong one did, as something is missing."""
        there = {
            each.message.id for each in (*self.before, *self.steps) if isinstance(each.message, Transaction)
        }
        named = {each.message.of for each in self.steps if isinstance(each.message, Transaction)} - there
        long_before = any(
            isinstance(each.message, Transaction) and each.message.id in named for each in self.run.history
        )
        swept = bool(self.finding.right) and any(each.purpose is Purpose.SWEEP for each in self.telling)
        if long_before or swept:
            raise NoScript(
                "It is about what was sent long before, by other scenarios, which the judge does again."
            )
        first = self.steps[0].message if self.steps and not self.before else None
        owned = sum(each.amount for each in self.openings)
        if isinstance(first, Transaction) and first.kind is Kind.BET and owned > 0:
            covered = first.amount <= owned
            wrong = {
                Observed.REFUSED: not covered,
                Observed.DONE: covered and self.verdict.rule.id == "BET-03",
            }
            if wrong.get(self.finding.observed):
                raise NoScript(
                    "It is about a balance that wagers alone, which a script has, do not show to the unit."
                )

    def tools(self) -> Iterator[str]:
        """The functions that it calls, and how it signs and writes wagers of its own."""
        yield f"HEADER={shlex.quote(self.signed_in)}"
        # The exit codes where no bet is ever refused, and where a result is: what breaks these rules itself.
        rule = self.verdict.rule
        yield f"UNREFUSED={1 if rule.id in _UNCOVERED else 2} UNPAID={1 if rule.group == 'RES' else 2}"
        yield from self._own()
        yield from super().tools()
        yield files(__package__).joinpath("wallet.sh").read_text(encoding="utf-8")

    def first(self) -> Iterator[str]:
        """What the players own is put aside."""
        yield "# What the player owns is put aside first, and put back in the end."
        yield from self._each_player(
            lambda one: ["refuse", f"drain {self._owned(one)}", f"owned{self._index(one)}=$taken"]
        )

    def last(self) -> Iterator[str]:
        """What the players owned is put back."""
        yield from self._each_player(
            lambda one: [
                f"drain {in_units(one.amount, one.currency)}",
                f'[ "$owned{self._index(one)}" -le 0 ] || give "$owned{self._index(one)}"',
            ]
        )

    def once(self) -> Iterator[str]:
        """Bring the players to what they had, send, and compare."""
        refused = [each for each in self.before if is_bet(each) and each.refused]
        if refused:
            yield from self._each_player(lambda _: ["drain 0"])
            yield from self.sends(refused)
        if self.before:
            yield from self._each_player(lambda _: [f"give {_PLENTY}"])
        yield from self.sends([each for each in self.before if each not in refused])
        yield from self._each_player(self._brought)
        yield from self.sends(self.steps)
        if self._adds_up():
            yield from self._covered()
        else:
            yield from self._balance() if self.finding.right else self.answers()
        if self.verdict.rule.group == "RES" and self.finding.observed is Observed.REFUSED:
            yield from self._undone()

    def _undone(self) -> Iterator[str]:
        """Undoes bets of the case where it shows that results are refused, by which debts are paid otherwise."""
        for exchange in self.steps:
            if is_bet(exchange) and exchange.ok:
                undoing = undone(exchange, self.dialect, self.url, self.secret.get_secret_value())
                yield f"body={self._body(undoing)}"
                yield f"[ $shown = no ] || send own {self._how(undoing)}"

    def sends(self, exchanges: Sequence[Exchange]) -> Iterator[str]:
        """Lines that send what was sent in ``exchanges``, and as much of others between as made many."""
        start = 0
        for place, exchange in enumerate(exchanges):
            if exchange.number in self.crowds:
                yield from super().sends(exchanges[start:place])
                yield f"crowd {self.crowds[exchange.number]}"
                start = place
        yield from super().sends(exchanges[start:])

    def _owned(self, opening: Opening) -> int:
        """What the run left a player with, in smallest units: likely what it owns still, and to be read at once."""
        owned = [
            each.owned
            for each in (*self.run.players, *self.run.other_players)
            if (each.id, each.currency) == (opening.player, opening.currency) and each.owned is not None
        ]
        return max(0, in_units(owned[0], opening.currency)) if owned else 0

    def _index(self, opening: Opening) -> int:
        return self.openings.index(opening)

    def _each_player(self, lines: Callable[[Opening], list[str]]) -> Iterator[str]:
        for one in self.openings:
            named = shell_text(json.dumps(one.player), self.run.redactor)
            yield f"player={named} currency={one.currency} DECIMALS={money.decimals(one.currency)}"
            yield from lines(one)

    def _brought(self, opening: Opening) -> list[str]:
        """Lines that bring a player to what it had; the first time it has nothing, unless something was sent before."""
        units = in_units(opening.amount, opening.currency)
        if self.before:
            return [f"drain {_PLENTY}", f"give {units}"]
        if self._adds_up():
            # Reading the balance left nothing of it.
            return [f"give {units}"]
        return [f"[ $round -eq 1 ] || drain {units}", f"give {units}"]

    def renewed(self, text: str) -> str:
        """A new id, unless the fault is bound to the old one, which the CLIENT did not take."""
        refused = self.verdict.rule.group == "SIG" and self.finding.observed is Observed.REFUSED
        silent = self.finding.observed is Observed.SILENT
        kept = refused or (silent and any(text in player_of(each) for each in self.telling))
        reported = any(text in each.request.body.decode(errors="replace") for each in self.telling)
        return text if kept and reported else super().renewed(text)

    def header(self, name: str, value: str, body: bytes) -> str:
        """A header, signed anew where it is a signature that was made of the body."""
        if name.lower() != self.signed_in.lower():
            return super().header(name, value, body)
        right = Signer().sign(body, self.secret.get_secret_value())
        start = f"{name}: "
        if value == right:
            return f'"{start}$(sign "$body")"'
        if value == hashlib.sha256(body).hexdigest():
            return f'"{start}$(digest "$body")"'
        if value and right.startswith(value):
            return f'"{start}$(sign "$body" | cut -c 1-{len(value)})"'
        if value.startswith(right):
            return f'"{start}$(sign "$body")"{shell_text(value[len(right) :], self.run.redactor)}'
        return shell_header(name, value, self.run.redactor)

    def _balance(self) -> Iterator[str]:
        finding = self.finding
        opening = next((each for each in self.openings if each.player == finding.whose), None)
        if opening is None:
            raise NoScript("What the player had before was not known.")
        named = shell_text(json.dumps(opening.player), self.run.redactor)
        units = [in_units(amount, opening.currency) for amount in finding.right]
        right = " or ".join(money.show(amount, opening.currency) for amount in finding.right)
        yield f"player={named} currency={opening.currency} DECIMALS={money.decimals(opening.currency)}"
        yield f"drain {units[0]}"
        yield f'echo "balance $(decimal "$taken") $currency; expected: {right}"'
        yield f"case $taken in {'|'.join(map(str, units))}) shown=no ;; esac"
        # Which balance is right depends on what was accepted; at once, chance decides that.
        for accepted, sign in ((True, "||"), (False, "&&")):
            wanted = [
                each for each in self.steps if each.race is None and (each.ok if accepted else each.refused)
            ]
            if wanted:
                numbers = " ".join(str(each.number) for each in wanted)
                yield f"for number in {numbers}; do accepted $number {sign} shown=no; done"

    def _adds_up(self) -> bool:
        """Whether what is accepted of it says what one player has: bets that race for its funds, or many alike."""
        ids = {each.message.id for each in self.steps if isinstance(each.message, Transaction)}
        raced = all(is_bet(each) and each.race is not None for each in self.steps)
        many = bool(self.finding.right) and self._many()
        return (raced or many) and len(ids) == len(self.steps) and len(self.openings) == 1

    def _covered(self) -> Iterator[str]:
        """Lines that look whether what was accepted was covered, and taken: how much that is, chance decides."""
        (opening,) = self.openings
        yield f"expected={in_units(opening.amount, opening.currency)}"
        for each in self.steps:
            if isinstance(each.message, Transaction):
                amount = in_units(each.message.amount, opening.currency)
                sign = "-" if is_bet(each) else "+"
                yield f"accepted {each.number} && expected=$((expected {sign} {amount}))"
        yield 'drain "$expected"'
        yield 'echo "balance $(decimal "$taken") $currency; expected: $(decimal "$expected"), and never below 0"'
        yield '[ "$expected" -ge 0 ] && [ "$taken" -eq "$expected" ] && shown=no'

    def _own(self) -> Iterator[str]:
        """How a wager of the script's own is written, as a shell function over its variables."""
        wager = Transaction(Kind.BET, "@id", "@player", "@currency", Decimal(_MARK))
        body = self.dialect.encode(wager).decode()
        words = (
            ('"@player"', "$player"),
            ("@id", "$(new)"),
            ("@currency", "$currency"),
            (_MARK, "$amount"),
            (f'"{Kind.BET}"', '\\"$1\\"'),
        )
        body = body.replace('"', '\\"')
        for text, variable in words:
            body = body.replace(text.replace('"', '\\"'), variable)
        yield f'own_body() {{ body="{body}"; }}'
        yield f"OWN_PATH={shlex.quote(self.dialect.path(wager))}"
